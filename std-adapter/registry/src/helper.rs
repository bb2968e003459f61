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
    ($trait:ident :: $method:ident ( $($argument:ident : $type:ty),* )) => {
        impl<T: $trait + ?Sized> $trait for &T {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }

        impl<T: $trait + ?Sized> $trait for std::sync::Arc<T> {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }

        impl<T: $trait, F: FnOnce() -> T> $trait for std::sync::LazyLock<T, F> {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }

        impl<C: $trait> $trait for crate::cell::created::Created<C> {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }

        impl<C: crate::cell::FromConfig + $trait> $trait for crate::metric::Metric<C> {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }

        impl<C: crate::cell::FromConfig + $trait> $trait for crate::family::Handle<C> {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }

        impl<C: crate::cell::FromConfig + $trait, const N: usize> $trait for crate::family::Series<'_, C, N> {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }
    };
}
pub(crate) use for_holders;
