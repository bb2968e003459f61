//! Where a page stands: a family, a place of it, and what tells families from each other.

#[cfg(not(target_os = "none"))]
use crate::desc::Desc;

/// A place of a family, counted from 1, and above it the part of the family that it is of: see [`Run::next_part`](crate::encode::Run::next_part).
///
/// One number, so that places of different parts are compared like others. Without an operating system there is no registry that
/// has parts, and one word is left.
#[cfg(target_os = "none")]
pub(crate) type Place = u32;
#[cfg(not(target_os = "none"))]
pub(crate) type Place = u128;

/// What a place grows by from part to part: more places than a family can have.
pub(super) const PART: Place = 1 << if Place::BITS == 32 { 24 } else { 40 };

/// By how many bits the number of a part is above the place, if it is within so many other parts. Those that are deeper share the last.
#[cfg(not(target_os = "none"))]
pub(super) const fn level(depth: u32) -> u32 {
    40 + 29 * 2_u32.saturating_sub(depth)
}

/// A place in a page, between two units.
///
/// The lines of the header are counted apart from the metrics: which metric comes first, and so brings the header, may have
/// changed by the time that the page goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// Which family, counted from 1.
    pub(crate) family: u32,
    /// How many lines of its header are sent.
    pub(crate) header: u8,
    /// The page stopped at the next of these.
    pub(super) in_header: bool,
    /// Which place of the family.
    pub(crate) place: Place,
    /// How many units of that place are sent.
    pub(crate) unit: u16,
    /// What the family's own clock said when the page came to it.
    pub(crate) came_at: u32,
    /// Which family it is, and which were begun before it: families that come and go move the others. Without an operating system
    /// they do not.
    #[cfg(not(target_os = "none"))]
    pub(crate) own: u64,
    #[cfg(not(target_os = "none"))]
    pub(crate) before: u64,
    /// The sum of the numbers of those before it.
    #[cfg(not(target_os = "none"))]
    pub(crate) sum: u64,
    /// The sum of another number of each of them: one number that is missing in both sums is that of one family.
    #[cfg(not(target_os = "none"))]
    pub(crate) other: u64,
    /// What the series up to this place are known by, if they are: their places may change.
    #[cfg(not(target_os = "none"))]
    pub(super) series: u64,
    /// Families of which something was sent, and that were gone when the page went on. They must not come again.
    #[cfg(not(target_os = "none"))]
    pub(crate) lost: [u64; LOST],
}

/// So many families may go while a page is cut.
#[cfg(not(target_os = "none"))]
const LOST: usize = 2;

impl Position {
    pub(crate) const START: Self = Self {
        family: 0,
        header: 0,
        in_header: false,
        place: 0,
        unit: 0,
        came_at: 0,
        #[cfg(not(target_os = "none"))]
        before: 0,
        #[cfg(not(target_os = "none"))]
        own: 0,
        #[cfg(not(target_os = "none"))]
        sum: 0,
        #[cfg(not(target_os = "none"))]
        other: 0,
        #[cfg(not(target_os = "none"))]
        series: 0,
        #[cfg(not(target_os = "none"))]
        lost: [0; LOST],
    };

    /// The start of the next family, which is the one of this number.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn next(self, own: u64) -> Self {
        Self {
            family: self.family.saturating_add(1),
            before: self.through(),
            own,
            sum: self.sum.wrapping_add(self.own),
            other: self.other.wrapping_add(chain(self.own, 1)),
            ..Self::START
        }
    }

    /// A number for the family and all before it.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn through(&self) -> u64 {
        chain(self.before, self.own)
    }

    /// The same place of the family where that stands now.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn moved_to(self, found: &Self) -> Self {
        let Self { family, before, own, sum, other, .. } = *found;
        Self { family, before, own, sum, other, ..self }
    }

    /// Behind everything that another family has.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn behind(self, other: Self) -> Self {
        Self { place: Place::MAX, header: u8::MAX, lost: self.lost, ..other }
    }

    /// The same place without this family; none if there were too many.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn without(mut self, family: u64) -> Option<Self> {
        *self.lost.iter_mut().find(|place| **place == 0)? = family;
        Some(self)
    }

    /// Counts the line of a header, or the place, that stands here as sent. False for a place of which lines are sent.
    pub(crate) fn leave_out(&mut self) -> bool {
        if self.in_header {
            self.header = self.header.saturating_add(1);
            self.in_header = false;
        } else if self.unit == 0 {
            self.place = self.place.saturating_add(1);
            #[cfg(not(target_os = "none"))]
            {
                self.series = 0;
            }
        } else {
            return false;
        }
        true
    }
}

/// A number for a family. That of two names of the same type that have at most eight bytes is certainly another one.
#[cfg(not(target_os = "none"))]
pub(crate) fn identity(desc: &Desc<'_>) -> u64 {
    // The type is a word of its own: within that of the name a type and a letter would make up for another type and another letter.
    let (mut hash, mut word, mut len) = (chain(0, desc.kind() as u64 + 1), 0, 0_u64);
    // Wherever one part of the name ends and the next begins: two families of one name may be put together differently.
    for &byte in desc.name().parts().flat_map(str::as_bytes) {
        word = word << 8 | u64::from(byte);
        len += 1;
        if len.is_multiple_of(8) {
            hash = chain(hash, core::mem::take(&mut word));
        }
    }
    chain(chain(hash, word), len)
}

/// A number for all that is in another one, and a word behind it.
///
/// Each step is a bijection of the word, so that only the words of different steps can make up for each other, and it spreads each bit
/// over the whole number before the next word comes.
#[cfg(not(target_os = "none"))]
pub(crate) fn chain(hash: u64, word: u64) -> u64 {
    let hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = (hash ^ hash >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ hash >> 32
}
