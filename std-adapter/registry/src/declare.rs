//! The macro that declares metrics, and what its expansion checks.

mod takes;

pub use takes::{Takes, has_value};

use picometer::Cell;

use crate::typed::LabelSchema;

/// Declares metrics that are on the pages of the [default registry](crate::default_registry), wherever they stand, in whichever crate.
///
/// A declaration is a `static`: its doc comment is the help text, its type a cell or a family of cells, and its value the name.
/// Names, units, labels and bounds are checked by the compiler. `main` needs no line for it, and a metric without labels is at zero
/// from the start. Two metrics of one name are an error of [`Registry::refused`](crate::Registry::refused) and of the exporter's
/// start, with the places of both.
///
/// ```standalone_crate
/// use picometer_std::{Counter, Histogram, Labels, exponential, metrics};
///
/// #[derive(Labels)]
/// struct Route<'a> {
///     method: &'a str,
///     path: &'a str,
/// }
///
/// metrics! {
///     /// Requests served.
///     pub static REQUESTS: Family<Counter, Route> = "http_requests_total".cap(1_000);
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
/// | `Metric<C>`, for any other cell | `Metric<C>` | |
/// | `Family<C, L>`, with a struct of labels | `TypedFamily<C, L, N>` | |
/// | `ClosedFamily<C, L>`, with labels of [`labels!`](picometer::labels) | `ClosedFamily<C, L>` | |
///
/// Behind the name may stand:
///
/// | | |
/// |---|---|
/// | `.namespace("http")`, `.subsystem("api")`, `.unit("seconds")`, `.utf8()` | parts of the description |
/// | `.buckets([0.1, 1.0])` | the bounds of a histogram, constants |
/// | `.states(["idle", "running"])` | the states of `NamedStates` |
/// | `.config(expression)` | what cells are made of, evaluated when the first is made |
/// | `.cap(1_000)`, `.ttl(duration)`, `.lean()` | as for [`Family`](crate::Family), constants |
///
/// Other collectors go on the pages by [`declare!`](crate::declare).
///
/// These do not compile:
///
/// ```compile_fail
/// picometer_std::metrics! {
///     /// The name of a counter ends in `_total`.
///     static JOBS: Counter = "jobs";
/// }
/// ```
/// ```compile_fail
/// picometer_std::metrics! {
///     /// Bounds rise.
///     static SECONDS: Histogram = "job_seconds".buckets([0.5, 0.1]);
/// }
/// ```
#[macro_export]
macro_rules! metrics {
    ($(
        $(#[$($attribute:tt)*])* $vis:vis static $name:tt: $kind:tt $(<$($argument:ty),+ $(,)?>)? =
            $text:literal $(.$method:tt $value:tt)*;
    )*) => {$(
        $crate::__metrics! { @sort [] [] [] [$([$($attribute)*])*]
            { [$vis] $name $kind [$($($argument),+)?] $text [$([$method $value])*] } }
    )*};
}

/// What [`metrics!`](crate::metrics) expands to, step by step.
#[doc(hidden)]
#[macro_export]
macro_rules! __metrics {
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
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt Family [$cell:ty, $labels:ty] $text:literal $methods:tt }) => {
        $crate::__metrics! { @method [$help $conditions $others $vis $name $text] $methods [] [false unread] []
            [$crate::TypedFamily<$cell, $labels, { <$labels as $crate::LabelSchema>::NAMES.len() }>] [$cell] }
        const _: () = $crate::__private::free_labels::<$labels, { $crate::__private::are_free::<$cell, $labels>() }>();
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt ClosedFamily [$cell:ty, $labels:ty] $text:literal $methods:tt }) => {
        $crate::__metrics! { @method [$help $conditions $others $vis $name $text] $methods [] [false unread] []
            [$crate::ClosedFamily<$cell, $labels>] [$cell] }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt Metric [$cell:ty] $text:literal $methods:tt }) => {
        $crate::__metrics! { @method [$help $conditions $others $vis $name $text] $methods [] [false unread] [] [$crate::Metric<$cell>] [$cell] }
    };
    (@sort $help:tt $conditions:tt $others:tt [] { $vis:tt $name:tt $kind:tt [$($argument:ty),*] $text:literal $methods:tt }) => {
        $crate::__metrics! { @method [$help $conditions $others $vis $name $text] $methods [] [false unread] []
            [$crate::Metric<$crate::$kind<$($argument),*>>] [$crate::$kind<$($argument),*>] }
    };
    // Methods: parts of the description, and those of the metric.
    (@method $metric:tt [[utf8 ()] $($methods:tt)*] $desc:tt [$utf8:tt $read:tt] $built:tt $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric [$($methods)*] $desc [true $read] $built $type $cell }
    };
    (@method $metric:tt [[namespace $value:tt] $($methods:tt)*] [$($desc:tt)*] $utf8:tt $built:tt $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric [$($methods)*] [$($desc)* [namespace $value]] $utf8 $built $type $cell }
    };
    (@method $metric:tt [[subsystem $value:tt] $($methods:tt)*] [$($desc:tt)*] $utf8:tt $built:tt $type:tt $cell:tt) => {
        $crate::__metrics! { @method $metric [$($methods)*] [$($desc)* [subsystem $value]] $utf8 $built $type $cell }
    };
    (@method $metric:tt [[$method:tt $value:tt] $($methods:tt)*] [$($desc:tt)*] $utf8:tt [$($built:tt)*] $type:tt $cell:tt) => {
        $crate::__metrics! { @which $method [$method $value] $metric [$($methods)*] [$($desc)*] $utf8 [$($built)*] $type $cell }
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
        const _: () = $crate::__private::has_value::<{ $crate::__metrics!(@is $read) || <$cell as $crate::Make>::HAS_VALUE }>($text);
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

/// What labels of a family have if none of them belongs to the samples of its cells.
#[diagnostic::on_unimplemented(
    message = "a label of `{Self}` belongs to the type of metric: `le` to histograms, `quantile` to summaries",
    label = "give the label another name"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait FreeLabels<const FREE: bool> {}

impl<L: LabelSchema> FreeLabels<true> for L {}

/// Compiles if no label is reserved.
pub const fn free_labels<L: FreeLabels<FREE>, const FREE: bool>() {}

/// Whether no label has a name that samples of the cell have for themselves.
pub const fn are_free<C: Cell, L: LabelSchema>() -> bool {
    let mut at = 0;
    while at < L::NAMES.len() {
        if !C::RESERVED_LABEL.is_empty() && crate::typed::same(L::NAMES[at].as_bytes(), C::RESERVED_LABEL.as_bytes()) {
            return false;
        }
        at += 1;
    }
    true
}
