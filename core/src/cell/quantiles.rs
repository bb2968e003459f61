//! Summaries with quantiles of a sliding window, in fixed memory.

pub mod rules;
mod select;

use core::marker::PhantomData;

use crate::atomic::{AtomicU32, Ordering};
use crate::cell::native::{Plan, Scale, Slot, State, Table, ZERO_THRESHOLD, scale};
use crate::cell::summary::Summary;
use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{NativeBucket, PointValue, Quantile, SeriesEncoder, Stop, SummaryPoint};
use crate::number::Number;
use crate::rule::expect;
use crate::value::{Float, Value};
use rules::MOST;
use select::{Walk, select};

/// Which quantiles a summary shows, and of how long a time. Made by [`quantiles!`](crate::quantiles).
///
/// ```
/// use picometer::Quantiles;
///
/// enum Latency {}
///
/// impl Quantiles for Latency {
///     const QUANTILES: &'static [f64] = &[0.5, 0.9, 0.99];
///     const MAX_AGE_MILLIS: u32 = 60_000;
/// }
/// ```
pub trait Quantiles: 'static {
    /// The quantiles, rising, from 0 to 1; at most eight.
    const QUANTILES: &'static [f64];
    /// The length of the window.
    const MAX_AGE_MILLIS: u32 = 600_000;
}

