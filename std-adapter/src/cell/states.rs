//! State sets whose states are strings.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use picometer::{Cell, Kind, PointValue, SeriesEncoder, States, Stop};

use super::Make;
use crate::desc::MetricError;

/// Which of several states something is in, where the states are known only when the program runs; at most 64. For states that
/// the program knows there is [`StateSet`](picometer::StateSet) of an enum.
///
/// Usually exactly one is true, see [`set`](Self::set); [`switch`](Self::switch) is for flags. Starts in the first state.
///
/// ```
/// use picometer_std::{Metric, NamedStates};
///
/// let job = Metric::<NamedStates>::new("job_state", "What the job does.").states(["starting", "running", "stopped"]);
/// assert!(job.set("running"));
/// assert!(job.is("running") && !job.is("starting"));
/// assert!(!job.set("flying"), "no such state: nothing changes");
/// ```
#[derive(Debug)]
pub struct NamedStates {
    names: Arc<[Box<str>]>,
    mask: AtomicU64,
}

impl NamedStates {
    /// In the first of these states.
    ///
    /// # Errors
    ///
    /// [`MetricError::States`] if there are none or more than 64, or one twice.
    pub fn new<S: AsRef<str>>(states: impl IntoIterator<Item = S>) -> Result<Self, MetricError> {
        let names = states.into_iter().map(|state| state.as_ref().into()).collect();
        Self::check(&names)?;
        Ok(Self::make(&names))
    }

    /// Makes one state true and all others false. Whether there is such a state; otherwise nothing changes.
    pub fn set(&self, state: &str) -> bool {
        self.bit(state).inspect(|&bit| self.mask.store(bit, Ordering::Relaxed)).is_some()
    }

    /// Makes a state true or false and leaves the others as they are. Whether there is such a state.
    pub fn switch(&self, state: &str, on: bool) -> bool {
        let switch = |bit| if on { self.mask.fetch_or(bit, Ordering::Relaxed) } else { self.mask.fetch_and(!bit, Ordering::Relaxed) };
        self.bit(state).map(switch).is_some()
    }

    /// Whether a state is true.
    pub fn is(&self, state: &str) -> bool {
        self.bit(state).is_some_and(|bit| self.mask.load(Ordering::Relaxed) & bit != 0)
    }

    /// The states that are true.
    pub fn get(&self) -> impl Iterator<Item = &str> {
        let mask = self.mask.load(Ordering::Relaxed);
        self.names.iter().enumerate().filter(move |(at, _)| mask >> at & 1 != 0).map(|(_, name)| &**name)
    }

    fn bit(&self, state: &str) -> Option<u64> {
        self.names.iter().position(|name| **name == *state).and_then(|at| 1_u64.checked_shl(at as u32))
    }
}

impl Make for NamedStates {
    type Config = Arc<[Box<str>]>;

    fn make(names: &Arc<[Box<str>]>) -> Self {
        Self { names: names.clone(), mask: AtomicU64::new(1) }
    }

    fn check(names: &Arc<[Box<str>]>) -> Result<(), MetricError> {
        let repeated = names.iter().enumerate().any(|(at, name)| names.iter().take(at).any(|before| before == name));
        if names.is_empty() || names.len() > 64 || repeated { Err(MetricError::States) } else { Ok(()) }
    }
}

/// The states of one moment.
struct Snapshot<'a> {
    names: &'a [Box<str>],
    mask: u64,
}

impl States for Snapshot<'_> {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.names.get(index).map(|name| (&**name, self.mask.checked_shr(index as u32).is_some_and(|mask| mask & 1 != 0)))
    }
}

impl Cell for NamedStates {
    const KIND: Kind = Kind::StateSet;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        series.value(PointValue::StateSet(&Snapshot { names: &self.names, mask: self.mask.load(Ordering::Relaxed) }))
    }
}
