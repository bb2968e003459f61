//! Items that are not reachable any more, and what has to end before they are dropped.

use super::record::{Record, Records};

/// So many are dropped together at least, because asking all threads takes microseconds.
pub(crate) const BATCH: usize = if cfg!(loom) { 1 } else { 64 };

/// Something to drop.
///
/// ```
/// let item = picometer_epoch::Item::new(0, Box::new(vec![1, 2, 3]));
/// drop(picometer_epoch::retire(item, false));
/// ```
pub struct Item {
    address: usize,
    #[expect(dead_code, reason = "it is dropped, and that is all")]
    thing: Box<dyn Send + Sync>,
}

impl Item {
    /// Makes one. Threads hold it by this address; zero for what is reached under a guard only.
    pub fn new(address: usize, thing: Box<dyn Send + Sync>) -> Self {
        Self { address, thing }
    }
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Item({:#x})", self.address)
    }
}

pub(crate) struct Limbo {
    fresh: Vec<Item>,
    waiting: Vec<Batch>,
    /// Behind all guards that were there when it was unlinked, and held.
    held: Vec<Item>,
    len: usize,
}

/// What was unlinked before certain guards ended.
struct Batch {
    items: Vec<Item>,
    guards: Vec<(&'static Record, u64)>,
}

impl Limbo {
    pub(crate) const fn new() -> Self {
        Self { fresh: Vec::new(), waiting: Vec::new(), held: Vec::new(), len: 0 }
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, item: Item) {
        self.fresh.push(item);
        self.len += 1;
    }

    /// Whether there are as many that came since the last batch as a batch is worth. While a guard stays for long, batches double:
    /// there are few of them, however much is unlinked.
    pub(crate) fn is_batch(&self) -> bool {
        self.fresh.len() >= BATCH.max(self.len - self.fresh.len() - self.held.len())
    }

    /// Whether so many came since the last batch that it is worth asking whether an earlier one is free.
    pub(crate) fn is_due(&self) -> bool {
        self.fresh.len().is_multiple_of(BATCH)
    }

    #[cfg(test)]
    pub(crate) fn batches(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What came until now waits for the guards that there are. `barrier` says whether all threads are behind a full barrier: what
    /// they read from then on is not among the items.
    pub(crate) fn close(&mut self, records: &Records, barrier: impl FnOnce() -> bool) {
        if self.fresh.is_empty() || !barrier() {
            return;
        }
        let guards = records.iter().filter_map(|record| Some((record, record.waited_for()?))).collect();
        self.waiting.push(Batch { items: std::mem::take(&mut self.fresh), guards });
    }

    /// Takes out what no thread can reach.
    pub(crate) fn collect(&mut self, records: &Records) -> Vec<Item> {
        let mut free = Vec::new();
        self.waiting.retain_mut(|batch| {
            batch.guards.retain(|(record, epoch)| !record.has_left(*epoch));
            if batch.guards.is_empty() {
                free.append(&mut batch.items);
            }
            !batch.guards.is_empty()
        });
        free.append(&mut self.held);
        if free.iter().any(|item| item.address != 0) {
            // Asked behind the ends of the guards: what was found under one of them is said to be held, or held no more.
            let mut holds: Vec<usize> = records.iter().flat_map(Record::held).collect();
            holds.sort_unstable();
            let is_held = |item: &mut Item| item.address != 0 && holds.binary_search(&item.address).is_ok();
            self.held = free.extract_if(.., is_held).collect();
        }
        self.len -= free.len();
        free
    }
}
