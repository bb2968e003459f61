//! Exemplars that other processes see: a place for each bucket, written by one thread at a time, read by any process.
//!
//! A place is a sequence that is odd while it is written, then value, moment, until when it is shown, and the labels. Labels of
//! more than 208 bytes, lengths included, are seen in their own process alone.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::time::Duration;

use picometer::{Exemplar, Label, LabelSet, Number, Timestamp};

use super::disk;
use super::joined::joined;
use crate::join::current;
use picometer_epoch::once;

/// Words of a place.
pub(crate) const PLACE: usize = 32;
/// The text begins behind so many.
const TEXT: usize = 6;
/// Added to the length of the text for values that are integers.
const INTEGER: u64 = 1 << 32;
const NANOS: u64 = 1_000_000_000;

/// The places of one cell, made when the first exemplar comes.
#[derive(Debug, Default)]
pub struct Exemplars {
    words: OnceLock<Option<(u32, &'static [AtomicU64])>>,
    /// Of the cell, once it has a name.
    key: AtomicU32,
}

impl Exemplars {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The cell has this name; or none any more.
    pub fn attach(&self, key: Option<u32>) {
        self.key.store(key.unwrap_or(0), Ordering::SeqCst);
        self.tell();
    }

    /// Where they are, if there are any yet.
    pub fn word(&self) -> u64 {
        self.words.get().copied().flatten().map_or(0, |(place, _)| place.into())
    }

    fn tell(&self) {
        // The second to come, the name or the places, sees the other.
        fence(Ordering::SeqCst);
        let (key, place) = (self.key.load(Ordering::SeqCst), self.word());
        if let (true, Some(worker)) = (key != 0 && place != 0, joined()) {
            worker.set_rest(key, place);
        }
    }

    /// Keeps one in a place of so many; no other thread writes there meanwhile. Without `shown` it is shown for ever.
    pub fn keep(&self, at: usize, places: usize, labels: &dyn LabelSet, value: Number, moment: Timestamp, shown: Option<Duration>) {
        if self.key.load(Ordering::Relaxed) == 0 {
            return;
        }
        let words = once(&self.words, || current()?.cells(places * PLACE));
        let Some([sequence, place @ ..]) = words.and_then(|(_, words)| words.get(at * PLACE..)?.get(..PLACE)) else { return };
        let mut text = Vec::new();
        for label in (0..).map_while(|at| labels.label(at)) {
            for part in [label.name, label.value] {
                text.extend((part.len() as u32).to_ne_bytes());
                text.extend_from_slice(part.as_bytes());
            }
        }
        if text.len() > (PLACE - TEXT) * 8 {
            return;
        }
        let is_integer = value.as_u64().is_some_and(|integer| integer as f64 == value.as_f64());
        let moment = u64::try_from(moment.seconds()).unwrap_or(0).saturating_mul(NANOS).saturating_add(moment.nanos().into());
        let until = shown.map_or(0, |shown| disk::nanos().saturating_add(u64::try_from(shown.as_nanos()).unwrap_or(u64::MAX)));
        let even = sequence.load(Ordering::Relaxed);
        sequence.store(even | 1, Ordering::Relaxed);
        // A reader that sees a word of this exemplar sees the odd number, or one behind it, and reads again.
        // The release of the even number, below, is for readers that see it: all words are there.
        fence(Ordering::Release);
        let head = [value.as_f64().to_bits(), moment, until, text.len() as u64 | if is_integer { INTEGER } else { 0 }, 0];
        text.resize(text.len().next_multiple_of(8), 0);
        let text = text.as_chunks::<8>().0.iter().map(|bytes| u64::from_ne_bytes(*bytes));
        place.iter().zip(head.into_iter().chain(text)).for_each(|(word, value)| word.store(value, Ordering::Relaxed));
        sequence.store((even | 1).wrapping_add(1), Ordering::Release);
        self.tell();
    }

    /// Forgets all.
    pub fn clear(&self) {
        for place in self.words.get().copied().flatten().into_iter().flat_map(|(_, words)| words.chunks(PLACE)) {
            if let [_, _, moment, ..] = place {
                moment.store(0, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Exemplars {
    fn drop(&mut self) {
        // Those of a series that others see stay with it.
        if let (Some(Some((place, words))), 0, Some(worker)) = (self.words.get(), *self.key.get_mut(), joined()) {
            worker.free_cells(*place, words.len());
        }
    }
}

/// One that was read.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    labels: Vec<(Box<str>, Box<str>)>,
    value: Number,
    /// In nanoseconds since the epoch.
    moment: u64,
}

impl Shown {
    /// What the words of one place say, if they say anything now.
    pub(crate) fn of(words: &[u64], now: u64) -> Option<Self> {
        let [sequence, value, moment, until, len, _, text @ ..] = words else { return None };
        let is_shown = sequence.is_multiple_of(2) && *moment != 0 && (*until == 0 || now <= *until);
        let bytes: Vec<u8> = text.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let mut text = bytes.get(..(*len as u32) as usize).filter(|_| is_shown)?;
        let mut part = || {
            let (len, rest) = text.split_first_chunk()?;
            let (part, rest) = rest.split_at_checked(u32::from_ne_bytes(*len) as usize)?;
            text = rest;
            str::from_utf8(part).ok()
        };
        let mut labels: Vec<(Box<str>, Box<str>)> = Vec::new();
        while let Some(name) = part() {
            labels.push((name.into(), part()?.into()));
        }
        let pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        picometer::__private::check_exemplar(&pairs, usize::MAX).ok()?;
        let value = f64::from_bits(*value);
        Some(Self { labels, value: if len & INTEGER != 0 { (value as u64).into() } else { value.into() }, moment: *moment })
    }

    pub(crate) fn is_later_than(&self, other: &Self) -> bool {
        self.moment > other.moment
    }

    pub(crate) fn show<R>(&self, see: impl FnOnce(&Exemplar<'_>) -> R) -> R {
        see(&Exemplar::new(self, self.value).at(Timestamp::new((self.moment / NANOS) as i64, (self.moment % NANOS) as u32)))
    }
}

impl LabelSet for Shown {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.labels.get(index).map(|(name, value)| Label { name, value })
    }
}
