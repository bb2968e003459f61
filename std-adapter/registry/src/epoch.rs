//! Threads and guards, by one name: models of tables put their own in its place.

pub(crate) use picometer_epoch::{
    Brief, Guard, Hazard, Item, Section, ended_leases, generation, held, is_leased, is_lost, lease, number, once, pin, retire, tidy,
    with_unleased,
};
