//! Threads, guards and forks.

#[path = "../../std-adapter/epoch/src/gate.rs"]
pub(crate) mod gate;
#[path = "../../std-adapter/epoch/src/limbo.rs"]
#[allow(dead_code, reason = "what bounds batches")]
pub(crate) mod limbo;
#[path = "../../std-adapter/epoch/src/record.rs"]
#[allow(dead_code, reason = "what only forks ask for")]
pub(crate) mod record;

/// For the models of tables, in which nothing is freed; `guards` has those of freeing.
pub(crate) struct Guard;
pub(crate) struct Hazard;

impl Guard {
    pub(crate) fn hold(&self, _: usize) -> Option<Hazard> {
        Some(Hazard)
    }
}

pub(crate) fn pin() -> Guard {
    Guard
}

pub(crate) struct Brief(Guard);

impl Brief {
    pub(crate) fn begin() -> Option<Self> {
        Some(Self(Guard))
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.0
    }
}

pub(crate) use limbo::Item;

pub(crate) fn retire(item: Item, _: bool) -> Vec<Item> {
    std::mem::forget(item);
    Vec::new()
}
