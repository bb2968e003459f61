//! State sets whose states are strings, or an enum.

use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use picometer::{Cell, Kind, LabelTexts, PointValue, SeriesEncoder, States, Stop};

use super::FromConfig;
use crate::desc::MetricError;
use crate::shared::{Numbers, Tags, Words};

/// Which of several states something is in, where the states are known only when the program runs; at most 64. For states that
/// the program knows there is [`StateSet`] of an enum.
///
/// Usually exactly one is true, see [`set`](Self::set); [`switch`](Self::switch) is for flags. Starts in the first state.
///
/// ```
/// use picometer_std::{Metric, NamedStates};
///
/// let job = Metric::<NamedStates>::new("job_state", "What the job does.")
///     .states(["starting", "running", "stopped"]);
/// assert!(job.set("running"));
/// assert!(job.is("running") && !job.is("starting"));
/// assert!(!job.set("flying"), "no such state: nothing changes");
/// ```
#[derive(Debug)]
#[doc(alias("Enum"))]
pub struct NamedStates {
    names: Arc<[Box<str>]>,
    mask: Mask,
}

/// The states that are true, as bits; kept as those that are not as they start, so that cells start at zero.
#[derive(Debug)]
struct Mask {
    own: AtomicU64,
    shared: Words<[AtomicU64; 1]>,
}

const FIRST: u64 = 1;

impl Mask {
    fn new() -> Self {
        Self { own: AtomicU64::new(0), shared: Words::few() }
    }

    #[inline]
    fn bits(&self) -> &AtomicU64 {
        self.shared.get().map_or(&self.own, |[bits]| bits)
    }

    fn get(&self) -> u64 {
        self.bits().load(Ordering::Relaxed) ^ FIRST
    }

    fn set(&self, mask: u64) {
        self.bits().store(mask ^ FIRST, Ordering::Relaxed);
    }

    fn switch(&self, bit: u64, on: bool) {
        let change = |bits: u64| if on { (bits ^ FIRST) | bit } else { (bits ^ FIRST) & !bit } ^ FIRST;
        let _ = self.bits().fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| Some(change(bits)));
    }

    /// Shows the states of these names.
    fn show<N: AsRef<str>>(&self, series: &mut SeriesEncoder<'_, '_>, names: &[N]) -> Result<(), Stop> {
        let show = |series: &mut SeriesEncoder<'_, '_>| series.value(PointValue::StateSet(&Snapshot { names, mask: self.get() }));
        self.shared.show(Tags::new(Kind::StateSet, Numbers::Unsigned), || 0, series, show)
    }
}

impl NamedStates {
    /// In the first of these states.
    ///
    /// # Errors
    ///
    /// Returns [`MetricError::States`] if there are none or more than 64, and [`MetricError::RepeatedState`] if one is there twice.
    pub fn new<S: AsRef<str>>(states: impl IntoIterator<Item = S>) -> Result<Self, MetricError> {
        let names = states.into_iter().map(|state| state.as_ref().into()).collect();
        Self::check(&names)?;
        Ok(Self::make(&names))
    }

    /// Makes one state true and all others false. Whether there is such a state; otherwise nothing changes.
    pub fn set(&self, state: &str) -> bool {
        self.bit(state).inspect(|&bit| self.mask.set(bit)).is_some()
    }

    /// Makes a state true or false and leaves the others as they are. Whether there is such a state.
    ///
    /// ```
    /// # use picometer_std::{Metric, NamedStates};
    /// let job = Metric::<NamedStates>::new("job", "Where the job is.")
    ///     .states(["queued", "running", "late"]);
    /// assert!(job.set("running") && job.switch("late", true));
    /// assert!(job.is("running") && job.is("late") && !job.switch("lost", true));
    /// ```
    pub fn switch(&self, state: &str, on: bool) -> bool {
        self.bit(state).inspect(|&bit| self.mask.switch(bit, on)).is_some()
    }

    /// Whether a state is true.
    pub fn is(&self, state: &str) -> bool {
        self.bit(state).is_some_and(|bit| self.mask.get() & bit != 0)
    }

