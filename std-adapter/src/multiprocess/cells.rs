//! Cells whose numbers other processes see.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

use picometer::{Cell, HistogramPoint, Kind, NotGrowth, Number, PointValue, SeriesEncoder, States, Stop, SummaryPoint};

use super::home::{Around, Named, publish_one, take_around};
use super::layout::{self, STARTS_AT_ONE, Tags};
use super::mapping::Words;
use super::{GaugeMode, current, disk};
use crate::cell::Make;
use crate::cell::buckets::BucketBounds;
use crate::cell::states::NamedStates;
use crate::desc::MetricError;
use crate::label::{FactLabels, Facts};

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

/// Observations counted in buckets, summed over all workers, dead ones too.
///
/// [`observe`](Self::observe) is three atomic additions. A page shows observations of one moment: count and sum belong together.
/// NaN is counted beyond the last bound and left out of the sum.
///
/// ```
/// use picometer_std::multiprocess::Histogram;
/// use picometer_std::Metric;
///
/// let seconds = Metric::<Histogram>::new("request_seconds", "How long requests take.").buckets([0.1, 1.0]);
/// seconds.observe(0.25);
/// assert_eq!((seconds.count(), seconds.sum()), (1, 0.25));
/// ```
pub struct Histogram {
    shared: Shared,
    bounds: BucketBounds,
}

/// How often a reader of the same process looks for a moment without observations under way.
const ATTEMPTS: usize = 1_000;

/// Counts, then the sum, then how many observations were begun: whoever reads them in this order and finds as many counted as
/// begun has all of each.
fn record(words: &[AtomicU64], bucket: usize, value: f64) {
    let [counts @ .., sum, begun] = words else { return };
    begun.fetch_add(1, Ordering::Relaxed);
    fence(Ordering::Release);
    if !value.is_nan() {
        update::<f64>(sum, |sum| Some(sum + value));
    }
    if let Some(count) = counts.get(bucket).or(counts.last()) {
        count.fetch_add(1, Ordering::Release);
    }
}

fn read(words: &[AtomicU64]) -> (Vec<u64>, f64) {
    let [counts @ .., sum, begun] = words else { return Default::default() };
    let mut tries = 0;
    loop {
        let counted: Vec<u64> = counts.iter().map(|count| count.load(Ordering::Acquire)).collect();
        let total = f64::from_bits(sum.load(Ordering::Acquire));
        tries += 1;
        if counted.iter().fold(0_u64, |all, one| all.wrapping_add(*one)) == begun.load(Ordering::Relaxed) || tries == ATTEMPTS {
            return (counted, total);
        }
        std::hint::spin_loop();
    }
}

impl Histogram {
    /// A histogram of nothing.
    pub fn new(bounds: BucketBounds) -> Self {
        Self { shared: Shared::new(0, &vec![0; bounds.as_slice().len() + 3]), bounds }
    }

    /// Counts a value in the bucket of the first bound that is not below it, and adds it to the sum.
    #[inline]
    pub fn observe(&self, value: f64) {
        record(&self.shared.words, self.bounds.bucket_of(value), value);
    }

    /// How many values this process observed.
    pub fn count(&self) -> u64 {
        read(&self.shared.words).0.iter().fold(0, |all, one| all.wrapping_add(*one))
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        read(&self.shared.words).1
    }
}

impl Cell for Histogram {
    const KIND: Kind = Kind::Histogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags { kind: layout::number_of(Kind::Histogram), mode: 0, numbers: layout::FLOAT };
        self.shared.named.show(tags, &self.shared.words, series, |series| {
            let (counts, sum) = read(&self.shared.words);
            let Some((&beyond, counts)) = counts.split_last() else { return Ok(()) };
            let point = HistogramPoint { counts, beyond, sum: Some(sum.into()), bounds: &self.bounds, exemplars: None };
            series.value(PointValue::Histogram(point))
        })
    }
}

/// Count and sum of observations, over all workers, dead ones too. NaN is counted, and left out of the sum.
///
/// ```
/// use picometer_std::multiprocess::Summary;
/// use picometer_std::Metric;
///
/// let sizes = Metric::<Summary>::new("request_bytes", "Sizes of requests.");
/// sizes.observe(120.0);
/// assert_eq!((sizes.count(), sizes.sum()), (1, 120.0));
/// ```
pub struct Summary(Shared);

impl Summary {
    /// A summary of nothing.
    pub fn new() -> Self {
        Self(Shared::new(0, &[0; 3]))
    }

    /// Counts a value and adds it to the sum.
    #[inline]
    pub fn observe(&self, value: f64) {
        record(&self.0.words, 0, value);
    }

    /// How many values this process observed.
    pub fn count(&self) -> u64 {
        self.read().0
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.read().1
    }

    fn read(&self) -> (u64, f64) {
        let (counts, sum) = read(&self.0.words);
        (counts.first().copied().unwrap_or(0), sum)
    }
}

