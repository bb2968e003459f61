//! What the lines of a family have in common, put together once for all of them: the name, which is six pieces, and bounds of
//! buckets, which are floats.

use crate::copy::copy;
use crate::desc::{Desc, Kind};
use crate::encode::HistogramPoint;
use crate::number::{Number, NumberText};

/// What the lines of a family begin with, where its name is written as it is.
pub(super) struct Stem {
    /// With the suffix of its type, and those of a histogram.
    own: Start,
    sum: Start,
    count: Start,
    bucket: Head,
}

/// A name and the brace behind it.
#[derive(Clone, Copy)]
struct Start {
    bytes: [u8; 128],
    len: usize,
}

impl Start {
    const NONE: Self = Self { bytes: [0; 128], len: 0 };

    fn of<'a>(parts: impl Iterator<Item = &'a str>) -> Self {
        let (mut bytes, mut len) = ([0; 128], 0);
        for part in parts.chain(["{"]) {
            let Some(room) = bytes.get_mut(len..).and_then(|room| room.get_mut(..part.len())) else { return Self::NONE };
            copy(room, part.as_bytes());
            len += part.len();
        }
        Self { bytes, len }
    }

    #[inline]
    fn name(&self) -> Option<Name<'_>> {
        let whole = self.bytes.get(..self.len).filter(|name| !name.is_empty())?;
        Some(Name { whole, start: self.bytes.first_chunk()? })
    }
}

/// The name of a family and the brace behind it.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    whole: &'a [u8],
    /// Where it begins, and what is behind it where it is shorter: copied in fewer steps than what has another length each time.
    start: &'a [u8; Name::SHORT],
}

impl<'a> Name<'a> {
    /// The longest whose start is the whole of it.
    pub(super) const SHORT: usize = 32;

    #[inline(always)]
    pub(super) fn whole(&self) -> &'a [u8] {
        self.whole
    }

    #[inline(always)]
    pub(super) fn start(&self) -> &'a [u8; Name::SHORT] {
        self.start
    }

    /// Without the brace.
    pub(super) fn bare(&self) -> &'a [u8] {
        self.whole.split_last().map_or(&[], |(_, name)| name)
    }
}

/// What the lines of all buckets of a histogram begin with: `name_bucket{a="1",le="`.
pub(super) struct Head {
    pub(super) bytes: [u8; Self::CAPACITY],
    /// How much of it is the name.
    name: usize,
}

impl Head {
    pub(super) const CAPACITY: usize = 320;

    /// Puts labels behind the name; how long all of it is, if it fits.
    pub(super) fn put(&mut self, labels: &[u8]) -> Option<usize> {
        let behind: &[u8] = if labels.is_empty() { b"le=\"" } else { b",le=\"" };
        let mut at = self.name;
        for text in [labels, behind] {
            copy(self.bytes.get_mut(at..at + text.len())?, text);
            at += text.len();
        }
        (self.name > 0).then_some(at)
    }
}

impl Stem {
    pub(super) const fn new() -> Self {
        let bucket = Head { bytes: [0; Head::CAPACITY], name: 0 };
        Self { own: Start::NONE, sum: Start::NONE, count: Start::NONE, bucket }
    }

    /// Keeps the name of a family that begins, unless it is longer than what can be kept.
    pub(super) fn keep(&mut self, desc: &Desc<'_>) {
        *self = Self::new();
        if !desc.is_legacy() {
            return;
        }
        self.own = Start::of(desc.name().parts());
        if desc.kind() == Kind::Histogram {
            let [sum, count, bucket] = ["_sum", "_count", "_bucket"].map(|suffix| Start::of(desc.sample(suffix).parts()));
            (self.sum, self.count, self.bucket.name) = (sum, count, bucket.len);
            if let Some(room) = self.bucket.bytes.first_chunk_mut() {
                *room = bucket.bytes;
            }
        }
    }

    /// The name with the suffix of its type.
    #[inline]
    pub(super) fn name(&self) -> Option<Name<'_>> {
        self.own.name()
    }

    /// Of a histogram: what its buckets begin with, and the names of its sum and its count.
    #[inline]
    pub(super) fn histogram(&mut self) -> Option<(&mut Head, [Name<'_>; 2])> {
        Some((&mut self.bucket, [self.sum.name()?, self.count.name()?]))
    }
}

