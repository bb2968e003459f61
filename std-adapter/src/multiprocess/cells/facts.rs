//! Infos and state sets that other processes see.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use picometer::{Cell, Kind, PointValue, SeriesEncoder, States, Stop};

use super::Shared;
use crate::desc::MetricError;
use crate::label::{FactLabels, Facts};
use crate::multiprocess::home::{Around, publish_one, take_around};
use crate::multiprocess::layout;
use crate::multiprocess::layout::Tags;

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
    pub(super) shared: Shared,
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
    pub(super) shared: Shared,
    pub(super) names: Arc<[Box<str>]>,
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
pub(in crate::multiprocess) struct Mask<'a> {
    pub(in crate::multiprocess) names: &'a [Box<str>],
    pub(in crate::multiprocess) mask: u64,
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
