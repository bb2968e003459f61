//! Where the words of a cell are: on the heap, or in the file of a worker that other processes read.
//!
//! Only here the registry asks whether there are such files: without feature `multiprocess` all of it is nothing.

#[cfg(shared_storage)]
mod publisher;
#[cfg(shared_storage)]
mod slots;
#[cfg(not(shared_storage))]
mod unshared;
mod words;

#[cfg(shared_storage)]
pub(crate) use picometer_multiprocess::GaugeMode;
#[cfg(shared_storage)]
pub(crate) use picometer_multiprocess::storage::{
    BASES, Exemplars, IN_CHUNKS, Numbers, SLABS, Tags, Whereabouts, about_native, changing, chunk, table, words_of_native,
};
#[cfg(shared_storage)]
pub(crate) use publisher::{Home, is_naming, publish, publish_declared, withdraw};
#[cfg(shared_storage)]
pub(crate) use slots::{FactsName, Name, is_worker};
#[cfg(not(shared_storage))]
pub(crate) use unshared::{
    BASES, Exemplars, FactsName, GaugeMode, Home, IN_CHUNKS, Name, Numbers, SLABS, Tags, Whereabouts, about_native, changing, chunk,
    is_naming, is_worker, publish, publish_declared, table, withdraw, words_of_native,
};

pub(crate) use words::Words;

#[cfg(shared_storage)]
use slots::{Place, Slot};
#[cfg(not(shared_storage))]
use unshared::{Place, Slot};

use picometer::{SeriesEncoder, Stop};

use crate::epoch::Section;

/// Shows a cell to the page that collects it.
pub(crate) trait Show: FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {}

impl<F: FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>> Show for F {}

/// Held while a series is made or removed: no fork comes in between.
pub(crate) struct Making(#[expect(dead_code, reason = "kept until it is dropped")] Section);

impl Making {
    /// Where the environment names a directory, the process is a worker from now on.
    pub(crate) fn begin() -> Self {
        is_worker();
        Self(Section::begin())
    }
}