/// The bounds of the histogram that was written last, with their text: those of the next are usually the same.
pub(super) struct BoundTexts {
    known: [Number; BOUNDS],
    /// The bits of those that are doubles, if all are: compared faster than one by one.
    bits: [u64; BOUNDS],
    are_doubles: bool,
    /// One more than there are bounds: the last is that of infinity.
    tails: [Tail; BOUNDS + 1],
    len: usize,
    /// The longest of the texts.
    longest: usize,
}

const BOUNDS: usize = 32;

/// The text of a bound with what is behind it on its line: `0.5"} `.
#[derive(Clone, Copy)]
pub(super) struct Tail {
    bytes: [u8; Self::CAPACITY],
    len: u8,
}

impl Tail {
    pub(super) const CAPACITY: usize = 40;

    /// As many bytes as there may be, and how many of them are meant.
    #[inline]
    pub(super) fn padded(&self) -> (&[u8; Self::CAPACITY], usize) {
        (&self.bytes, self.len.into())
    }

    /// Behind the last bound.
    pub(super) const INFINITY: Self = {
        let mut bytes = [0; Self::CAPACITY];
        let (text, mut len) = (b"+Inf\"} ", 0);
        while len < text.len() {
            bytes[len] = text[len];
            len += 1;
        }
        Self { bytes, len: len as u8 }
    };

    fn of(bound: &Number) -> Self {
        let mut text = NumberText::new();
        bound.write_bound(&mut text);
        let (mut bytes, mut len) = ([0; Self::CAPACITY], 0);
        // A number has fewer bytes than its text may have, by more than these.
        for (place, &byte) in bytes.iter_mut().zip(text.as_bytes().iter().chain(b"\"} ")) {
            *place = byte;
            len += 1;
        }
        Self { bytes, len }
    }
}

impl BoundTexts {
    pub(super) const fn new() -> Self {
        let (known, tails) = ([Number::NEVER; BOUNDS], [Tail::INFINITY; BOUNDS + 1]);
        Self { known, bits: [0; BOUNDS], are_doubles: false, tails, len: 0, longest: 0 }
    }

    /// The texts of the bounds of a histogram, and that of infinity, and how long the longest is; none if there are more than are
    /// kept.
    #[inline]
    pub(super) fn tails(&mut self, histogram: &HistogramPoint<'_>) -> Option<(&[Tail], usize)> {
        if !self.knows(histogram) {
            self.learn(histogram)?;
        }
        Some((self.tails.get(..=self.len)?, self.longest))
    }

    #[inline]
    fn knows(&self, histogram: &HistogramPoint<'_>) -> bool {
        let Some(known) = self.known.get(..self.len).filter(|known| known.len() == histogram.counts.len()) else { return false };
        match histogram.bounds.doubles().and_then(|doubles| doubles.get(..known.len())) {
            // All of them, without a branch for each.
            Some(doubles) => {
                let differ = doubles.iter().zip(&self.bits).fold(0, |differ, (bound, known)| differ | (bound.to_bits() ^ known));
                self.are_doubles && differ == 0
            }
            None => (0..).zip(known).all(|(index, known)| histogram.bounds.bound(index).is_some_and(|bound| known.is_same(&bound))),
        }
    }

    #[cold]
    fn learn(&mut self, histogram: &HistogramPoint<'_>) -> Option<()> {
        // Nothing is known where it ends early.
        self.len = BOUNDS + 1;
        let len = histogram.counts.len();
        let doubles = histogram.bounds.doubles().and_then(|doubles| doubles.get(..len));
        self.are_doubles = doubles.is_some();
        self.bits.iter_mut().zip(doubles.unwrap_or(&[])).for_each(|(bits, double)| *bits = double.to_bits());
        for (index, known) in self.known.get_mut(..len)?.iter_mut().enumerate() {
            *known = histogram.bounds.bound(index)?;
            *self.tails.get_mut(index)? = Tail::of(known);
        }
        *self.tails.get_mut(len)? = Tail::INFINITY;
        self.longest = self.tails.get(..=len)?.iter().map(|tail| tail.len.into()).max().unwrap_or(0);
        self.len = len;
        Some(())
    }
}
