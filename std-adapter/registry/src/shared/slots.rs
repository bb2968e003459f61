//! What cells have of their worker: a name in its file, and words where threads count together.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use picometer::{Desc, DescParts, Kind, SeriesEncoder, Stop};

use picometer_multiprocess::storage::{HEADER_BYTES, Numbers, Tags, Whereabouts, current, joined, note_unshared};

use super::Show;
use super::publisher::{Around, Publisher, Purpose, publish_one, publisher};
use crate::atomic::Mutex;
use crate::label::FactLabels;

/// Whether this process is a worker; one by the environment from now on.
pub(crate) fn is_worker() -> bool {
    current().is_some()
}

/// The place of the key of a cell in the file, or why it has none.
pub(crate) struct Name(AtomicU32);

/// No name yet.
const UNNAMED: u32 = 0;
/// In memory alone.
const PRIVATE: u32 = 1;
/// In memory alone, and counted as such.
const NOTED: u32 = 2;
/// Taken away for ever.
const GONE: u32 = 3;
/// Of words that the key of another cell names.
const NAMED_BY_ANOTHER: u32 = 4;
const FIRST_KEY: u32 = HEADER_BYTES as u32;

impl Name {
    /// Of a cell whose numbers others may see, or not.
    pub(crate) const fn new(is_shared: bool) -> Self {
        Self(AtomicU32::new(if is_shared { UNNAMED } else { PRIVATE }))
    }

    /// Takes over whether other processes see the cells from a name that was never shown.
    pub(crate) fn settle(&self, fresh: &Self) {
        let _ = self.0.compare_exchange(UNNAMED, fresh.0.load(Ordering::Acquire), Ordering::AcqRel, Ordering::Acquire);
    }

    /// Shows a cell, which gets its name on the way, or loses it, if that is what collecting is for.
    #[inline]
    pub(crate) fn show(
        &self,
        tags: Tags,
        whereabouts: impl FnOnce() -> Whereabouts,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl Show,
    ) -> Result<(), Stop> {
        match publisher(series.parts().0).map(|publisher| publisher.purpose) {
            None => show(series),
            Some(Purpose::Naming) => self.name(tags, whereabouts, series, show),
            Some(Purpose::Withdrawing) => {
                self.forget();
                Ok(())
            }
        }
    }

    #[cold]
    fn name(
        &self,
        tags: Tags,
        whereabouts: impl FnOnce() -> Whereabouts,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl Show,
    ) -> Result<(), Stop> {
        let Some(worker) = joined() else {
            // Should the process join one day, it says so.
            self.note(PRIVATE);
            return show(series);
        };
        match self.0.load(Ordering::Acquire) {
            UNNAMED => {
                if let Some(publisher) = publisher(series.parts().0) {
                    publisher.expect(tags, whereabouts());
                }
                let shown = show(series);
                let key = publisher(series.parts().0).and_then(Publisher::take_key);
                let named = |key| self.0.compare_exchange(UNNAMED, key, Ordering::AcqRel, Ordering::Acquire).is_ok();
                match key {
                    Some(key) if named(key) => {}
                    // Another thread named it meanwhile: the first name stays.
                    Some(key) => worker.remove(key),
                    // It has no name, though its numbers are in the file.
                    None if shown.is_ok() => self.note(UNNAMED),
                    None => {}
                }
                shown
            }
            PRIVATE => {
                self.note(PRIVATE);
                show(series)
            }
            _ => show(series),
        }
    }

    /// Counts it among those that are in memory alone.
    fn note(&self, before: u32) {
        if self.0.compare_exchange(before, NOTED, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            note_unshared(true);
        }
    }

    /// Whether others see it.
    pub(crate) fn is_seen(&self) -> bool {
        self.0.load(Ordering::Acquire) >= NAMED_BY_ANOTHER
    }

