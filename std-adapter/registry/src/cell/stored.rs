//! Numbers as the bits of a word.

use picometer::Scaled;

use crate::shared::Numbers;

/// A number that a word holds. Not named outside of this crate, so that it seals the traits that ask for it.
pub trait Stored: Sized {
    /// How the bits are to be read, and in parts of what.
    #[allow(private_interfaces, reason = "sealed")]
    const NUMBERS: (Numbers, u32);

    fn of(bits: u64) -> Self;
    fn bits(self) -> u64;
}

macro_rules! stored {
    ($($value:ty: $numbers:ident, $bits:ident, $self:ident => $of:expr, $to:expr;)*) => {$(
        impl Stored for $value {
            #[allow(private_interfaces, reason = "sealed")]
            const NUMBERS: (Numbers, u32) = (Numbers::$numbers, 1);

            #[inline]
            fn of($bits: u64) -> Self {
                $of
            }

            #[inline]
            fn bits($self) -> u64 {
                $to
            }
        }
    )*};
}

// Signed ones with their sign, so that all widths are read in the same way.
stored! {
    u32: Unsigned, bits, self => bits as u32, self.into();
    i32: Signed, bits, self => bits as i32, self as i64 as u64;
    u64: Unsigned, bits, self => bits, self;
    i64: Signed, bits, self => bits as i64, self as u64;
    f32: Float, bits, self => f64::from_bits(bits) as f32, f64::from(self).to_bits();
    f64: Float, bits, self => f64::from_bits(bits), self.to_bits();
}

impl<V: Stored, const PER_UNIT: u32> Stored for Scaled<V, PER_UNIT> {
    #[allow(private_interfaces, reason = "sealed")]
    const NUMBERS: (Numbers, u32) = (V::NUMBERS.0, PER_UNIT);

    #[inline]
    fn of(bits: u64) -> Self {
        Self(V::of(bits))
    }

    #[inline]
    fn bits(self) -> u64 {
        self.0.bits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_values() {
        assert_eq!((i32::of((-7_i32).bits()), (-7_i32).bits()), (-7, -7_i64 as u64));
        assert_eq!(u32::of(u32::MAX.bits()), u32::MAX);
        assert_eq!(Scaled::<i64, 10>::of(Scaled::<i64, 10>(-3).bits()), Scaled(-3));
        assert_eq!(f32::of(0.1_f32.bits()), 0.1);
    }
}
