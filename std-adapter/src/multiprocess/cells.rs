//! Cells whose numbers other processes see.

mod facts;
mod observed;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use picometer::{Cell, Kind, NotGrowth, Number, SeriesEncoder, Stop};

pub(super) use facts::Mask;
pub use facts::{Info, StateSet};
pub use observed::{Histogram, Summary};

use super::home::Named;
use super::layout::{self, STARTS_AT_ONE, Tags};
use super::mapping::Words;
use super::{GaugeMode, current, disk};
use crate::cell::Make;
use crate::cell::buckets::BucketBounds;
use crate::cell::states::NamedStates;
use crate::desc::MetricError;

/// The numbers of one cell, and its name once it has one.
struct Shared {
    words: Words,
    named: Named,
}

impl Shared {
    fn new(flags: u8, values: &[u64]) -> Self {
        let words = current().map_or_else(|| Words::on_heap(values), |worker| worker.cells(flags, values));
        Self { words, named: Named::default() }
    }

    #[inline]
    fn first(&self) -> &AtomicU64 {
        static NOWHERE: AtomicU64 = AtomicU64::new(0);
        self.words.first().unwrap_or(&NOWHERE)
    }
}

/// A number that a shared cell holds: `u64`, `i64`, `f64`.
///
/// ```
/// use picometer_std::multiprocess::{Gauge, Sharable};
///
/// fn read<V: Sharable>(gauge: &Gauge<V>) -> V {
///     gauge.get()
/// }
/// assert_eq!(read(&Gauge::<i64>::new()), 0);
/// ```
pub trait Sharable: Copy + PartialOrd + Default + Into<Number> + Send + Sync + sealed::Sealed + 'static {}

/// What a shared [`Counter`] counts in: `u64`, `f64`.
///
/// ```
/// let joules = picometer_std::multiprocess::Counter::<f64>::new();
/// joules.inc_by(0.5);
/// assert_eq!(joules.get(), 0.5);
/// ```
pub trait Growing: Sharable {}

mod sealed {
    use super::*;

    pub trait Sealed: Sized {
        const NUMBERS: u8;
        const ONE: Self;
        fn of(bits: u64) -> Self;
        fn bits(self) -> u64;
        fn add_to(self, cell: &AtomicU64);
        fn plus(self, other: Self) -> Self;
        fn minus(self, other: Self) -> Self;
        fn grows(self) -> bool;
    }

    macro_rules! integer {
        ($value:ty, $numbers:expr, $grows:expr) => {
            impl Sealed for $value {
                const NUMBERS: u8 = $numbers;
                const ONE: Self = 1;

                fn of(bits: u64) -> Self {
                    bits as $value
                }

                fn bits(self) -> u64 {
                    self as u64
                }

                #[inline]
                fn add_to(self, cell: &AtomicU64) {
                    cell.fetch_add(self as u64, Ordering::Relaxed);
                }

                fn plus(self, other: Self) -> Self {
                    self.saturating_add(other)
                }

                fn minus(self, other: Self) -> Self {
                    self.saturating_sub(other)
                }

                fn grows(self) -> bool {
                    $grows(self)
                }
            }

            impl Sharable for $value {}
        };
    }

    integer!(u64, layout::UNSIGNED, |_| true);
    integer!(i64, layout::SIGNED, |value| value >= 0);

    impl Sealed for f64 {
        const NUMBERS: u8 = layout::FLOAT;
        const ONE: Self = 1.0;

        fn of(bits: u64) -> Self {
            f64::from_bits(bits)
        }

        fn bits(self) -> u64 {
            self.to_bits()
        }

        #[inline]
        fn add_to(self, cell: &AtomicU64) {
            update::<f64>(cell, |value| Some(value + self));
        }

        fn plus(self, other: Self) -> Self {
            self + other
        }

        fn minus(self, other: Self) -> Self {
            self - other
        }

        fn grows(self) -> bool {
            self >= 0.0
        }
    }

    impl Sharable for f64 {}
    impl Growing for u64 {}
    impl Growing for f64 {}
}

fn update<V: sealed::Sealed>(cell: &AtomicU64, change: impl Fn(V) -> Option<V>) {
    let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| change(V::of(bits)).map(V::bits));
}

/// A number that only goes up, summed over all workers, dead ones too.
///
/// One shared atomic, in this worker's file if the process is one: an increment costs what it costs in memory.
///
/// ```
/// use picometer_std::multiprocess::Counter;
/// use picometer_std::{Family, Registry};
///
/// let registry = Registry::new();
/// let requests = registry.register(Family::<Counter, 1>::new("requests_total", "Requests served.", ["code"]))?;
/// requests.with(["200"]).inc();
/// assert_eq!(requests.with(["200"]).get(), 1);
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
pub struct Counter<V: Growing = u64>(Shared, PhantomData<V>);

impl<V: Growing> Counter<V> {
    /// A counter at 0.
    pub fn new() -> Self {
        Self(Shared::new(0, &[0]), PhantomData)
    }

    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        V::ONE.add_to(self.0.first());
    }

    /// Adds an amount. A negative amount or NaN adds nothing; see [`try_inc_by`](Self::try_inc_by).
    #[inline]
    pub fn inc_by(&self, amount: V) {
        let _ = self.try_inc_by(amount);
    }

    /// Adds an amount.
    ///
    /// # Errors
    ///
    /// [`NotGrowth`] if the amount is negative or NaN; the counter is left as it was.
    #[inline]
    pub fn try_inc_by(&self, amount: V) -> Result<(), NotGrowth> {
        if amount.grows() {
            amount.add_to(self.0.first());
            Ok(())
        } else {
            Err(NotGrowth)
        }
    }

    /// What this process counted.
    pub fn get(&self) -> V {
        V::of(self.0.first().load(Ordering::Relaxed))
    }
}

