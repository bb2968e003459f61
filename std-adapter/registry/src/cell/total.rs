//! Sums of observations.

/// A sum of finite numbers, which stops at the ends of what a double holds.
#[inline]
pub(crate) fn total(sum: f64) -> f64 {
    sum.clamp(f64::MIN, f64::MAX)
}
