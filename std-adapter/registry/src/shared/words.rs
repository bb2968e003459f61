//! Words in the file that threads update together, and their name.

use std::fmt;
use std::sync::atomic::AtomicU64;

use picometer::__private::Table;
use picometer::{SeriesEncoder, Stop};

use super::{Name, Place, Slot, Tags, Whereabouts};

/// A few words; none where the process shares nothing, or the file takes no more.
pub(crate) struct Words<const N: usize> {
    slot: Option<Slot<[AtomicU64; N]>>,
    place: Place,
    name: Name,
}

impl<const N: usize> Words<N> {
    /// All zero.
    pub(crate) fn new() -> Self {
        let (slot, place) = Slot::few().unzip();
        Self { name: Name::new(slot.is_some()), slot, place: place.unwrap_or_default() }
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&'static [AtomicU64; N]> {
        self.slot.as_ref().map(Slot::words)
    }

    #[inline]
    pub(crate) fn show(
        &self,
        tags: Tags,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.show_with(tags, || 0, series, show)
    }

    /// The same, where there is a `rest`.
    #[inline]
    pub(crate) fn show_with(
        &self,
        tags: Tags,
        rest: impl FnOnce() -> u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.name.show(tags, || Whereabouts { cells: self.place.word(), rest: rest() }, series, show)
    }

    /// The key that other processes know them by.
    #[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "the recorder's"))]
    pub(crate) fn key(&self) -> Option<u32> {
        self.name.key()
    }

    pub(crate) fn remove(&self) {
        self.name.remove();
    }
}

impl<const N: usize> Drop for Words<N> {
    fn drop(&mut self) {
        // What was set stays, also when a program lets go of its registry before it ends.
        if let Some(slot) = self.slot.as_ref().filter(|_| !self.name.is_seen()) {
            slot.give_back(self.place, N);
        }
    }
}

impl<const N: usize> fmt::Debug for Words<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Words").field(&self.get()).finish()
    }
}

/// So many words, for what is larger than a few.
pub(crate) struct Block {
    slot: Option<Slot<[AtomicU64]>>,
    place: Place,
    name: Name,
}

impl Block {
    /// All zero.
    pub(crate) fn new(count: usize) -> Self {
        let (slot, place) = Slot::many(count).unzip();
        Self { name: Name::new(slot.is_some()), slot, place: place.unwrap_or_default() }
    }

    pub(crate) fn get(&self) -> Option<&'static [AtomicU64]> {
        self.slot.as_ref().map(Slot::words)
    }

    /// The table of a native histogram in some of them.
    pub(crate) fn table(words: &'static [AtomicU64]) -> Option<Table<'static>> {
        super::table(words)
    }

    pub(crate) fn show(
        &self,
        tags: Tags,
        rest: impl FnOnce() -> u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
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

    pub(crate) fn remove(&self) {
        self.name.remove();
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.as_ref().filter(|_| !self.name.is_seen()) {
            slot.give_back(self.place, slot.words().len());
        }
    }
}
