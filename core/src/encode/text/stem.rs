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
}

/// The bounds of the histogram that was written last, with their text: those of the next are usually the same.
pub(super) struct BoundTexts {
    known: [Option<(Number, NumberText)>; 16],
}

impl BoundTexts {
    pub(super) const fn new() -> Self {
        Self { known: [None; 16] }
    }

    /// The text of the bound at `index`.
    #[inline]
    pub(super) fn text(&mut self, index: usize, bound: &Number) -> &NumberText {
        let place = &mut self.known[index % 16];
        if !place.as_ref().is_some_and(|(known, _)| known.is_same(bound)) {
            let mut text = NumberText::new();
            bound.write_bound(&mut text);
            *place = Some((*bound, text));
        }
        &place.get_or_insert((*bound, NumberText::new())).1
    }
}
