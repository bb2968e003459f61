//! Series by the keys that macros bring.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::Key;

use super::series::{Entry, Series};
use crate::atomic::RwLock;

/// The way of nearly every update: the keys that macros bring carry their hash.
pub(super) struct Keys<C, G> {
    entries: RwLock<HashMap<Key, Grouped<C, G>, foldhash::fast::RandomState>>,
    /// How many of them may be of series that are gone.
    gone: AtomicUsize,
}

/// A series and the metric that it is of.
type Grouped<C, G> = (Arc<Entry<C>>, Arc<G>);

impl<C, G> Default for Keys<C, G> {
    fn default() -> Self {
        Self { entries: RwLock::default(), gone: AtomicUsize::new(0) }
    }
}

impl<C, G> Keys<C, G> {
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Series<C>>> {
        let entries = self.entries.read();
        entries.get(key)?.0.handle()
    }

    /// Keeps what a key stands for. The keys of series beyond a cap may be without number, and are not kept.
    pub(super) fn insert(&self, key: &Key, entry: Arc<Entry<C>>, group: &Arc<G>) {
        self.entries.write().insert(key.clone(), (entry, group.clone()));
    }

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
