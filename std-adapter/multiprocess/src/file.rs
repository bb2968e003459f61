//! The file of a worker: what it looks like, and who writes to it.

pub(crate) mod disk;
pub(crate) mod entries;
pub(crate) mod exemplars;
pub(crate) mod joined;
pub(crate) mod key;
pub(crate) mod layout;
pub(crate) mod mapping;
pub(crate) mod open;
pub(crate) mod protocol;
pub(crate) mod tags;
pub(crate) mod worker;
