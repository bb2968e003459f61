//! The macros that declare metrics.
//!
//! What they refuse is a compile error in our words, under the token that is wrong. Names of statics, types and methods are
//! matched as token trees, because the compiler then takes them for the user's.

/// Declares metrics that are on every page of [`Declared`](crate::Declared), wherever they stand.
///
/// A declaration is a `static`: its doc comment is the help text, its type a cell or a [`Family`](crate::Family) of cells, and its
/// value the name. Names, units, labels and bounds are checked by the compiler. How many series a family has, and how many
/// bounds a histogram, is counted by the macro.
///
/// ```standalone_crate
/// use picometer::{Counter, GaugeFn, Histogram, buckets, labels, metrics};
///
/// labels! { pub enum Outcome as "outcome" { Ok = "ok", Nack = "nack" } }
/// buckets! { pub TransferSeconds: u32 / 1_000_000 = [100, 1_000, 10_000]; }
///
/// metrics! {
///     /// Times the device started.
///     pub static BOOTS: Counter<u32> = "boots_total";
///     /// Transfers on the bus, by what became of them.
///     static TRANSFERS: Family<Counter<u32>, Outcome> = "transfers_total".namespace("i2c");
///     /// How long transfers take.
///     static SECONDS: Histogram<TransferSeconds> =
///         "transfer_seconds".namespace("i2c").unit("seconds");
///     /// Temperature of the board.
///     static CELSIUS: GaugeFn<f32> = "board_celsius".read(|| Some(21.5));
///     /// Frames of the second port.
///     #[cfg(target_os = "none")]
///     static FRAMES: Counter<u32> = "frames_total";
/// }
///
/// BOOTS.inc();
/// TRANSFERS.with(Outcome::Nack).inc();
/// SECONDS.observe(170);
/// ```
///
/// | type | the static is | and needs |
/// |---|---|---|
/// | `Counter<V>`, `Gauge<V>`, `Summary<V>`, `StateSet<S>`, … | `Metric<Counter<V>>`, … | |
/// | `Histogram<B>`, `GaugeHistogram<B>` | `Metric<Histogram<B, N>>`, … | |
/// | `CounterFn<V>`, `GaugeFn<V>` | `Metric<CounterFn<V>>`, … | `.read(function)` |
/// | `Info` | `Metric<Info>` | `.facts(&[Label::new("version", "1")])` |
/// | `Metric<C>`, for a cell by its path or with constants | `Metric<C>` | |
/// | `Family<C, L>` | `Family<C, L, N>` | |
///
/// Names of types are resolved where the block stands, as in any `static`: import them, or define cells of your own. `Family` and
/// `Metric` alone are words of the macro, which need no import.
///
/// Behind the name may stand `.namespace("i2c")`, `.subsystem("bus")`, `.unit("seconds")`, and `.utf8()` for names outside the
/// legacy character set. Other collectors go on the pages by [`declare!`](crate::declare).
///
/// These do not compile:
///
/// ```compile_fail
/// # use picometer::Counter;
/// picometer::metrics! {
///     /// The name of a counter ends in `_total`.
///     static BOOTS: Counter<u32> = "boots";
/// }
/// ```
/// ```compile_fail
/// # use picometer::Counter;
/// picometer::metrics! { static NO_HELP: Counter<u32> = "boots_total"; }
/// ```
#[macro_export]
macro_rules! metrics {
    ($(
        $(#[$($attribute:tt)*])*
        $vis:vis static $name:tt:
            $kind:tt $(<$($argument:ty),+ $(, $($number:literal),+)? $(,)?>)? =
            $text:literal $(.$method:tt $value:tt)*;
    )*) => {$(
        $crate::__metrics! { @numbers [$($($($number)+)?)?] [$([$($attribute)*])*]
            { [$vis] $name $kind $kind [$($($argument),+)?] $text [$([$method $method $value])*] } }
    )*};
}

/// What [`metrics!`](crate::metrics) expands to, step by step.
#[doc(hidden)]
#[macro_export]
macro_rules! __metrics {
    (@numbers [] $attributes:tt $metric:tt) => {
        $crate::__metrics! { @sort [] [] [] $attributes $metric }
    };
    // Numbers behind the types: nothing but the error.
    (@numbers [$number:literal $($numbers:literal)*] $attributes:tt { $vis:tt $name:tt Family $kind:tt [$cell:ty] $($rest:tt)* }) => {
        const _: () = $crate::__private::checks::names_labels($number);
    };
    (@numbers [$number:literal $($numbers:literal)*] $attributes:tt $metric:tt) => {
        const _: () = $crate::__private::checks::is_counted($number);
    };
    // Attributes: lines of help; conditions, which are also those of the entry; others.
    (@sort [$($help:literal)*] $conditions:tt $others:tt [[doc = $line:literal] $($rest:tt)*] $metric:tt) => {
        $crate::__metrics! { @sort [$($help)* $line] $conditions $others [$($rest)*] $metric }
    };
    (@sort $help:tt [$($condition:tt)*] $others:tt [[cfg $($cfg:tt)*] $($rest:tt)*] $metric:tt) => {
        $crate::__metrics! { @sort $help [$($condition)* [cfg $($cfg)*]] $others [$($rest)*] $metric }
    };
    (@sort $help:tt $conditions:tt [$($others:tt)*] [$other:tt $($rest:tt)*] $metric:tt) => {
        $crate::__metrics! { @sort $help $conditions [$($others)* $other] [$($rest)*] $metric }
    };
    (@sort [] [$([$($condition:tt)*])*] $others:tt [] { $vis:tt $name:tt $($metric:tt)* }) => {
        $(#[$($condition)*])*
        const _: () = {
            #[allow(non_camel_case_types, reason = "named like the static")]
            #[derive(Clone, Copy)]
            struct $name;
            $crate::__private::checks::has_help($name)
        };
        $crate::__metrics! { @sort [""] [$([$($condition)*])*] $others [] { $vis $name $($metric)* } }
    };
    // Types.
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt Family $kind:tt [$cell:ty, $labels:ty] $text:literal $methods:tt }) => {
        $crate::__labels_fit! { $conditions $labels, <$cell as $crate::Cell>::KIND, <$cell as $crate::Cell>::RESERVED_LABEL, $text $methods }
        $crate::__metrics! { @first $conditions $crate::__private::checks::fits::<$cell, { $crate::__private::checks::is_fit::<$cell>() }>() }
        $crate::__metrics! { @desc $help $conditions $others $vis $name Family $text $methods [] [false]
            [$crate::Family<$cell, $labels, { <$labels as $crate::__private::ClosedLabels>::COUNT }>] [$cell] new }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt Family $kind:tt [$cell:ty] $($rest:tt)* }) => {
        $crate::__metrics! { @first $conditions {
            #[allow(non_camel_case_types, reason = "named like the static")]
            #[derive(Clone, Copy)]
            struct $name;
            $crate::__private::checks::has_labels($name)
        } }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt Histogram $kind:tt [$buckets:ty] $text:literal $methods:tt }) => {
        $crate::__metrics! { @histogram $kind $buckets; $help $conditions $others $vis $name $text $methods }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt GaugeHistogram $kind:tt [$buckets:ty] $text:literal $methods:tt }) => {
        $crate::__metrics! { @histogram $kind $buckets; $help $conditions $others $vis $name $text $methods }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt Metric $kind:tt [$cell:ty] $text:literal $methods:tt }) => {
        $crate::__metrics! { @first $conditions $crate::__private::checks::fits::<$cell, { $crate::__private::checks::is_fit::<$cell>() }>() }
        $crate::__metrics! { @desc $help $conditions $others $vis $name Metric $text $methods [] [false]
            [$crate::Metric<$cell>] [$cell] new }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt $word:tt $kind:tt [] $text:literal $methods:tt }) => {
        $crate::__metrics! { @first $conditions $crate::__private::checks::is_cell::<$kind>() }
        $crate::__metrics! { @desc $help $conditions $others $vis $name Metric $text $methods [] [false] [$crate::Metric<$kind>] [$kind] new }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt $word:tt $kind:tt [$($argument:ty),+] $text:literal $methods:tt }) => {
        $crate::__metrics! { @holds $word $conditions $($argument),+ }
        $crate::__metrics! { @desc $help $conditions $others $vis $name Metric $text $methods [] [false]
            [$crate::Metric<$kind<$($argument),*>>] [$kind<$($argument),*>] new }
    };
    // In front of the static and in a type, because types are checked first: so it is the first error.
    (@first [$([$($condition:tt)*])*] $check:expr) => {
        $(#[$($condition)*])*
        const _: [(); { $check; 0 }] = [];
    };
    (@holds Counter $conditions:tt $value:ty) => {
        $crate::__metrics! { @first $conditions $crate::__private::checks::counts_in::<$value>() }
    };
    (@holds CounterFn $conditions:tt $value:ty) => {
        $crate::__metrics! { @first $conditions $crate::__private::checks::counts_in::<$value>() }
    };
    (@holds Gauge $conditions:tt $value:ty) => {
        $crate::__metrics! { @first $conditions $crate::__private::checks::holds::<$value>() }
    };
    (@holds GaugeFn $conditions:tt $value:ty) => {
        $crate::__metrics! { @first $conditions $crate::__private::checks::holds::<$value>() }
    };
    (@holds Summary $conditions:tt $value:ty) => {
        $crate::__metrics! { @first $conditions $crate::__private::checks::holds::<$value>() }
    };
    (@holds $($other:tt)*) => {};
    (@histogram $kind:tt $buckets:ty; $help:tt $conditions:tt $others:tt $vis:tt $name:tt $text:literal $methods:tt) => {
        $crate::__metrics! { @desc $help $conditions $others $vis $name Metric $text $methods [] [false]
            [$crate::Metric<$kind<$buckets, { <$buckets as $crate::Buckets>::BOUNDS.as_slice().len() }>>]
            [$kind<$buckets, { <$buckets as $crate::Buckets>::BOUNDS.as_slice().len() }>] new }
    };
    // Methods: parts of the description; what the cell is made of.
    (@desc $help:tt $conditions:tt $others:tt $vis:tt $name:tt $of:ident $text:literal [[utf8 $method:tt ()] $($methods:tt)*]
        $desc:tt $charset:tt $type:tt $cell:tt $new:tt) => {
        $crate::__metrics! { @desc $help $conditions $others $vis $name $of $text [$($methods)*] $desc [true] $type $cell $new }
    };
    (@desc $help:tt $conditions:tt $others:tt $vis:tt $name:tt $of:ident $text:literal [[read $method:tt $value:tt] $($methods:tt)*]
        $desc:tt $charset:tt $type:tt $cell:tt $new:tt) => {
        $crate::__metrics! { @desc $help $conditions $others $vis $name $of $text [$($methods)*] $desc $charset $type $cell { $method $value } }
    };
    (@desc $help:tt $conditions:tt $others:tt $vis:tt $name:tt $of:ident $text:literal [[facts $method:tt $value:tt] $($methods:tt)*]
        $desc:tt $charset:tt $type:tt $cell:tt $new:tt) => {
        $crate::__metrics! { @desc $help $conditions $others $vis $name $of $text [$($methods)*] $desc $charset $type $cell { $method $value } }
    };
    (@desc $help:tt $conditions:tt $others:tt $vis:tt $name:tt $of:ident $text:literal [[$_:tt $method:tt $value:tt] $($methods:tt)*]
        [$($desc:tt)*] $charset:tt $type:tt $cell:tt $new:tt) => {
        $crate::__metrics! { @desc $help $conditions $others $vis $name $of $text [$($methods)*] [$($desc)* [$method $value]] $charset $type $cell $new }
    };
    (@desc [$($help:literal)+] [$([$($condition:tt)*])*] [$([$($other:tt)*])*] [$vis:vis] $name:tt $of:ident $text:literal []
        $desc:tt [$charset:tt] [$type:ty] [$cell:ty] $new:tt) => {
        $crate::__metrics! { @first [$([$($condition)*])*] $crate::__metrics!(@check $new $text [$cell]) }
        $(#[$($condition)*])*
        $(#[$($other)*])*
        $(#[doc = $help])+
        $vis static $name: $type = {
            static DESC: $crate::Desc<'static> = $crate::__describe!($text $charset [$($help)+] [<$cell as $crate::Cell>::KIND] $desc);
            $crate::__metrics!(@new $of $new [&DESC] [$cell])
        };
        $(#[$($condition)*])*
        $crate::declare!($name);
    };
    (@check new $text:literal [$cell:ty]) => {
        $crate::__private::checks::has_value::<$cell>($text)
    };
    (@new $of:ident new [$desc:expr] $cell:tt) => {
        $crate::$of::new($desc)
    };
    // The variable has the name of the method, so that the call begins and ends with tokens of the user.
    (@check { $method:tt $value:tt } $text:literal [$cell:ty]) => {{
        let $method = $crate::__private::Takes::<$cell>::NEW;
        $method.$method $value
    }};
    (@new $of:ident { $method:tt $value:tt } [$desc:expr] [$cell:ty]) => {
        $crate::$of::from_cell($desc, {
            let $method = $crate::__private::Makes::<$cell>::NEW;
            $method.$method $value
        })
    };
}

/// Checks the labels of a family, as the first error of it.
#[doc(hidden)]
#[macro_export]
macro_rules! __labels_fit {
    ([$([$($condition:tt)*])*] $labels:ty, $kind:expr, $reserved:expr, $text:literal [$([$method:tt $($value:tt)+])*]) => {
        $(#[$($condition)*])*
        const _: () = $crate::__private::checks::labels_fit::<
            $labels,
            { $crate::__private::checks::are_free::<$labels>($reserved) },
            { $crate::__private::checks::are_distinct::<$labels>() },
            { $crate::__private::checks::are_beside::<$labels>($kind, $text, &[$(::core::stringify!($method)),*]) },
        >();
    };
}

/// A description whose errors are under the user's tokens: the name, or the method with its arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __describe {
    ($text:literal $utf8:tt [$($help:literal)+] [$kind:expr] [$([$method:tt $value:tt])*]) => {{
        $crate::__private::checks::not_empty::<{ $crate::__private::checks::is_not_empty($kind, $text, $utf8) }>($text);
        $crate::__private::checks::in_charset::<{ $crate::__private::checks::is_in_charset($kind, $text, $utf8) }>($text);
        $crate::__private::checks::ends_in_total::<{ $crate::__private::checks::does_end_in_total($kind, $text, $utf8) }>($text);
        $crate::__private::checks::ends_in_info::<{ $crate::__private::checks::does_end_in_info($kind, $text, $utf8) }>($text);
        let described =
            $crate::__private::checks::described($kind, $text, $crate::__private::checks::help(::core::concat!($($help),+)), $utf8);
        // The variable has the name of the method, so that the call begins and ends with tokens of the user.
        $(let described = { let $method = described; $method.$method $value };)*
        described
    }};
}

/// Puts a collector that is a `static` on the pages of [`Declared`](crate::Declared). [`metrics!`](crate::metrics) does so by itself.
///
/// ```standalone_crate
/// use picometer::{BoundedFamily, Counter, Declared, Desc, declare};
///
/// static FRAMES: BoundedFamily<Counter<u32>, 1, 8, 15> = BoundedFamily::new(
///     &Desc::counter("peer_frames_total", "Frames by peer."),
///     &["peer"],
/// );
/// declare!(FRAMES);
///
/// assert_eq!(Declared::all().count(), 1);
/// ```
#[macro_export]
macro_rules! declare {
    ($collector:path) => {
        #[allow(deprecated, reason = "a metric that is deprecated is on the pages all the same")]
        const _: () = {
            #[cfg(not(any(miri, target_family = "wasm")))]
            #[used]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__picometer0,regular,no_dead_strip"))]
            #[cfg_attr(windows, unsafe(link_section = ".pico01$m"))]
            #[cfg_attr(not(any(target_vendor = "apple", windows)), unsafe(link_section = "picometer_0_1"))]
            static ENTRY: $crate::Entry = $crate::Entry::new(&$collector);
            #[cfg(any(miri, target_family = "wasm"))]
            #[used]
            #[unsafe(link_section = ".init_array")]
            static ENTER: extern "C" fn() = {
                static NODE: $crate::__private::Node = $crate::__private::Node::new($crate::Entry::new(&$collector));
                extern "C" fn enter() {
                    NODE.enter();
                }
                enter
            };
        };
    };
}
