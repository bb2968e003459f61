//! What is done with series of the facade besides counting in them.

use std::fmt;
use std::sync::Arc;

use super::cells::{Count, Distribution};
use super::group::AnyGroup;
use super::name;
use super::name_conflict::Ways;
use super::series::{Labels, Recorded};
use super::table::Table;
use crate::atomic::Mutex;
use crate::cell::gauge::Gauge;
use crate::family::expiry::Cause;
use crate::registry::RegisterError;

/// Everything that was recorded.
#[derive(Default)]
pub(super) struct Recordings {
    pub(super) counters: Table<Count>,
    pub(super) gauges: Table<Gauge>,
    pub(super) histograms: Table<Distribution>,
    pub(super) refusals: Mutex<Vec<(Box<str>, RegisterError)>>,
    pub(super) ways: Mutex<Ways>,
}

/// Removes series of a [`Recorder`](super::Recorder), also after it was installed. Cheap to clone.
///
/// What a library has kept of a series that is removed goes on counting, unseen; when a macro names the series again it starts
/// anew.
///
/// ```
/// use picometer_std::Registry;
/// use picometer_std::recorder::Recorder;
///
/// let recorder = Recorder::new(&Registry::new());
/// let handle = recorder.handle();
/// metrics::with_local_recorder(&recorder, || {
///     metrics::gauge!("pool.size", "pool" => "a").set(3);
///     metrics::gauge!("pool.size", "pool" => "b").set(4);
/// });
/// assert_eq!(handle.remove_matching("pool.size", &[("pool", "a")]), 1);
/// assert_eq!(handle.len(), 1);
/// ```
#[derive(Clone)]
pub struct RecorderHandle(pub(super) Arc<Recordings>);

impl RecorderHandle {
    /// Removes every series of a metric that has all of these labels, and returns how many.
    ///
    /// Names may be written as the library or as the page writes them.
    pub fn remove_matching(&self, metric: &str, labels: &[(&str, &str)]) -> usize {
        let Recordings { counters, gauges, histograms, .. } = &*self.0;
        remove(counters, metric, labels) + remove(gauges, metric, labels) + remove(histograms, metric, labels)
    }

    /// Keeps only the series that `keep` wants, which is given the name of the metric and the labels as the page shows them.
    pub fn retain(&self, mut keep: impl FnMut(&str, &[(Box<str>, Box<str>)]) -> bool) {
        for (name, group) in self.groups() {
            group.retain(&mut |labels| keep(&name, labels));
        }
    }

    /// Removes every series.
    pub fn clear(&self) {
        self.retain(|_, _| false);
    }

    /// Removes series that were not used for the [`ttl`](super::Recorder::ttl), shown or not, and returns how many; as
    /// [`Family::expire`](crate::Family::expire).
    pub fn expire(&self) -> usize {
        self.groups().iter().map(|(_, group)| group.sweep(Cause::Command)).sum()
    }

    /// How many series there are, without overflow series.
    pub fn len(&self) -> usize {
        self.groups().iter().map(|(_, group)| group.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The metrics that could not be shown, or not under their names, and why.
    pub fn refusals(&self) -> Vec<(Box<str>, RegisterError)> {
        self.0.refusals.lock().clone()
    }

    fn groups(&self) -> Vec<(Box<str>, Arc<dyn AnyGroup>)> {
        fn all<C: Recorded>(table: &Table<C>) -> impl Iterator<Item = (Box<str>, Arc<dyn AnyGroup>)> {
            table.all().into_iter().map(|(name, group)| (name, group as Arc<dyn AnyGroup>))
        }
        let Recordings { counters, gauges, histograms, .. } = &*self.0;
        all(counters).chain(all(gauges)).chain(all(histograms)).collect()
    }
}

impl fmt::Debug for RecorderHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecorderHandle").field("len", &self.len()).finish_non_exhaustive()
    }
}

fn remove<C: Recorded>(table: &Table<C>, metric: &str, labels: &[(&str, &str)]) -> usize {
    let Some(group) = table.find(&name::metric(C::KIND, metric)) else { return 0 };
    let asked: Vec<(String, &str)> = labels.iter().map(|&(name, value)| (name::label(C::KIND, name, |_| false), value)).collect();
    let has = |labels: &Labels, name: &str, value: &str| labels.iter().any(|(own, its)| **own == *name && **its == *value);
    group.retain(&mut |labels| !asked.iter().all(|(name, value)| has(labels, name, value)))
}
