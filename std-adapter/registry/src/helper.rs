//! Helpers for code that is measured: timers, guards, counters of what went wrong.

pub(crate) mod attribute;
pub(crate) mod current_time;
mod durations;
pub(crate) mod errors;
pub(crate) mod future;
pub(crate) mod in_progress;
pub(crate) mod labelled;
pub(crate) mod timer;

/// Implements a trait of one method for everything that holds a cell which implements it: references, `Arc`s, `LazyLock`s, metrics, series,
/// handles, and cells that know when they were made.
macro_rules! for_holders {
    ($trait:ident :: $method:ident $arguments:tt) => {
        for_holders! { $trait $method $arguments
            [T: $trait + ?Sized] &T;
            [T: $trait + ?Sized] std::sync::Arc<T>;
            [T: $trait, F: FnOnce() -> T] std::sync::LazyLock<T, F>;
            [C: $trait] crate::cell::created::Created<C>;
            [C: crate::cell::FromConfig + $trait] crate::metric::Metric<C>;
            [C: crate::cell::FromConfig + $trait] crate::family::Handle<C>;
            [C: crate::cell::FromConfig + $trait, const N: usize] crate::family::Series<'_, C, N>;
        }
    };
    // A rule of its own: the arguments would be repeated with the holders.
    ($trait:ident $method:ident $arguments:tt $($generics:tt $holder:ty;)*) => {
        $(for_holders! { @one $trait $method $arguments $generics $holder })*
    };
    (@one $trait:ident $method:ident ($($argument:ident : $type:ty),*) [$($generics:tt)*] $holder:ty) => {
        impl<$($generics)*> $trait for $holder {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }
    };
}
pub(crate) use for_holders;