/// Declares which quantiles a summary shows, and of how many milliseconds.
///
/// ```
/// picometer::quantiles! {
///     /// Of the last minute.
///     pub Latency = [0.5, 0.99] in 60_000;
///     pub Sizes = [0.9];
/// }
/// assert_eq!(<Latency as picometer::Quantiles>::MAX_AGE_MILLIS, 60_000);
/// ```
#[macro_export]
macro_rules! quantiles {
    ($($(#[$meta:meta])* $vis:vis $name:ident = $quantiles:tt $(in $millis:expr)?);+ $(;)?) => {$(
        // In front of the type, so that it is the first error.
        const _: () = {
            use $crate::__private::quantiles;
            quantiles::few::<f64, _, { quantiles::are_few(&$quantiles) }>($quantiles);
            quantiles::within::<f64, _, { quantiles::are_within(&$quantiles) }>($quantiles);
            quantiles::rising::<f64, _, { quantiles::are_rising(&$quantiles) }>($quantiles);
        };

        $(#[$meta])*
        $vis enum $name {}

        impl $crate::Quantiles for $name {
            const QUANTILES: &'static [f64] = &$quantiles;
            $(const MAX_AGE_MILLIS: u32 = $millis;)?
        }
    )+};
}

/// Count and sum of all observations, and quantiles of the latest ones.
///
/// The window is `AGES` tables of `N` places, 8 bytes each, which take turns: an observation is counted in the one of now, quantiles
/// are read from all, and the oldest is cleared when its time is up. So they are of the last `MAX_AGE_MILLIS`, less at most one
/// `AGES`th of that. The core reads no clock: [`advance`](Self::advance) says what time it is. Without it the window has no end.
///
/// The tables are those of a [`NativeHistogram`](crate::NativeHistogram). A quantile is the middle of the bucket that the value of
/// that rank is in, from which both ends are as many percent away. The error does not depend on the distribution:
///
/// | `SCHEMA` | 0 | 1 | 2 | 3 | 4 | 5 | 6 |
/// |---|--:|--:|--:|--:|--:|--:|--:|
/// | error, in percent of the value | 33 | 17 | 8.6 | 4.3 | 2.2 | 1.1 | 0.54 |
/// | range that 56 buckets cover at it, largest to smallest | 7e16 | 3e8 | 2e4 | 128 | 11 | 3.4 | 1.8 |
///
/// Values that are spread over more than the table has room for lower the resolution of that table by one. An empty window has
/// quantiles of NaN. NaN itself is counted, and neither in the sum nor in the quantiles.
///
/// ```
/// use picometer::{Desc, Metric, SummaryWithQuantiles, quantiles};
///
/// quantiles! { pub Latency = [0.5, 0.9] in 60_000; }
///
/// static WAIT: Metric<SummaryWithQuantiles<Latency, u32>> =
///     Metric::new(&Desc::summary("wait_ticks", "How long it waits."));
/// for ticks in 1..=1_000 {
///     WAIT.observe(ticks);
/// }
/// assert!((WAIT.quantile(0.9) / 900.0 - 1.0).abs() < 0.09);
/// // An hour later nothing of that is left, but for count and sum.
/// WAIT.advance(0);
/// WAIT.advance(3_600_000);
/// assert!(WAIT.quantile(0.9).is_nan());
/// assert_eq!(WAIT.count(), 1_000);
/// ```
pub struct SummaryWithQuantiles<Q: Quantiles, V: Value = Float, const N: usize = 64, const AGES: usize = 3, const SCHEMA: i8 = 3> {
    total: Summary<V>,
    ages: [Age<N>; AGES],
    /// Which table is the one of now, and which turn it is, plus 1; 0 before the first call that gave the time.
    current: AtomicU32,
    turn: AtomicU32,
    claimed: AtomicU32,
    quantiles: PhantomData<fn() -> Q>,
}

struct Age<const N: usize> {
    state: State,
    slots: [Slot; N],
}

impl<const N: usize> Age<N> {
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const NEW: Self = Self { state: State::NEW, slots: [const { Slot::FREE }; N] };

    fn table(&self) -> Table<'_> {
        Table { state: &self.state, slots: &self.slots }
    }
}

impl<Q: Quantiles, V: Value, const N: usize, const AGES: usize, const SCHEMA: i8> SummaryWithQuantiles<Q, V, N, AGES, SCHEMA> {
    const PLAN: Plan =
        Plan { scale: Scale::new(SCHEMA), zero_threshold: ZERO_THRESHOLD, max_zero_threshold: ZERO_THRESHOLD, limit: (N - N / 8) as u32 };

    /// A summary of nothing.
    #[track_caller]
    pub const fn new() -> Self {
        // In a constant an error at the caller's place, which a block of constants does not have.
        expect(Self::FAULT);
        Self::of_size()
    }

    const fn of_size() -> Self {
        const { expect(Self::FAULT) };
        Self {
            total: Summary::new(),
            ages: [const { Age::NEW }; AGES],
            current: AtomicU32::new(0),
            turn: AtomicU32::new(0),
            claimed: AtomicU32::new(0),
            quantiles: PhantomData,
        }
    }

    /// Counts a value, adds it to the sum, and takes it into the window. No lock, nothing to wait for, from tasks and interrupts
    /// alike.
    #[inline]
    pub fn observe(&self, value: V) {
        self.total.observe(value);
        let (negative, magnitude) = value.magnitude();
        if let Some(age) = self.ages.get(self.current.load(Ordering::Relaxed) as usize) {
            age.table().count(&Self::PLAN, negative, magnitude);
        }
    }

    /// Says what time it is, in milliseconds of any clock that does not go back. To be called now and then, `AGES` times in
    /// `MAX_AGE_MILLIS` at least, and before a page is written; does nothing most of the time.
    pub fn advance(&self, now_millis: u64) {
        let length = u64::from(Q::MAX_AGE_MILLIS).div_ceil(AGES as u64).max(1);
        let now = ((now_millis / length) as u32).wrapping_add(1).max(1);
        let turn = self.turn.load(Ordering::Relaxed);
        let passed = now.wrapping_sub(turn);
        // A clock that was set back says nothing of what passed.
        if now == turn || (turn != 0 && passed > u32::MAX / 2) {
            return;
        }
        if self.claimed.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return;
        }
        if turn != 0 && self.turn.load(Ordering::Relaxed) == turn {
            let mut current = self.current.load(Ordering::Relaxed) as usize;
            for _ in 0..(passed as usize).min(AGES) {
                current = if current + 1 < AGES { current + 1 } else { 0 };
                if let Some(age) = self.ages.get(current) {
                    age.table().clear();
                }
            }
            self.current.store(current as u32, Ordering::Release);
        }
        self.turn.store(now, Ordering::Relaxed);
        // Pairs with the claim above: who moves the window next sees the tables that were cleared.
        self.claimed.store(0, Ordering::Release);
    }

    /// How many values were observed, in the window or before.
    pub fn count(&self) -> u64 {
        self.total.count()
    }

    /// Their sum.
    pub fn sum(&self) -> Number {
        self.total.sum()
    }

    /// The value that a share of the window's observations is not above: 0.5 for their median, 0 for the least, 1 for the largest.
    /// NaN if there is none, or no such share.
    pub fn quantile(&self, quantile: f64) -> f64 {
        let mut found = [f64::NAN];
        self.find(&[quantile], &mut found);
        let [found] = found;
        found
    }

    /// The values of quantiles that rise.
    fn find(&self, quantiles: &[f64], found: &mut [f64]) {
        let mut buckets = [[NativeBucket::default(); N]; AGES];
        let mut walks = [Walk::NOTHING; AGES];
        let mut total = 0;
        for ((age, buckets), walk) in self.ages.iter().zip(&mut buckets).zip(&mut walks) {
            let read = age.table().read_counts(&Self::PLAN, buckets);
            let (positive, negative) = read.sides(buckets);
            total += read.zero_count + positive.iter().chain(negative).map(|bucket| bucket.count).sum::<u64>();
            *walk = Walk { scale: Self::PLAN.scale, reduced: (SCHEMA - read.schema) as u32, negative, zero: read.zero_count, positive };
        }
        select(&mut walks, total, quantiles, found);
    }
}

