//! Counters.

use std::fmt;
use std::marker::PhantomData;

use picometer::Number;
use picometer::{Cell, Countable, Kind, NotGrowth, Scaled, SeriesEncoder, Stop};

use super::Make;
use super::local::{self, Cells, Floats, Length, One, Pair};
use crate::shared::{Numbers, Tags};

/// A number that only goes up. Starts at 0.
///
/// Every thread counts in a place of its own, so that an increment is a load, an addition and a store, however many threads
/// count at once; a read adds the places up. That takes eight bytes for each thread that counts, and a read visits each; where
/// there are very many counters that few threads touch, or one is incremented from signal handlers, the one of the core,
/// [`core::Counter`](picometer::Counter), is a single shared atomic.
///
/// Counts in `u64` unless told otherwise: `Counter<f64>`, `Counter<Scaled<u64, 1_000_000>>`. Integers wrap around at their end;
/// floats stay at theirs.
///
/// An increment does not belong into a signal handler: the first one of a thread takes memory, and one that interrupts another can
/// be lost. A read does: it takes no lock.
///
/// ```
/// use picometer_std::Counter;
///
/// let frames: Counter = Counter::new();
/// std::thread::scope(|scope| {
///     scope.spawn(|| frames.inc());
///     frames.inc_by(2);
/// });
/// assert_eq!(frames.get(), 3);
/// ```
#[doc(alias("IntCounter"))]
pub struct Counter<V: Tallied = u64> {
    cells: V::Cells,
    value: PhantomData<fn() -> V>,
}

/// What a [`Counter`] counts in: `u32`, `u64`, `f32`, `f64`, or one of the unsigned integers [`Scaled`].
///
/// ```
/// let joules = picometer_std::Counter::<f64>::new();
/// joules.inc_by(0.5);
/// assert_eq!(joules.get(), 0.5);
/// ```
#[doc(alias("CounterValue"))]
#[diagnostic::on_unimplemented(
    message = "a counter cannot count in `{Self}`",
    note = "counters only go up: count in u32, u64, f32, f64 or a `Scaled` unsigned integer"
)]
pub trait Tallied: Countable + sealed::Sealed {}

mod sealed {
    use std::panic::{RefUnwindSafe, UnwindSafe};

    use super::{Cells, Floats, Length, One, Pair, local};
    use crate::shared::Numbers;

    /// Where the numbers of a counter are.
    pub trait Places: Send + Sync + UnwindSafe + RefUnwindSafe + 'static {
        /// How many cells a number has.
        type Length: Length;
        /// Of a static.
        #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
        const LATER: Self;
        fn new() -> Self;
        #[allow(private_interfaces, reason = "sealed")]
        fn cells(&self) -> &Cells<Self::Length>;
        /// Of which generation it is; odd while that changes.
        fn generation(&self) -> u64;
        /// Reads many at these places, of these generations, as bits.
        fn column(places: &[u32], generations: &[u64], is_row: bool, values: &mut [u64]);
    }

    impl Places for Cells {
        type Length = One;
        #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
        const LATER: Self = Self::later(One);

        fn new() -> Self {
            Self::new(One)
        }

        #[inline]
        fn cells(&self) -> &Self {
            self
        }

        #[inline]
        fn generation(&self) -> u64 {
            0
        }

        fn column(places: &[u32], _: &[u64], is_row: bool, values: &mut [u64]) {
            local::integers(places, is_row, values);
        }
    }

    impl Places for Floats {
        type Length = Pair;
        #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
        const LATER: Self = Self::later();

        fn new() -> Self {
            Self::new()
        }

        #[inline]
        fn cells(&self) -> &Cells<Pair> {
            Self::cells(self)
        }

        #[inline]
        fn generation(&self) -> u64 {
            Self::generation(self)
        }

        fn column(places: &[u32], generations: &[u64], _: bool, values: &mut [u64]) {
            local::floats(places, generations, values);
        }
    }

    pub trait Sealed: Sized {
        type Cells: Places;

        /// How the numbers in the cells are to be read, and in parts of what.
        #[allow(private_interfaces, reason = "sealed")]
        const NUMBERS: (Numbers, u32);

        /// The value that was read from a column.
        fn of_column(bits: u64) -> Self;
        fn bits_of(cells: &Self::Cells) -> u64;
        fn count_in(self, cells: &Self::Cells);
        #[inline]
        fn read(cells: &Self::Cells) -> Self {
            Self::of_column(Self::bits_of(cells))
        }
        fn reset(cells: &Self::Cells);
    }
}

