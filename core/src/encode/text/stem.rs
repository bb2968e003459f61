//! What the lines of a family have in common, put together once for all of them: the name, which is six pieces, and bounds of
//! buckets, which are floats.

use crate::copy::copy;
use crate::desc::Desc;
use crate::number::{Number, NumberText};

/// The name of a family that is written as it is.
pub(super) struct Stem {
    bytes: [u8; 128],
    /// How long the name is that all samples begin with, and that with the suffix of its type.
    family: usize,
    name: usize,
}

impl Stem {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; 128], family: 0, name: 0 }
    }

    /// Keeps the name of a family that begins, unless it is longer than what can be kept.
    pub(super) fn keep(&mut self, desc: &Desc<'_>) {
        (self.family, self.name) = if desc.is_legacy() { self.fill(desc).unwrap_or((0, 0)) } else { (0, 0) };
    }

    fn fill(&mut self, desc: &Desc<'_>) -> Option<(usize, usize)> {
        let mut len = 0;
        for part in desc.name().parts().chain(["{"]) {
            copy(self.bytes.get_mut(len..)?.get_mut(..part.len())?, part.as_bytes());
            len += part.len();
        }
        Some((len - 1 - desc.own_suffix().len(), len - 1))
    }

    /// What all samples of the family begin with.
    pub(super) fn family(&self) -> Option<&[u8]> {
        self.bytes.get(..self.family).filter(|name| !name.is_empty())
    }

    /// The name with the suffix of its type, and the brace behind it if that is asked for.
    #[inline]
    pub(super) fn name(&self, brace: bool) -> Option<&[u8]> {
        self.bytes.get(..self.name + usize::from(brace)).filter(|_| self.name > 0)
    }

    /// Where the name begins, or the whole of it and what happens to be behind.
    #[inline]
    pub(super) fn start(&self) -> &[u8; 32] {
        self.bytes.first_chunk().unwrap_or(&[0; 32])
    }
}

/// The bounds of the histogram that was written last, with their text: those of the next are usually the same.
pub(super) struct BoundTexts {
    known: [(Number, Tail); 32],
}

/// The text of a bound with what is behind it on its line: `0.5"} `.
#[derive(Clone, Copy)]
pub(super) struct Tail {
    bytes: [u8; Self::CAPACITY],
    len: u8,
}

impl Tail {
    pub(super) const CAPACITY: usize = 40;

    /// The text, of a length that is always the same, and how much of it is meant.
    #[inline]
    pub(super) fn padded(&self) -> (&[u8; Self::CAPACITY], usize) {
        (&self.bytes, self.len.into())
    }

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
        Self { known: [(Number::NEVER, Tail { bytes: [0; Tail::CAPACITY], len: 0 }); 32] }
    }

    /// The text of the bound at `index`.
    #[inline(always)]
    pub(super) fn tail(&mut self, index: usize, bound: &Number) -> &Tail {
        let (known, tail) = &mut self.known[index % 32];
        if !known.is_same(bound) {
            (*known, *tail) = (*bound, Tail::of(bound));
        }
        tail
    }
}
