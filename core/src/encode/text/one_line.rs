//! The line of one number, for servers: what the largest pages are made of.

use super::pieces::Lines;
use super::stem::Name;
use crate::copy::copy;
use crate::number::{Dot, Number, NumberText, digits};

/// The line of a number whose labels are text already: how long it is, if it fits.
#[inline]
pub(super) fn line(room: &mut [u8], name: &Name<'_>, labels: &[u8], value: Number, dot: Dot) -> Option<usize> {
    quick_line(room, name, labels, value, dot).or_else(|| long_line(room, name, labels, &{ value }, dot))
}

/// The same of those that the largest pages are made of, with short names and labels and room enough.
#[inline(always)]
pub(super) fn quick_line(room: &mut [u8], name: &Name<'_>, labels: &[u8], value: Number, dot: Dot) -> Option<usize> {
    let block = room.first_chunk_mut().filter(|_| name.whole().len() <= Name::SHORT && (1..=LABELS).contains(&labels.len()))?;
    Some(match value.as_u64() {
        Some(value) => short_line(block, name, labels, |room| room.first_chunk_mut().map_or(0, |room| digits::write(value, room))),
        // A copy, so that an integer is not put where it has an address.
        None => real_line(block, name, labels, &{ value }, dot),
    })
}

const LABELS: usize = 128;
const NUMBER: usize = NumberText::CAPACITY;
/// Room for any line with a short name and short labels, and for what is copied behind each of them without being meant.
type Block = [u8; Name::SHORT + LABELS + 2 + NUMBER + 1];

/// A line that certainly fits, whose number `write` writes; how long it is.
#[inline(always)]
fn short_line(block: &mut Block, name: &Name<'_>, labels: &[u8], write: impl FnOnce(&mut [u8; NUMBER]) -> usize) -> usize {
    if let Some(block) = block.first_chunk_mut() {
        *block = *name.start();
    }
    // Nothing here is cut off: the lengths are known not to be larger, also to the compiler, which leaves out its own checks.
    let (at, len) = (name.whole().len().min(Name::SHORT), labels.len().min(LABELS));
    if let Some(place) = block.get_mut(at..at + len) {
        copy(place, labels);
    }
    let at = at + len;
    if let Some(place) = block.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = *b"} ";
    }
    let mut len = 0;
    if let Some(place) = block.get_mut(at + 2..).and_then(<[u8]>::first_chunk_mut) {
        len = write(place).min(NUMBER);
    }
    if let Some(place) = block.get_mut(at + 2 + len) {
        *place = b'\n';
    }
    at + 2 + len + 1
}

/// The same for what is no integer.
#[inline(never)]
fn real_line(block: &mut Block, name: &Name<'_>, labels: &[u8], value: &Number, dot: Dot) -> usize {
    short_line(block, name, labels, |room| {
        let mut len = 0;
        value.show(dot, |text| {
            if let Some(room) = room.get_mut(..text.len()) {
                copy(room, text);
                len = text.len();
            }
        });
        len
    })
}

/// Any line.
#[inline(never)]
pub(super) fn long_line(room: &mut [u8], name: &Name<'_>, labels: &[u8], value: &Number, dot: Dot) -> Option<usize> {
    let mut lines = Lines::new(room);
    lines.put(name.whole());
    lines.put(labels);
    lines.put(b"} ");
    lines.number(value, dot);
    lines.len()
}