impl<V: Growing> Cell for Counter<V> {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags { kind: layout::number_of(Kind::Counter), mode: 0, numbers: V::NUMBERS };
        self.0.named.show(tags, &self.0.words, series, |series| series.number(self.get()))
    }
}

/// A number that goes up and down. What a page shows of all workers' is said by the [`GaugeMode`]; without one, the value of
/// each, dead ones too, with a label `pid`.
///
/// ```
/// use picometer_std::multiprocess::{Gauge, GaugeMode};
/// use picometer_std::Family;
///
/// let busy = Family::<Gauge<i64>, 1>::new("busy_connections", "Connections in use.", ["pool"]).config(GaugeMode::LiveSum);
/// busy.with(["users"]).inc();
/// assert_eq!(busy.with(["users"]).get(), 1);
/// ```
pub struct Gauge<V: Sharable = f64> {
    shared: Shared,
    mode: GaugeMode,
    value: PhantomData<V>,
}

impl<V: Sharable> Gauge<V> {
    /// A gauge at 0, in the mode [`GaugeMode::All`].
    pub fn new() -> Self {
        Self::make(&GaugeMode::All)
    }

    /// Takes a value.
    #[inline]
    pub fn set(&self, value: V) {
        self.shared.first().store(value.bits(), Ordering::Relaxed);
        self.touch();
    }

    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        self.inc_by(V::ONE);
    }

    /// Subtracts 1.
    #[inline]
    pub fn dec(&self) {
        self.dec_by(V::ONE);
    }

    /// Adds an amount; integers stop at their end.
    #[inline]
    pub fn inc_by(&self, amount: V) {
        update::<V>(self.shared.first(), |value| Some(value.plus(amount)));
        self.touch();
    }

    /// Subtracts an amount; integers stop at their end.
    #[inline]
    pub fn dec_by(&self, amount: V) {
        update::<V>(self.shared.first(), |value| Some(value.minus(amount)));
        self.touch();
    }

    /// Raises the value to `least`, if it is lower.
    #[inline]
    pub fn inc_to(&self, least: V) {
        update(self.shared.first(), |value: V| (value < least).then_some(least));
        self.touch();
    }

    /// Lowers the value to `most`, if it is higher.
    #[inline]
    pub fn dec_to(&self, most: V) {
        update(self.shared.first(), |value: V| (value > most).then_some(most));
        self.touch();
    }

    /// The value in this process.
    pub fn get(&self) -> V {
        V::of(self.shared.first().load(Ordering::Relaxed))
    }

    /// Remembers that it has a value, and in the modes that ask for it since when.
    #[inline]
    fn touch(&self) {
        if let [_, moment, ..] = &*self.shared.words {
            if self.mode.is_timed() {
                moment.store(disk::nanos(), Ordering::Release);
            } else if moment.load(Ordering::Relaxed) == 0 {
                moment.store(1, Ordering::Release);
            }
        }
    }
}

impl<V: Sharable> Cell for Gauge<V> {
    const KIND: Kind = Kind::Gauge;
    const RESERVED_LABEL: &'static str = "pid";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags { kind: layout::number_of(Kind::Gauge), mode: self.mode.number(), numbers: V::NUMBERS };
        self.shared.named.show(tags, &self.shared.words, series, |series| series.number(self.get()))
    }
}

macro_rules! make {
    ($([$($bounds:tt)*] $cell:ty, $config:ty, |$given:ident| $make:expr, |$own:ident| $shared:expr $(, check |$checked:ident| $check:expr)?;)*) => {$(
        impl<$($bounds)*> Make for $cell {
            type Config = $config;
            const SHARED: bool = true;

            fn make($given: &$config) -> Self {
                $make
            }

            fn removed(&self) {
                let $own = self;
                $shared.named.remove();
            }

            $(fn check($checked: &$config) -> Result<(), MetricError> {
                $check
            })?
        }

        impl<$($bounds)*> fmt::Debug for $cell {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $own = self;
                f.debug_tuple(stringify!($cell)).field(&&*$shared.words).finish()
            }
        }
    )*};
}

make! {
    [V: Growing] Counter<V>, (), |_config| Self::new(), |own| own.0;
    [V: Sharable] Gauge<V>, GaugeMode, |mode| Self { shared: Shared::new(0, &[0, 0]), mode: *mode, value: PhantomData }, |own| own.shared;
    [] Histogram, BucketBounds, |bounds| Self::new(bounds.clone()), |own| own.shared;
    [] Summary, (), |_config| Self::new(), |own| own.0;
    [] Info, (), |_config| Self::new(), |own| own.shared;
    [] StateSet, Arc<[Box<str>]>, |names| Self { shared: Shared::new(STARTS_AT_ONE, &[1]), names: names.clone() }, |own| own.shared,
        check |names| NamedStates::check(names);
}

macro_rules! default {
    ($([$($bounds:tt)*] $cell:ty;)*) => {$(
        impl<$($bounds)*> Default for $cell {
            fn default() -> Self {
                Self::make(&Default::default())
            }
        }
    )*};
}

default! { [V: Growing] Counter<V>; [V: Sharable] Gauge<V>; [] Histogram; [] Summary; [] Info; }
