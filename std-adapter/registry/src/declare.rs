//! The macro that declares metrics, and what its expansion checks.

mod labels;
mod takes;

pub use labels::{are_beside, are_free, counts_in, has_labels, holds, labels_fit};
pub use takes::{Takes, has_value};

/// Declares metrics that are on the pages of the [default registry](crate::default_registry), wherever they stand, in whichever crate.
///
/// A declaration is a `static`: its doc comment is the help text, its type a cell or a family of cells, and its value the name.
/// Names, units, labels and bounds are checked by the compiler. `main` needs no line for it, and a metric without labels is at zero
/// from the start. The compiler links only crates that the program names somewhere; for a crate that nothing else names,
/// `use driver as _;` does. Two metrics of one name are an error of [`Registry::refused`](crate::Registry::refused) and of the exporter's
/// start, with the places of both.
///
/// ```standalone_crate
/// use picometer_std::{Counter, Gauge, GaugeFn, Histogram, Labels, exponential, metrics};
///
/// #[derive(Labels)]
/// struct Route<'a> {
///     method: &'a str,
///     path: &'a str,
/// }
///
/// metrics! {
///     /// Requests served.
///     pub static REQUESTS: Family<Counter, Route> =
///         "http_requests_total".max_series(1_000);
///     /// How long requests take.
///     static SECONDS: Family<Histogram, Route> = "http_request_seconds"
///         .unit("seconds")
///         .buckets(exponential::<10>(0.001, 2.0));
///     /// Requests that are being served.
///     static RUNNING: Gauge<i64> = "requests_in_progress".namespace("http");
///     /// Jobs that wait.
///     static WAITING: GaugeFn = "jobs_waiting".read(|| Some(3));
/// }
///
/// RUNNING.inc();
/// REQUESTS.with(Route { method: "GET", path: "/" }).inc();
/// ```
///
/// | type | the static is | and needs |
/// |---|---|---|
/// | `Counter<V>`, `Gauge<V>`, `Histogram`, `Summary`, … | `Metric<Counter<V>>`, … | |
/// | `CounterFn`, `GaugeFn` | `Metric<CounterFn>`, … | `.read(function)` |
/// | `Info` | `Metric<Info>` | `.facts([("version", "1")])` |
/// | `Metric<C>`, for a cell by its path | `Metric<C>` | |
/// | `Family<C, L>`, with a struct of labels | `TypedFamily<C, L, N>` | |
/// | `ClosedFamily<C, L>`, with labels of [`labels!`](picometer::labels) | `ClosedFamily<C, L>` | |
///
/// Names of types are resolved where the block stands, as in any `static`: import them, or define cells of your own. `Family`,
/// `ClosedFamily` and `Metric` alone are words of the macro, which need no import.
///
/// Behind the name may stand:
///
/// | method | what it says |
/// |---|---|
/// | `.namespace("http")`, `.subsystem("api")`, `.unit("seconds")`, `.utf8()` | parts of the description |
/// | `.buckets([0.1, 1.0])` | the bounds of a histogram, constants |
/// | `.states(["idle", "running"])` | the states of `NamedStates` |
/// | `.config(expression)` | what cells are made of, evaluated when the first is made |
/// | `.max_series(1_000)`, `.ttl(duration)`, `.compact()` | as for [`Family`](crate::Family), constants |
///
/// Other collectors go on the pages by [`declare!`](crate::declare). A library that is loaded while the program runs (`cdylib`, `dlopen`) has
/// a default registry of its own, whose page it can hand to the program's `Bridge`. It may be unloaded when nothing calls into it.
///
/// These do not compile:
///
/// ```compile_fail
/// # use picometer_std::{Counter, Histogram};
/// picometer_std::metrics! {
///     /// The name of a counter ends in `_total`.
///     static JOBS: Counter = "jobs";
/// }
/// ```
/// ```compile_fail
/// # use picometer_std::{Counter, Histogram};
/// picometer_std::metrics! {
///     /// Bounds rise.
///     static SECONDS: Histogram = "job_seconds".buckets([0.5, 0.1]);
/// }
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
            { [$vis] $name $kind [$($($argument),+)?] $text [$([$method $value])*] } }
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
    (@numbers [$number:literal $($numbers:literal)*] $attributes:tt { $vis:tt $name:tt Family [$cell:ty] $($rest:tt)* }) => {
        const _: () = $crate::__private::picometer::__private::checks::names_labels($number);
    };
    (@numbers [$number:literal $($numbers:literal)*] $attributes:tt { $vis:tt $name:tt ClosedFamily [$cell:ty] $($rest:tt)* }) => {
        const _: () = $crate::__private::picometer::__private::checks::names_labels($number);
    };
    (@numbers [$number:literal $($numbers:literal)*] $attributes:tt $metric:tt) => {
        const _: () = $crate::__private::picometer::__private::checks::is_counted($number);
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
            $crate::__private::picometer::__private::checks::has_help($name)
        };
        $crate::__metrics! { @sort [""] [$([$($condition)*])*] $others [] { $vis $name $($metric)* } }
    };
    // Types.
    (@sort $help:tt [$([$($condition:tt)*])*] $others:tt [] { $vis:tt $name:tt Family [$cell:ty, $labels:ty] $text:literal
        [$([$method:tt $value:tt])*] }) => {
        // In front of the static, so that it is the first error.
        $(#[$($condition)*])*
        const _: () = $crate::__private::labels_fit::<
            $labels,
            { $crate::__private::are_free::<$cell, $labels>() },
            { $crate::__private::are_beside::<$cell, $labels>($text, &[$(::core::stringify!($method)),*]) },
        >();
        $crate::__metrics! { @method [$help [$([$($condition)*])*] $others $vis $name $text] [$([$method $value])*] [] [false unread] []
            [$crate::TypedFamily<$cell, $labels, { <$labels as $crate::LabelSchema>::NAMES.len() }>] [$cell] }
    };
    (@sort $help:tt [$([$($condition:tt)*])*] $others:tt [] { $vis:tt $name:tt Family [$cell:ty] $($rest:tt)* }) => {
        $(#[$($condition)*])*
        const _: () = {
            #[allow(non_camel_case_types, reason = "named like the static")]
            #[derive(Clone, Copy)]
            struct $name;
            $crate::__private::has_labels($name)
        };
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt ClosedFamily [$cell:ty, $labels:ty] $text:literal $methods:tt }) => {
        $crate::__private::picometer::__labels_fit! { $conditions $labels,
            <$cell as $crate::__private::picometer::Cell>::KIND, <$cell as $crate::__private::picometer::Cell>::RESERVED_LABEL, $text $methods }
        $crate::__metrics! { @method [$help $conditions $others $vis $name $text] $methods [] [false unread] []
            [$crate::ClosedFamily<$cell, $labels>] [$cell] }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt Metric [$cell:ty] $text:literal $methods:tt }) => {
        $crate::__metrics! { @method [$help $conditions $others $vis $name $text] $methods [] [false unread] [] [$crate::Metric<$cell>] [$cell] }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt $kind:tt [] $text:literal $methods:tt }) => {
        $crate::__metrics! { @first $conditions $crate::__private::picometer::__private::checks::is_cell::<$kind>() }
        $crate::__metrics! { @method [$help $conditions $others $vis $name $text] $methods [] [false unread] []
            [$crate::Metric<$kind>] [$kind] }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt $kind:tt [$($argument:ty),+] $text:literal $methods:tt }) => {
        $crate::__metrics! { @holds $kind $conditions $($argument),+ }
        $crate::__metrics! { @method [$help $conditions $others $vis $name $text] $methods [] [false unread] []
            [$crate::Metric<$kind<$($argument),+>>] [$kind<$($argument),+>] }
    };
    // In front of the static and in a type, because types are checked first: so it is the first error.
    (@first [$([$($condition:tt)*])*] $check:expr) => {
        $(#[$($condition)*])*
        const _: [(); { $check; 0 }] = [];
    };
    (@holds Counter $conditions:tt $value:ty) => {
        $crate::__metrics! { @first $conditions $crate::__private::counts_in::<$value>() }
    };
    (@holds Gauge $conditions:tt $value:ty) => {
        $crate::__metrics! { @first $conditions $crate::__private::holds::<$value>() }
    };
    (@holds $($other:tt)*) => {};
    // Methods: parts of the description, and those of the metric.
    (@method $metric:tt [[utf8 ()] $($methods:tt)*] $desc:tt [$utf8:tt $read:tt] $built:tt $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric [$($methods)*] $desc [true $read] $built $type $cell }
    };
    (@method $metric:tt [[$method:tt $value:tt] $($methods:tt)*] [$($desc:tt)*] $utf8:tt [$($built:tt)*] $type:tt $cell:tt) => {
        $crate::__metrics! { @which $method [$method $value] $metric [$($methods)*] [$($desc)*] $utf8 [$($built)*] $type $cell }
    };
    (@which namespace $method:tt $metric:tt $methods:tt [$($desc:tt)*] $utf8:tt $built:tt $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric $methods [$($desc)* $method] $utf8 $built $type $cell }
    };
    (@which subsystem $method:tt $metric:tt $methods:tt [$($desc:tt)*] $utf8:tt $built:tt $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric $methods [$($desc)* $method] $utf8 $built $type $cell }
    };
    (@which unit $method:tt $metric:tt $methods:tt [$($desc:tt)*] $utf8:tt $built:tt $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric $methods [$($desc)* $method] $utf8 $built $type $cell }
    };
    (@which buckets [$method:tt $bounds:tt] [$help:tt [$([$($condition:tt)*])*] $($metric:tt)*] $methods:tt
        $desc:tt $utf8:tt [$($built:tt)*] $type:tt [$cell:ty]) => {
        // In front of the static, so that this is the first error.
        $(#[$($condition)*])*
        const _: () = {
            let $method = $crate::__private::Takes::<$cell>::NEW;
            $method.$method $bounds
        };
        $crate::__metrics! { @method [$help [$([$($condition)*])*] $($metric)*] $methods $desc $utf8
            [$($built)* [$method bounds $bounds]] $type [$cell] }
    };
    (@which read $method:tt $metric:tt $methods:tt $desc:tt [$utf8:tt $read:tt] [$($built:tt)*] $type:tt $cell:tt) => {
        $crate::__metrics! { @made made_by $method $metric $methods $desc [$utf8 read] [$($built)*] $type $cell }
    };
    (@which made_by $method:tt $metric:tt $methods:tt $desc:tt [$utf8:tt $read:tt] [$($built:tt)*] $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric $methods $desc [$utf8 read] [$($built)* $method] $type $cell }
    };
    // Names that are known now are checked now.
    (@which facts [$method:tt ([$(($fact:literal, $value:expr)),* $(,)?])] [$help:tt [$([$($condition:tt)*])*] $($metric:tt)*] $($rest:tt)*) => {
        $(#[$($condition)*])*
        const _: () = {
            use $crate::__private::picometer::__private::labels;
            const NAMES: &[&str] = &[$($fact),*];
            $(
                labels::not_empty::<{ labels::is_not_empty($fact, false) }>($fact);
                labels::not_reserved::<{ labels::is_not_reserved($fact, false) }>($fact);
                labels::fact_in_charset::<{ labels::is_fact_in_charset($fact, false) }>($fact);
                labels::distinct::<{ labels::is_once(NAMES, $fact) }>($fact);
            )*
        };
        $crate::__metrics! { @made made_by [$method ([$(($fact, $value)),*])] [$help [$([$($condition)*])*] $($metric)*] $($rest)* }
    };
    (@which facts $($metric:tt)*) => {
        $crate::__metrics! { @made made_by $($metric)* }
    };
    (@which states $($metric:tt)*) => {
        $crate::__metrics! { @made config_by $($metric)* }
    };
    (@made $by:ident [$method:tt $value:tt] $metric:tt $methods:tt $desc:tt $utf8:tt [$($built:tt)*] $type:tt [$cell:ty]) => {
        $crate::__metrics! { @method $metric $methods $desc $utf8
            [$($built)* [$by (|| {
                let $method = $crate::__private::Takes::<$cell>::NEW;
                $method.$method $value
            })]] $type [$cell] }
    };
    (@which config [$method:tt ($($config:tt)*)] $metric:tt $methods:tt $desc:tt $utf8:tt [$($built:tt)*] $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric $methods $desc $utf8 [$($built)* [config_by (|| $($config)*)]] $type $cell }
    };
    (@which $other:tt $method:tt $metric:tt $methods:tt $desc:tt $utf8:tt [$($built:tt)*] $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric $methods $desc $utf8 [$($built)* $method] $type $cell }
    };
    (@method [[$($help:literal)+] [$([$($condition:tt)*])*] [$([$($other:tt)*])*] [$vis:vis] $name:tt $text:literal] []
        $desc:tt [$utf8:tt $read:tt] [$($built:tt)*] [$type:ty] [$cell:ty]) => {
        $(#[$($condition)*])*
        const _: () = $crate::__private::has_value::<{ $crate::__metrics!(@is $read) || <$cell as $crate::FromConfig>::HAS_VALUE }>($text);
        $(#[$($condition)*])*
        $(#[$($other)*])*
        $(#[doc = $help])+
        $vis static $name: $type = {
            let built = <$type>::declare_as($crate::__private::picometer::__describe!(
                $text $utf8 [$($help)+] [<$cell as $crate::__private::picometer::Cell>::KIND] $desc
            ));
            $(let built = $crate::__metrics!(@build built $built);)*
            built
        };
        $(#[$($condition)*])*
        $crate::declare!($name);
    };
    (@is read) => { true };
    (@is unread) => { false };
    // The variable has the name of the method, so that the call begins and ends with tokens of the user.
    (@build $from:ident [$method:tt bounds $value:tt]) => {{
        #[allow(unused_parens, reason = "the bounds with the parentheses of the call")]
        const BOUNDS: &[f64] = &$value;
        let $method = $crate::__private::Bounds;
        $method.$method $value;
        $from.with_bounds(BOUNDS)
    }};
    (@build $from:ident [$method:tt $value:tt]) => {{
        let $method = $from;
        $method.$method $value
    }};
}

/// Checks bounds by a call that is the user's.
#[derive(Clone, Copy, Debug)]
pub struct Bounds;

impl Bounds {
    /// Checks them.
    #[track_caller]
    pub const fn buckets<const N: usize>(self, bounds: [f64; N]) {
        crate::cell::config::check_bounds(&bounds);
    }
}

pub use picometer::declare;
