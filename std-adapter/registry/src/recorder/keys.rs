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
        let mut entries = self.entries.write();
        entry.keys.fetch_add(1, Ordering::Relaxed);
        // No thread reports a series that went before it got this key. Relaxed: at worst a key stays longer.
        if entry.is_gone.load(Ordering::Relaxed) {
            self.gone.fetch_add(1, Ordering::Relaxed);
        }
        entries.insert(key.clone(), (entry, group.clone()));
    }

    /// A series is gone. Its keys, of which it has several where its metric or its labels are spelled in several ways, are taken out
    /// together with those of others.
    pub(super) fn note_gone(&self, entry: &Entry<C>) {
        let keys = entry.keys.load(Ordering::Relaxed);
        let gone = self.gone.fetch_add(keys, Ordering::Relaxed) + keys;
        // Half of them, so that looking at all is cheap for each.
        if gone >= 64 && gone * 2 >= self.entries.read().len() {
            self.gone.store(0, Ordering::Relaxed);
            self.entries.write().retain(|_, (entry, _)| !entry.is_gone.load(Ordering::Relaxed));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn keys_of_series_that_are_gone_are_forgotten_where_a_series_has_several() {
        let (keys, group) = (Keys::default(), Arc::new(()));
        for place in 0..1_000 {
            let series = Arc::new(Series { labels: [].into(), is_overflow: false, idle: None, cell: () });
            let entry = Arc::new(Entry { series, place, born: 0, is_gone: AtomicBool::new(false), keys: AtomicUsize::new(0) });
            for spelling in ["x", "x.total", "x_total"] {
                keys.insert(&Key::from_parts(spelling, vec![metrics::Label::new("at", place.to_string())]), entry.clone(), &group);
            }
            // The first one stays.
            if place > 0 {
                entry.is_gone.store(true, Ordering::Relaxed);
                keys.note_gone(&entry);
            }
        }
        assert!((3..200).contains(&keys.entries.read().len()), "{}", keys.entries.read().len());
    }
}
