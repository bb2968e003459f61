//! Sums of observations.

/// A sum of finite numbers, which stops at the ends of what a double holds.
#[inline]
pub(crate) fn total(sum: f64) -> f64 {
    sum.clamp(f64::MIN, f64::MAX)
}

/// A sum of finite numbers, with what its doubles round away: the same in whichever order they are added. A sum in plain doubles
/// would fall by its last bit when numbers are put together in another order, and a server takes that for a restart.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0 };

    /// What [`parts`](Self::parts) gave.
    pub(crate) fn of((high, low): (f64, f64)) -> Self {
        Self { high, low }
    }

    /// The sum with a number more. Stops at the ends of what a double holds.
    #[inline]
    pub(crate) fn plus(self, number: f64) -> Self {
        // The first of all, and mostly the only one.
        if self.high == 0.0 {
            return Self { high: total(number), low: self.low };
        }
        let high = self.high + number;
        let part = high - self.high;
        let lost = (self.high - (high - part)) + (number - part);
        if lost.is_finite() { Self { high, low: self.low + lost } } else { Self { high: total(high), low: 0.0 } }
    }

    /// The double next to it.
    #[inline]
    pub(crate) fn value(self) -> f64 {
        total(self.high + self.low)
    }

    /// Two doubles that are the sum together.
    pub(crate) fn parts(self) -> (f64, f64) {
        (self.high, self.low)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn sum_is_the_same_in_any_order() {
        let numbers: Vec<f64> =
            (1..200_u32).map(|number| f64::from(number.wrapping_mul(2_654_435_761)) * 0.1 / f64::from(number)).collect();
        let sum = |numbers: &mut dyn Iterator<Item = &f64>| numbers.fold(Sum::default(), |sum, number| sum.plus(*number)).value();
        let all = sum(&mut numbers.iter());
        assert_eq!(all, sum(&mut numbers.iter().rev()));
        for at in 1..numbers.len() {
            // Some are put together before.
            let (first, rest) = numbers.split_at(at);
            let first = first.iter().fold(Sum::default(), |sum, number| sum.plus(*number));
            assert_eq!(rest.iter().fold(Sum::of(first.parts()), |sum, number| sum.plus(*number)).value(), all);
        }
        let plain = |numbers: &mut dyn Iterator<Item = &f64>| numbers.sum::<f64>();
        assert_ne!(plain(&mut numbers.iter()), plain(&mut numbers.iter().rev()), "plain sums are not");
    }

    #[test]
    fn sum_stops_at_the_ends() {
        let sum = |numbers: &[f64]| numbers.iter().fold(Sum::default(), |sum, number| sum.plus(*number)).value();
        assert_eq!(sum(&[f64::MAX, f64::MAX, f64::MAX]), f64::MAX);
        assert_eq!(sum(&[f64::MIN, f64::MIN]), f64::MIN);
        assert_eq!(sum(&[f64::MAX, 1.0, f64::MIN]), 1.0);
        assert_eq!(sum(&[1e300, 1.0]), 1e300);
    }
}