    /// Others see it from now on by the key of another cell, for good.
    pub(crate) fn name_by_another(&self) {
        let _ = self.0.compare_exchange(UNNAMED, NAMED_BY_ANOTHER, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The place of the key.
    pub(crate) fn key(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Acquire)).filter(|key| *key >= FIRST_KEY)
    }

    /// Takes the series away.
    pub(crate) fn remove(&self) {
        self.change_to(GONE);
    }

    /// Takes the key away, so that the next naming makes another.
    fn forget(&self) {
        if self.key().is_some() {
            self.change_to(UNNAMED);
        }
    }

    fn change_to(&self, next: u32) {
        let before = self.0.load(Ordering::Acquire);
        let next = if before == PRIVATE || before == NOTED { PRIVATE } else { next };
        let before = self.0.swap(next, Ordering::AcqRel);
        match (before, joined()) {
            (NOTED, _) => note_unshared(false),
            (FIRST_KEY.., Some(worker)) => worker.remove(before),
            _ => {}
        }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if *self.0.get_mut() == NOTED {
            note_unshared(false);
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Name").field(&self.key()).finish()
    }
}

/// Words in the file of this process.
pub(crate) struct Slot<W: ?Sized + 'static>(&'static W);

/// Where a slot is in the file.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place(u32);

impl Place {
    pub(super) fn word(self) -> u64 {
        self.0.into()
    }
}

impl<const N: usize> Slot<[AtomicU64; N]> {
    /// All zero; none where the process shares nothing, or the file takes no more.
    pub(super) fn few() -> Option<(Self, Place)> {
        let (place, words) = current()?.cells(N)?;
        Some((Self(words.first_chunk()?), Place(place)))
    }
}

impl Slot<[AtomicU64]> {
    /// The same, of so many.
    pub(super) fn many(count: usize) -> Option<(Self, Place)> {
        let (place, words) = current()?.cells(count)?;
        Some((Self(words), Place(place)))
    }
}

impl<W: ?Sized> Slot<W> {
    #[inline]
    pub(super) fn words(&self) -> &'static W {
        self.0
    }

    /// They are free from now on.
    pub(super) fn give_back(&self, place: Place) {
        if let Some(worker) = joined() {
            worker.free_cells(place.0, size_of_val(self.0) / size_of::<AtomicU64>());
        }
    }
}

/// The name of an info metric, of which the facts are a part.
#[derive(Debug)]
pub(crate) struct FactsName {
    name: Name,
    /// What was put around the facts when they got their name: description and labels.
    known: Mutex<Option<Around>>,
}

impl Default for FactsName {
    fn default() -> Self {
        Self { name: Name::new(current().is_some()), known: Mutex::default() }
    }
}

const TAGS: Tags = Tags::new(Kind::Info, Numbers::Unsigned);

impl FactsName {
    pub(crate) fn show(&self, series: &mut SeriesEncoder<'_, '_>, show: impl Show) -> Result<(), Stop> {
        self.name.show(TAGS, Whereabouts::default, series, show)?;
        if let Some(publisher) = publisher(series.parts().0)
            && publisher.purpose == Purpose::Naming
            && self.name.key().is_some()
            && let Some(mut known) = self.known.try_lock()
            && known.is_none()
        {
            *known = publisher.info.take();
        }
        Ok(())
    }

    /// Changes the facts, and with them the name.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce() -> T,
        show: impl Fn(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop> + Send + Sync,
    ) -> T {
        let known = self.known.lock();
        let changed = change();
        if let (Some(around), Some(_)) = (&*known, self.name.key()) {
            self.name.forget();
            let parts = DescParts { name: &around.name, help: &around.help, utf8: around.utf8, ..DescParts::new(Kind::Info) };
            if let Ok(desc) = Desc::try_new(parts) {
                publish_one(&|out| {
                    self.name.show(TAGS, Whereabouts::default, &mut SeriesEncoder::new(out, &desc, &FactLabels(&around.labels)), &show)
                });
            }
        }
        changed
    }

    pub(crate) fn remove(&self) {
        self.name.remove();
    }
}
