//! Words in the file that threads update together, and their name.

use std::fmt;
use std::sync::atomic::AtomicU64;

use picometer::{SeriesEncoder, Stop};

use super::{Name, Place, Show, Slot, Tags, Whereabouts};

/// Some words, a few (`[AtomicU64; N]`) or many (`[AtomicU64]`); none where the process shares nothing, or the file takes no more.
pub(crate) struct Words<W: ?Sized + 'static> {
    slot: Option<Slot<W>>,
    place: Place,
    name: Name,
}

impl<const N: usize> Words<[AtomicU64; N]> {
    /// All zero.
    pub(crate) fn few() -> Self {
        Self::at(Slot::few())
    }
}

impl Words<[AtomicU64]> {
    /// So many, all zero.
    pub(crate) fn many(count: usize) -> Self {
        Self::at(Slot::many(count))
    }
}

impl<W: ?Sized> Words<W> {
    fn at(found: Option<(Slot<W>, Place)>) -> Self {
        let (slot, place) = found.unzip();
        Self { name: Name::new(slot.is_some()), slot, place: place.unwrap_or_default() }
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&'static W> {
        self.slot.as_ref().map(Slot::words)
    }

    /// Shows the cell that counts in them, and the `rest` of what a reader has to know.
    #[inline]
    pub(crate) fn show(
        &self,
        tags: Tags,
        rest: impl FnOnce() -> u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl Show,
    ) -> Result<(), Stop> {
        self.name.show(tags, || Whereabouts { cells: self.place.word(), rest: rest() }, series, show)
    }

    /// By which other processes know them.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Where they are, for other processes.
    pub(crate) fn word(&self) -> u64 {
        self.place.word()
    }
}

impl<W: ?Sized> Drop for Words<W> {
    fn drop(&mut self) {
        // What was set stays, also when a program lets go of its registry before it ends.
        if let Some(slot) = self.slot.as_ref().filter(|_| !self.name.is_seen()) {
            slot.give_back(self.place);
        }
    }
}

impl<W: ?Sized + fmt::Debug> fmt::Debug for Words<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Words").field(&self.get()).finish()
    }
}
