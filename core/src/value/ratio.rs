//! Doubles by their bits, without float arithmetic: for targets that would have to link it.

const FRACTION_BITS: u32 = 52;
const FRACTION: u64 = (1 << FRACTION_BITS) - 1;
const BIAS: i32 = 1_023;

/// The bits of a float as a double. The compiler's own conversion is a handful of shifts, also without a float unit.
pub(super) fn double_bits(value: impl Into<f64>) -> u64 {
    value.into().to_bits()
}

/// `ticks / per_unit` as the bits of a double, in integers: rounded down, and never onto a value that it is above.
pub(super) fn ratio(ticks: u64, per_unit: u32) -> u64 {
    if ticks == 0 {
        return 0;
    }
    let divisor = u64::from(per_unit.max(1));
    // Ticks as far up as they go: at least 32 bits of quotient; then 32 more from the remainder.
    let shift = ticks.leading_zeros();
    let ticks = ticks << shift;
    let (high, rest) = (ticks / divisor, ticks % divisor);
    let (low, rest) = ((rest << 32) / divisor, (rest << 32) % divisor);
    let up = high.leading_zeros();
    // The leading one at bit 63.
    let aligned = high << up | (low << 32).checked_shr(64 - up).unwrap_or(0);
    let lost = rest > 0 || (low << 32).checked_shl(up).unwrap_or(0) > 0 || aligned & 0x7ff > 0;
    let exponent = 63 - up as i32 - shift as i32;
    let fraction = aligned >> 11 & FRACTION;
    // What is lost keeps a value from sitting exactly on a bound.
    ((exponent + BIAS) as u64) << FRACTION_BITS | fraction | u64::from(lost && fraction == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_doubles() {
        for (ticks, per_unit) in [
            (1, 1),
            (3, 2),
            (1_000_000, 1_000_000),
            (1, 1_000_000),
            (u64::MAX, 1),
            (u64::MAX, u32::MAX),
            (1, u32::MAX),
            (7, 3),
            (123_456_789_012, 1_000),
        ] {
            let (found, exact) = (f64::from_bits(ratio(ticks, per_unit)), ticks as f64 / f64::from(per_unit));
            assert!((found / exact - 1.0).abs() < 1e-15, "{ticks} / {per_unit}: {found} {exact}");
        }
        assert_eq!(ratio(0, 5), 0);
        assert_eq!(f64::from_bits(ratio(2_000, 1_000)), 2.0);
        // What is above a power of two is not on it.
        assert_eq!(ratio((1 << 60) + 1, 1), ratio(1 << 60, 1) + 1);
    }
}
