//! Helpers for code that is measured: timers, guards, counters of what went wrong.

pub(crate) mod current_time;
pub(crate) mod future;
pub(crate) mod in_progress;
pub(crate) mod timer;
pub(crate) mod trouble;

/// Implements a trait of one method for everything that holds a cell which implements it: references, `Arc`s, metrics, series and
/// handles.
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

        impl<C: crate::cell::Make + $trait> $trait for crate::metric::Metric<C> {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }

        impl<C: crate::cell::Make + $trait, const N: usize> $trait for crate::family::Child<C, N> {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }

        impl<C: crate::cell::Make + $trait, const N: usize> $trait for crate::family::Series<'_, C, N> {
            fn $method(&self, $($argument: $type),*) {
                (**self).$method($($argument),*);
            }
        }
    };
}
pub(crate) use for_holders;
