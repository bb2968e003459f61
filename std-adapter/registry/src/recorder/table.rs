//! All metrics of a type, by name; and all series of a type, by the keys that macros bring.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use metrics::Key;

use super::cells::Recorded;
use super::group::Group;
use crate::atomic::{Mutex, RwLock};
use crate::desc::OwnedDesc;
use crate::epoch;
use crate::family::expiry::Ttl;
use crate::family::idle::Idle;

pub(super) type Labels = Box<[(Box<str>, Box<str>)]>;

/// One series. What libraries have of it are shares of this.
pub(super) struct Series<C> {
    pub(super) labels: Labels,
    pub(super) is_overflow: bool,
    /// Of a recorder with a time to live.
    pub(super) idle: Option<Idle>,
    pub(super) cell: C,
}

/// A series in the tables, which have shares of this: any other share of the series is a library's.
pub(super) struct Entry<C> {
    pub(super) series: Arc<Series<C>>,
    /// Where it is in its group.
    pub(super) place: u32,
    /// How many series the group had made.
    pub(super) born: u32,
    pub(super) is_gone: AtomicBool,
}

impl<C> Entry<C> {
    /// Whether a library has a handle of it.
    pub(super) fn has_handles(&self) -> bool {
        Arc::strong_count(&self.series) > 1
    }

    /// A handle, and the series is said to be used; none where it is gone.
    pub(super) fn handle(&self) -> Option<Arc<Series<C>>> {
        // Until the handle is counted, which is before the series is said to be used.
        let _guard = self.series.idle.as_ref().map(|_| epoch::pin());
        let handle = self.series.clone();
        let is_used = handle.idle.as_ref().is_none_or(Idle::touch_by_handle);
        (is_used && !self.is_gone.load(Ordering::Relaxed)).then_some(handle)
    }
}

/// The way of nearly every update: the keys that macros bring carry their hash.
pub(super) struct Keys<C> {
    entries: RwLock<HashMap<Key, Grouped<C>, foldhash::fast::RandomState>>,
    /// How many of them may be of series that are gone.
    gone: AtomicUsize,
}

impl<C> Keys<C> {
    /// A series is gone. Its keys are taken out together with those of others.
    pub(super) fn note_gone(&self) {
        let gone = self.gone.fetch_add(1, Ordering::Relaxed) + 1;
        // Half of them, so that looking at all is cheap for each.
        if gone >= 64 && gone * 2 >= self.entries.read().len() {
            self.gone.store(0, Ordering::Relaxed);
            self.entries.write().retain(|_, (entry, _)| !entry.is_gone.load(Ordering::Relaxed));
        }
    }
}

/// A series and the metric that it is of.
type Grouped<C> = (Arc<Entry<C>>, Arc<Group<C>>);

/// Help and unit.
type Description = (Box<str>, Box<str>);

/// All metrics of a type.
pub(super) struct Table<C> {
    keys: Arc<Keys<C>>,
    /// By name.
    groups: Mutex<HashMap<Box<str>, Arc<Group<C>>>>,
    /// Help and unit of those that are not used yet: a description alone has no name.
    described: Mutex<HashMap<Box<str>, Description>>,
}

impl<C> Default for Table<C> {
    fn default() -> Self {
        let keys = Keys { entries: RwLock::default(), gone: AtomicUsize::new(0) };
        Self { keys: Arc::new(keys), groups: Mutex::default(), described: Mutex::default() }
    }
}

impl<C: Recorded> Table<C> {
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Series<C>>> {
        let entries = self.keys.entries.read();
        entries.get(key)?.0.handle()
    }

    /// Keeps what a key stands for. The keys of series beyond a cap may be without number, and are not kept.
    pub(super) fn insert(&self, key: &Key, entry: Arc<Entry<C>>, group: &Arc<Group<C>>) {
        self.keys.entries.write().insert(key.clone(), (entry, group.clone()));
    }

    /// The group of this name; a new one is made and registered first. None where there are `most` already.
    pub(super) fn group(
        &self,
        name: &str,
        most: usize,
        ttl: impl FnOnce() -> Option<Ttl>,
        register: impl FnOnce(Arc<Group<C>>),
    ) -> Option<Arc<Group<C>>> {
        let mut groups = self.groups.lock();
        if let Some(group) = groups.get(name) {
            return Some(group.clone());
        }
        if groups.len() >= most {
            return None;
        }
        let group = Arc::new(Group::new(OwnedDesc::new(C::KIND, name, ""), Arc::downgrade(&self.keys), ttl()));
        if let Some((help, unit)) = self.described.lock().remove(name) {
            group.describe(&help, &unit);
        }
        // With the lock, so that no thread counts in a group that another one replaces.
        register(group.clone());
        groups.insert(name.into(), group.clone());
        Some(group)
    }

    /// Says what the group of this name is, or will be.
    pub(super) fn describe(&self, name: &str, help: &str, unit: &str) {
        // Locked in the order in which `group` does, so that no group comes between.
        let groups = self.groups.lock();
        match groups.get(name) {
            Some(group) => group.describe(help, unit),
            None => drop(self.described.lock().insert(name.into(), (help.into(), unit.into()))),
        }
    }

    /// The group of this name, if there is one.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Group<C>>> {
        self.groups.lock().get(name).cloned()
    }

    /// All groups, with their names.
    pub(super) fn all(&self) -> Vec<(Box<str>, Arc<Group<C>>)> {
        self.groups.lock().iter().map(|(name, group)| (name.clone(), group.clone())).collect()
    }
}
