//! What a library has to show to be compared.

/// A counter that is held.
pub(crate) trait Counter: Sync {
    fn inc(&self);
}

/// A gauge that is held.
pub(crate) trait Gauge: Sync {
    fn set(&self, value: f64);
    fn add(&self, value: f64);
}

/// A histogram or a summary that is held.
pub(crate) trait Observer: Sync {
    fn observe(&self, value: f64);
}

/// Counters that are looked up by strings.
pub(crate) trait Lookup<const N: usize>: Sync {
    fn inc(&self, labels: [&str; N]);
}

/// Counters that are looked up by three enums of ten values, given as numbers.
pub(crate) trait Typed: Sync {
    fn inc(&self, labels: [usize; 3]);
}

/// Children of a family that are given a value once, and are then shown on pages.
pub(crate) trait Children<V> {
    fn give(&self, labels: [&str; 3], value: V);
    /// Writes a page into a buffer that is used again where the library can; how many bytes it has.
    fn page(&self, buffer: &mut String) -> usize;
}