impl Cell for Summary {
    const KIND: Kind = Kind::Summary;
    const RESERVED_LABEL: &'static str = "quantile";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags { kind: layout::number_of(Kind::Summary), mode: 0, numbers: layout::FLOAT };
        self.0.named.show(tags, &self.0.words, series, |series| {
            let (count, sum) = self.read();
            series.value(PointValue::Summary(SummaryPoint { quantiles: &[], count, sum: sum.into() }))
        })
    }
}

/// Facts in labels. Live workers with the same facts are one series.
///
/// ```
/// use picometer_std::multiprocess::Info;
/// use picometer_std::Metric;
///
/// let build = Metric::<Info>::new("build_info", "What was built.");
/// build.set([("version", "1.4.0")])?;
/// assert_eq!(build.get().len(), 1);
/// # Ok::<(), picometer_std::MetricError>(())
/// ```
pub struct Info {
    shared: Shared,
    inner: crate::cell::info::Info,
    /// What was put around the facts when they got their name: description and labels.
    known: Mutex<Option<Around>>,
}

impl Info {
    /// An info metric without facts.
    pub fn new() -> Self {
        Self { shared: Shared::new(0, &[1]), inner: crate::cell::info::Info::new(), known: Mutex::new(None) }
    }

    /// Replaces all facts.
    ///
    /// # Errors
    ///
    /// A name that is empty, reserved or there twice; then the facts stay as they are.
    pub fn set<N: AsRef<str>, V: AsRef<str>>(&self, facts: impl IntoIterator<Item = (N, V)>) -> Result<(), MetricError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.inner.set(facts)?;
        // The facts are in the name of the series: it gets another one.
        if let (Some(around), Some(_)) = (&*known, self.shared.named.key()) {
            self.shared.named.forget();
            let parts =
                picometer::DescParts { name: &around.name, help: &around.help, utf8: around.utf8, ..picometer::DescParts::new(Kind::Info) };
            if let Ok(desc) = picometer::Desc::try_new(parts) {
                publish_one(&|out| self.show(&mut SeriesEncoder::new(out, &desc, &FactLabels(&around.labels))));
            }
        }
        Ok(())
    }

    /// The facts of this process.
    pub fn get(&self) -> Facts {
        self.inner.get()
    }

    fn show(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags { kind: layout::number_of(Kind::Info), mode: 0, numbers: layout::UNSIGNED };
        self.shared.named.show(tags, &self.shared.words, series, |series| self.inner.encode(series))
    }
}

impl Cell for Info {
    const KIND: Kind = Kind::Info;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.show(series)?;
        if self.shared.named.key().is_some()
            && let Ok(mut known) = self.known.try_lock()
            && known.is_none()
        {
            *known = take_around();
        }
        Ok(())
    }
}

/// Which of several states something is in: of each live worker, with a label `pid`. At most 64 states; starts in the first.
///
/// ```
/// use picometer_std::multiprocess::StateSet;
/// use picometer_std::{Make, Metric};
///
/// let states = ["idle".into(), "busy".into()].into();
/// let state = Metric::<StateSet>::new("worker_state", "What the worker does.").config(&states);
/// assert!(state.set("busy"));
/// assert!(state.is("busy") && !state.is("idle"));
/// ```
pub struct StateSet {
    shared: Shared,
    names: Arc<[Box<str>]>,
}

impl StateSet {
    /// Makes one state true and all others false. Whether there is such a state; otherwise nothing changes.
    pub fn set(&self, state: &str) -> bool {
        self.bit(state).inspect(|bit| self.shared.first().store(*bit, Ordering::Relaxed)).is_some()
    }

    /// Makes a state true or false and leaves the others as they are. Whether there is such a state.
    pub fn switch(&self, state: &str, on: bool) -> bool {
        let mask = self.shared.first();
        let switch = |bit| if on { mask.fetch_or(bit, Ordering::Relaxed) } else { mask.fetch_and(!bit, Ordering::Relaxed) };
        self.bit(state).map(switch).is_some()
    }

    /// Whether a state is true in this process.
    pub fn is(&self, state: &str) -> bool {
        self.bit(state).is_some_and(|bit| self.shared.first().load(Ordering::Relaxed) & bit != 0)
    }

    fn bit(&self, state: &str) -> Option<u64> {
        self.names.iter().position(|name| **name == *state).and_then(|at| 1_u64.checked_shl(at as u32))
    }
}

/// The states of one moment.
pub(super) struct Mask<'a> {
    pub(super) names: &'a [Box<str>],
    pub(super) mask: u64,
}

impl States for Mask<'_> {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.names.get(index).map(|name| (&**name, self.mask.checked_shr(index as u32).is_some_and(|mask| mask & 1 != 0)))
    }
}

impl Cell for StateSet {
    const KIND: Kind = Kind::StateSet;
    const RESERVED_LABEL: &'static str = "pid";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags { kind: layout::number_of(Kind::StateSet), mode: 0, numbers: layout::UNSIGNED };
        self.shared.named.show(tags, &self.shared.words, series, |series| {
            let mask = self.shared.first().load(Ordering::Relaxed);
            series.value(PointValue::StateSet(&Mask { names: &self.names, mask }))
        })
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
