//! A static that is made with its first use.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use crate::epoch::once;

/// A static that is made with its first use, and usable in any child of `fork`.
///
/// A fork waits while it is being made, so that a child never finds it half made. A child that meets a `LazyLock` which another
/// thread was making at the fork waits for that thread for ever.
///
/// ```
/// use std::sync::Arc;
/// use picometer_std::collectors::Lazy;
/// use picometer_std::Registry;
///
/// static METRICS: Lazy<Registry> = Lazy::new(Registry::new);
/// assert!(METRICS.failures().is_empty());
/// ```
///
/// What makes it must not use the static itself: that waits for ever. Where it panics, the next use tries again.
pub struct Lazy<T> {
    made: OnceLock<T>,
    make: fn() -> T,
}

impl<T> Lazy<T> {
    /// A value that this function makes.
    pub const fn new(make: fn() -> T) -> Self {
        Self { made: OnceLock::new(), make }
    }
}

impl<T> Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        once(&self.made, self.make)
    }
}

impl<T: fmt::Debug> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.made.get().fmt(f)
    }
}