impl<V: Tallied> Counter<V> {
    /// A counter at 0.
    pub fn new() -> Self {
        Self { cells: sealed::Places::new(), value: PhantomData }
    }

    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        V::ONE.count_in(&self.cells);
    }

    /// Adds an amount. A negative amount, infinity or NaN adds nothing; see [`try_inc_by`](Self::try_inc_by).
    #[inline]
    pub fn inc_by(&self, amount: V) {
        let _ = self.try_inc_by(amount);
    }

    /// Adds an amount.
    ///
    /// # Errors
    ///
    /// [`NotGrowth`] if the amount is negative, infinite or NaN; the counter is left as it was.
    #[inline]
    pub fn try_inc_by(&self, amount: V) -> Result<(), NotGrowth> {
        if amount.is_growth() {
            amount.count_in(&self.cells);
            Ok(())
        } else {
            Err(NotGrowth)
        }
    }

    /// The count so far. Never less than what was read before, and exact where no thread counts meanwhile.
    #[inline]
    pub fn get(&self) -> V {
        V::read(&self.cells)
    }

    /// Back to 0, as after a restart. Each increment that another thread makes at the same time is forgotten or counts. Reads show
    /// what was counted since the last reset, never more.
    pub fn reset(&self) {
        V::reset(&self.cells);
    }

    /// The key that other processes know it by.
    pub(crate) fn key(&self) -> Option<u32> {
        sealed::Places::cells(&self.cells).key()
    }

    /// Shows this counter, whose name other processes may learn on the way, as `show` does.
    pub(crate) fn show(
        &self,
        rest: impl FnOnce() -> u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let (numbers, per_unit) = V::NUMBERS;
        sealed::Places::cells(&self.cells).show(Tags::new(Kind::Counter, numbers).per_unit(per_unit), rest, series, show)
    }
}

macro_rules! integer {
    ($($value:ty),*) => {$(
        impl sealed::Sealed for $value {
            type Cells = Cells;

            #[allow(private_interfaces, reason = "sealed")]
            const NUMBERS: (Numbers, u32) = (Numbers::Unsigned, 1);

            #[inline]
            fn of_column(value: u64) -> Self {
                value as $value
            }

            #[inline]
            fn bits_of(cells: &Cells) -> u64 {
                local::integer(cells)
            }

            #[inline]
            fn count_in(self, cells: &Cells) {
                local::add_integer(cells, self.into());
            }

            fn reset(cells: &Cells) {
                local::reset_integer(cells);
            }
        }

        impl Tallied for $value {}

        impl<const PER_UNIT: u32> sealed::Sealed for Scaled<$value, PER_UNIT> {
            type Cells = Cells;

            #[allow(private_interfaces, reason = "sealed")]
            const NUMBERS: (Numbers, u32) = (Numbers::Unsigned, PER_UNIT);

            #[inline]
            fn of_column(value: u64) -> Self {
                Self(value as $value)
            }

            #[inline]
            fn bits_of(cells: &Cells) -> u64 {
                local::integer(cells)
            }

            #[inline]
            fn count_in(self, cells: &Cells) {
                sealed::Sealed::count_in(self.0, cells);
            }

            fn reset(cells: &Cells) {
                local::reset_integer(cells);
            }
        }

        impl<const PER_UNIT: u32> Tallied for Scaled<$value, PER_UNIT> {}
    )*};
}

macro_rules! float {
    ($($value:ty),*) => {$(
        impl sealed::Sealed for $value {
            type Cells = Floats;

            #[allow(private_interfaces, reason = "sealed")]
            const NUMBERS: (Numbers, u32) = (Numbers::Float, 1);

            #[inline]
            fn of_column(bits: u64) -> Self {
                (f64::from_bits(bits) as $value).min(<$value>::MAX)
            }

            #[inline]
            fn bits_of(cells: &Floats) -> u64 {
                cells.get().to_bits()
            }

            #[inline]
            fn count_in(self, cells: &Floats) {
                cells.add(self.into());
            }

            fn reset(cells: &Floats) {
                cells.reset();
            }
        }

        impl Tallied for $value {}
    )*};
}

integer!(u32, u64);
float!(f32, f64);

impl<V: Tallied> Default for Counter<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Tallied> Make for Counter<V> {
    type Config = ();

    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const START: Option<Self> = Some(Self { cells: <V::Cells as sealed::Places>::LATER, value: PhantomData });

    fn make((): &()) -> Self {
        Self::new()
    }

