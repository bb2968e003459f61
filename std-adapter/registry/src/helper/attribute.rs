//! What the attributes of functions expand to.

use crate::cell::FromConfig;
use crate::family::{Handle, Series};

/// What a guard holds that may go anywhere with a future: of a series a handle, of anything else a reference.
pub trait Own {
    /// It.
    type Own;

    /// Makes it. The name is one that no type has.
    fn __picometer_own(self) -> Self::Own;
}

impl<'a, T: ?Sized> Own for &'a T {
    type Own = &'a T;

    #[inline]
    fn __picometer_own(self) -> &'a T {
        self
    }
}

impl<C: FromConfig, const N: usize> Own for Series<'_, C, N> {
    type Own = Handle<C>;

    #[inline]
    fn __picometer_own(self) -> Handle<C> {
        self.handle()
    }
}

/// Calls a closure, which for that may move what it has.
#[inline]
pub fn call<R>(function: impl FnOnce() -> R) -> R {
    function()
}