impl<Q: Quantiles, V: Value, const N: usize, const AGES: usize, const SCHEMA: i8> Default for SummaryWithQuantiles<Q, V, N, AGES, SCHEMA> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Q: Quantiles, V: Value, const N: usize, const AGES: usize, const SCHEMA: i8> Zeroed for SummaryWithQuantiles<Q, V, N, AGES, SCHEMA> {
    const INIT: Self = Self::new();
}

impl<Q: Quantiles, V: Value, const N: usize, const AGES: usize, const SCHEMA: i8> Cell for SummaryWithQuantiles<Q, V, N, AGES, SCHEMA> {
    const KIND: Kind = Kind::Summary;
    const FAULT: Option<&'static str> = if N < 16 || N > 65_536 {
        Some("a table of a summary has from 16 to 65,536 places")
    } else if AGES < 1 || AGES > 64 {
        Some("a summary has from 1 to 64 ages")
    } else if SCHEMA < scale::LOWEST || SCHEMA > scale::HIGHEST {
        Some("the schema is from -4 to 8")
    } else if Q::QUANTILES.len() > MOST {
        Some("a summary has at most 8 quantiles")
    } else if !rules::are_within(Q::QUANTILES) {
        Some("a quantile is from 0 to 1")
    } else if !rules::are_rising(Q::QUANTILES) {
        Some("quantiles must rise")
    } else {
        None
    };
    const RESERVED_LABEL: &'static str = "quantile";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let mut found = [f64::NAN; MOST];
        self.find(Q::QUANTILES, found.get_mut(..Q::QUANTILES.len()).unwrap_or(&mut []));
        let mut quantiles = [Quantile { quantile: Number::from(0_u32), value: Number::from(f64::NAN) }; MOST];
        for ((place, &quantile), value) in quantiles.iter_mut().zip(Q::QUANTILES).zip(found) {
            *place = Quantile { quantile: quantile.into(), value: value.into() };
        }
        let (count, sum) = self.total.read();
        let quantiles = quantiles.get(..Q::QUANTILES.len()).unwrap_or(&[]);
        series.value(PointValue::Summary(SummaryPoint { quantiles, count, sum }))
    }

    fn restart(&self) {
        self.total.forget();
        self.ages.iter().for_each(|age| age.table().clear());
    }
}

shown_as!(
    [Q: Quantiles, V: Value, const N: usize, const AGES: usize, const SCHEMA: i8] SummaryWithQuantiles<Q, V, N, AGES, SCHEMA>,
    self => self.total
);

#[cfg(test)]
mod tests;