    /// The states that are true.
    pub fn get(&self) -> impl Iterator<Item = &str> {
        let mask = self.mask.get();
        self.names.iter().enumerate().filter(move |(at, _)| mask >> at & 1 != 0).map(|(_, name)| &**name)
    }

    fn bit(&self, state: &str) -> Option<u64> {
        self.names.iter().position(|name| **name == *state).and_then(|at| 1_u64.checked_shl(at as u32))
    }
}

/// Whether a state set can have these states.
pub(crate) fn check_states<'n>(names: impl Iterator<Item = &'n str> + Clone, most: usize) -> Result<(), MetricError> {
    let count = names.clone().count();
    if count == 0 || count > most {
        return Err(MetricError::States(count.into()));
    }
    let mut before = HashSet::new();
    match names.into_iter().find(|name| !before.insert(*name)) {
        Some(repeated) => Err(MetricError::RepeatedState(repeated.into())),
        None => Ok(()),
    }
}

impl FromConfig for NamedStates {
    type Config = Arc<[Box<str>]>;

    fn make(names: &Arc<[Box<str>]>) -> Self {
        Self { names: names.clone(), mask: Mask::new() }
    }

    fn removed(&self) {
        self.mask.shared.name().remove();
    }

    fn check(names: &Arc<[Box<str>]>) -> Result<(), MetricError> {
        check_states(names.iter().map(|name| &**name), 64)
    }
}

impl Cell for NamedStates {
    const KIND: Kind = Kind::StateSet;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.mask.show(series, &self.names)
    }

    fn restart(&self) {
        self.mask.set(FIRST);
    }
}

/// The states of one moment.
struct Snapshot<'a, N> {
    names: &'a [N],
    mask: u64,
}

impl<N: AsRef<str>> States for Snapshot<'_, N> {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.names.get(index).map(|name| (name.as_ref(), self.mask.checked_shr(index as u32).is_some_and(|mask| mask & 1 != 0)))
    }
}

/// Which of several states something is in, where the states are an enum made by [`labels!`](picometer::labels), at most 32 of
/// them; the label that shows them is named after the family.
///
/// Usually exactly one is true, see [`set`](Self::set); [`insert`](Self::insert) and [`remove`](Self::remove) are for flags.
/// Starts in the first state.
///
/// ```
/// use picometer_std::{Metric, StateSet, labels};
///
/// labels! { pub enum Job as "job" { Starting = "starting", Running = "running" } }
///
/// let job = Metric::<StateSet<Job>>::new("job_state", "What the job does.");
/// job.set(Job::Running);
/// assert!(job.is(Job::Running) && !job.is(Job::Starting));
/// ```
#[derive(Debug)]
#[doc(alias("Enum"))]
pub struct StateSet<S> {
    mask: Mask,
    states: PhantomData<fn() -> S>,
}

impl<S: LabelTexts> StateSet<S> {
    /// In the first state.
    pub fn new() -> Self {
        const { assert!(S::ALL.len() <= 32, "a state set has at most 32 states") };
        Self { mask: Mask::new(), states: PhantomData }
    }

    fn bit(state: S) -> u64 {
        1_u64.wrapping_shl(state.ordinal() as u32)
    }

    /// Makes one state true and all others false.
    #[inline]
    pub fn set(&self, state: S) {
        self.mask.set(Self::bit(state));
    }

    /// Makes a state true; leaves the others as they are.
    pub fn insert(&self, state: S) {
        self.mask.switch(Self::bit(state), true);
    }

    /// Makes a state false; leaves the others as they are.
    pub fn remove(&self, state: S) {
        self.mask.switch(Self::bit(state), false);
    }

    /// Whether a state is true.
    pub fn is(&self, state: S) -> bool {
        self.mask.get() & Self::bit(state) != 0
    }
}

impl<S: LabelTexts> Default for StateSet<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: LabelTexts> FromConfig for StateSet<S> {
    type Config = ();

    fn make((): &()) -> Self {
        Self::new()
    }

    fn removed(&self) {
        self.mask.shared.name().remove();
    }
}

impl<S: LabelTexts> Cell for StateSet<S> {
    const KIND: Kind = Kind::StateSet;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.mask.show(series, S::TEXTS)
    }

    fn restart(&self) {
        self.mask.set(FIRST);
    }
}
