//! Threads and guards, by one name: models of tables put their own in its place.

pub(crate) use picometer_epoch::{
    Guard, Hazard, Item, Section, generation, held, lease, number, once, pin, pinned, retire, tidy, with_ended,
};
#[cfg(shared_storage)]
pub(crate) use picometer_epoch::{Hooks, set_hooks};