    #[inline]
    fn place(&self) -> Option<(u32, u64)> {
        let generation = sealed::Places::generation(&self.cells);
        generation.is_multiple_of(2).then(|| (sealed::Places::cells(&self.cells).column(), generation))
    }

    fn column(places: &[u32], generations: &[u64], is_row: bool, values: &mut [u64]) {
        <V::Cells as sealed::Places>::column(places, generations, is_row, values);
    }

    fn bits(&self) -> u64 {
        V::bits_of(&self.cells)
    }

    #[inline]
    fn number_of(value: u64) -> Option<Number> {
        Some(<V as sealed::Sealed>::of_column(value).number())
    }

    fn removed(&self) {
        sealed::Places::cells(&self.cells).removed();
    }
}

impl<V: Tallied> Cell for Counter<V> {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.show(|| 0, series, |series| series.number(self.get().number()))
    }

    #[inline]
    fn number(&self) -> Option<Number> {
        Some(self.get().number())
    }

    fn restart(&self) {
        self.reset();
    }
}

impl<V: Tallied> fmt::Debug for Counter<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.get().number()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::turns;

    #[test]
    fn integers_wrap_around_and_forget() {
        let counter = Counter::<u32>::new();
        counter.inc_by(u32::MAX);
        counter.inc_by(3);
        assert_eq!(counter.get(), 2);
        counter.reset();
        assert_eq!(counter.get(), 0);
        counter.inc();
        assert_eq!(counter.get(), 1);
    }

    #[test]
    fn a_refused_amount_changes_nothing() {
        let counter = Counter::<f64>::new();
        counter.inc_by(1.5);
        counter.inc_by(-1.0);
        counter.inc_by(f64::NAN);
        assert_eq!((counter.get(), counter.try_inc_by(f64::NAN)), (1.5, Err(NotGrowth)));
        counter.reset();
        assert_eq!(counter.get(), 0.0);
    }

    #[test]
    fn one_of_a_scaled_counter_is_one_unit() {
        let counter = Counter::<Scaled<u64, 1_000>>::new();
        counter.inc();
        assert_eq!(counter.get(), Scaled(1_000));
    }

    #[test]
    fn a_place_is_given_on_at_zero() {
        const MANY: usize = if cfg!(miri) { 10 } else { 100 };
        for _ in 0..3 {
            let counters: Vec<Counter> = (0..MANY).map(|_| Counter::new()).collect();
            assert!(counters.iter().all(|counter| counter.get() == 0));
            std::thread::scope(|scope| {
                scope.spawn(|| counters.iter().for_each(Counter::inc));
                counters.iter().for_each(Counter::inc);
            });
            assert!(counters.iter().all(|counter| counter.get() == 2));
            counters.iter().step_by(2).for_each(Counter::reset);
        }
    }

    #[test]
    fn more_threads_than_slabs_and_threads_that_come_and_go() {
        const THREADS: usize = if cfg!(miri) { 6 } else { 100 };
        const TURNS: u32 = turns(1_000);
        let counter = Counter::<u64>::new();
        let joules = Counter::<f64>::new();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let (mut last, mut last_joules) = (0, 0.0);
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let (now, now_joules) = (counter.get(), joules.get());
                    assert!(now >= last && now_joules >= last_joules, "it went back");
                    (last, last_joules) = (now, now_joules);
                }
            });
            for _ in 0..3 {
                let all = std::sync::Barrier::new(THREADS);
                std::thread::scope(|scope| {
                    for _ in 0..THREADS {
                        scope.spawn(|| {
                            all.wait();
                            for _ in 0..TURNS {
                                counter.inc();
                                joules.inc_by(0.5);
                            }
                            all.wait();
                        });
                    }
                });
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            reader.join().unwrap();
        });
        let all = 3 * THREADS as u64 * u64::from(TURNS);
        assert_eq!((counter.get(), joules.get()), (all, all as f64 / 2.0));
    }

    #[test]
    fn a_thread_counts_until_its_last_destructor() {
        struct Last(std::sync::Arc<Counter>);

        impl Drop for Last {
            fn drop(&mut self) {
                self.0.inc();
            }
        }

        thread_local! {
            static FIRST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
            static SECOND: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
        }
        let counter = std::sync::Arc::new(Counter::<u64>::new());
        for _ in 0..10 {
            // One is destroyed before what belongs to the cells, the other behind it.
            let own = counter.clone();
            std::thread::spawn(move || {
                FIRST.set(Some(Last(own.clone())));
                own.inc();
                SECOND.set(Some(Last(own.clone())));
            })
            .join()
            .unwrap();
        }
        assert_eq!(counter.get(), 30);
    }
}
