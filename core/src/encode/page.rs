//! A page that is being written, perhaps for the second time: the buffer, and where in the page it stands.
//!
//! A page is a sequence of *units*, lines, none of which is ever torn: a unit that does not fit is taken back, and the writer
//! stops. To go on, the collector runs again; units that were sent are counted but not formatted again.

mod families;
#[cfg(feature = "protobuf")]
mod messages;
mod position;
#[cfg(target_pointer_width = "64")]
mod taking;

#[cfg(not(target_pointer_width = "64"))]
use core::ops::Range;

use crate::copy::copy;
use crate::encode::Stop;
#[cfg(not(target_os = "none"))]
use crate::encode::note::PageNote;
pub(crate) use position::Position;
#[cfg(not(target_os = "none"))]
pub(crate) use position::{chain, identity};
#[cfg(target_pointer_width = "64")]
pub(crate) use taking::Taking;

/// Takes the bytes of a full buffer, so that the page goes on in an empty one.
pub(crate) type Drain<'a> = dyn FnMut(&[u8]) -> Result<(), Stop> + 'a;

/// Why a page stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    /// The buffer is full; go on in the next one.
    Full {
        /// How many bytes the unit has that did not fit.
        unit: usize,
    },
    /// A histogram has more buckets than can be latched.
    TooManyBuckets,
    /// The rest of a metric cannot be sent, because its series was removed after the start of it was.
    Vanished,
}

pub(crate) struct Page<'a> {
    buffer: &'a mut [u8],
    /// Bytes in the buffer.
    len: usize,
    /// Bytes in it that belong to whole units.
    whole: usize,
    /// What is done with bytes that do not fit; a function, so that a program that never drains links no draining.
    overflow: fn(&mut Self, &[u8]),
    drain: Option<&'a mut Drain<'a>>,
    /// Bytes of the unit under way that did not fit: it is torn.
    missing: usize,
    here: Position,
    /// Everything before this is sent.
    sent: Position,
    /// Bytes drained in all, and of the unit under way; the longest unit so far.
    drained: u64,
    drained_of_unit: usize,
    longest: usize,
    halt: Option<Halt>,
    /// Where in the buffer the name of the family stands.
    #[cfg(not(target_pointer_width = "64"))]
    name: Range<usize>,
    /// What registries know of the page.
    #[cfg(not(target_os = "none"))]
    note: PageNote,
    #[cfg(not(target_os = "none"))]
    moved: bool,
}

impl<'a> Page<'a> {
    /// A page in one buffer.
    pub(crate) fn new(buffer: &'a mut [u8], sent: Position) -> Self {
        Self {
            buffer,
            len: 0,
            whole: 0,
            overflow: |page, bytes| page.missing += bytes.len(),
            drain: None,
            missing: 0,
            here: Position::START,
            sent,
            drained: 0,
            drained_of_unit: 0,
            longest: 0,
            halt: None,
            #[cfg(not(target_pointer_width = "64"))]
            name: 0..0,
            #[cfg(not(target_os = "none"))]
            note: PageNote::new(false),
            #[cfg(not(target_os = "none"))]
            moved: false,
        }
    }

    /// Says whether the collectors run for a pass behind the first one.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn set_later(&mut self, later: bool) {
        self.note = PageNote::new(later);
    }

    /// The collectors have given everything. A family that was cut, and did not come again, ends the page.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn end_metrics(&mut self) {
        if self.halt.is_none() && self.here.family < self.sent.family {
            (self.halt, self.moved) = (Some(Halt::Vanished), true);
        } else if self.halt.is_none() && self.has_fewer_series() {
            self.halt = Some(Halt::Vanished);
        }
    }

    /// Whether the family that was cut ended in front of where it was cut, although its series have no places that they keep.
    #[cfg(not(target_os = "none"))]
    fn has_fewer_series(&self) -> bool {
        self.here.family == self.sent.family && self.sent.series != 0 && self.here.place < self.sent.place
    }

    /// Whether the page ended because its families are not where they were.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn has_moved(&self) -> bool {
        self.moved
    }

    /// A page that goes through a buffer into a drain.
    pub(crate) fn draining(buffer: &'a mut [u8], drain: &'a mut Drain<'a>) -> Self {
        Self { overflow: Self::put_in_pieces, drain: Some(drain), ..Self::new(buffer, Position::START) }
    }

    /// The bytes in the buffer.
    #[cfg(test)]
    pub(crate) fn whole(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or(&[])
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The metrics begin again, for another pass.
    pub(crate) fn restart(&mut self) {
        self.here = Position::START;
        self.sent = Position::START;
        #[cfg(not(target_os = "none"))]
        {
            self.note = PageNote::new(false);
        }
    }

    /// Bytes written in all, drained ones included.
    pub(crate) fn total(&self) -> u64 {
        self.drained + self.len as u64
    }

    pub(crate) fn longest_unit(&self) -> usize {
        self.longest
    }

    pub(crate) fn halt(&self) -> Option<Halt> {
        self.halt
    }

    /// Stops the page for good.
    pub(crate) fn fail(&mut self, halt: Halt) -> Stop {
        self.halt = Some(halt);
        Stop
    }

    /// How many units of this place are written or sent.
    pub(crate) fn units(&self) -> u16 {
        self.here.unit
    }

    /// Where to go on. A page of which something vanished does not go on: another try ends in the same way.
    pub(crate) fn position(&self) -> Position {
        #[cfg(not(target_os = "none"))]
        if self.halt == Some(Halt::Vanished) {
            return self.sent;
        }
        #[cfg(not(target_os = "none"))]
        return Position { lost: self.sent.lost, ..self.here };
        #[cfg(target_os = "none")]
        self.here
    }

    /// Appends to the unit under way.
    ///
    /// Inlined where speed counts more than size: half a kilobyte of flash is a dozen metrics.
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let room = self.buffer.get_mut(self.len..).unwrap_or(&mut []);
        match room.get_mut(..bytes.len()) {
            Some(room) => {
                copy(room, bytes);
                self.len += bytes.len();
            }
            None => (self.overflow)(self, bytes),
        }
    }

    /// Keeps in mind that the name of the family stands between this byte of the page and here, if the buffer has all of it.
    #[cfg(not(target_pointer_width = "64"))]
    pub(crate) fn keep_name(&mut self, start: u64) {
        self.name = match start.checked_sub(self.drained) {
            Some(start) if self.missing == 0 => start as usize..self.len,
            _ => 0..0,
        };
    }

    /// A line does not fit behind those that the buffer has: halts the page, unless the buffer is drained.
    #[cfg(not(target_pointer_width = "64"))]
    pub(crate) fn is_full(&mut self) -> bool {
        let full = self.whole > 0 && self.drain.is_none();
        if full {
            // The size is not asked for: the line is the first one of the next buffer.
            self.halt = Some(Halt::Full { unit: 0 });
        }
        full
    }

    /// The name of the family, if the buffer has it already, and what is left of the buffer for a metric that is not begun yet; to
    /// be followed by [`took`](Self::took).
    #[cfg(not(target_pointer_width = "64"))]
    #[inline]
    pub(crate) fn name_and_room(&mut self) -> Option<(&[u8], &mut [u8])> {
        if self.name.is_empty() || self.inside() {
            return None;
        }
        let (before, room) = self.buffer.split_at_mut_checked(self.len)?;
        Some((before.get(self.name.clone())?, room))
    }

    /// What is left of the buffer, for callers that write whole metrics there and then say so with [`took`](Self::took).
    #[cfg(target_pointer_width = "64")]
    #[inline]
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.len..).unwrap_or(&mut [])
    }

    /// Hands what there is to the drain, between units, so that the whole buffer is room; whether there is more than before.
    /// A drain that fails is not asked again.
    #[cfg(target_pointer_width = "64")]
    #[cold]
    pub(crate) fn make_room(&mut self) -> Result<bool, Stop> {
        if self.drain.is_none() || self.len == 0 || self.len != self.whole {
            return Ok(false);
        }
        self.flush().map(|()| true).map_err(|Stop| self.fail(Halt::Full { unit: 0 }))
    }

    /// Bytes of the room hold a whole metric, whose longest line is this long.
    #[inline]
    pub(crate) fn took(&mut self, bytes: usize, longest: usize) {
        self.len += bytes;
        self.whole = self.len;
        self.longest = self.longest.max(longest);
    }

    /// What does not fit goes piece by piece through the drain.
    fn put_in_pieces(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.missing == 0 {
            let room = self.buffer.get_mut(self.len..).unwrap_or(&mut []);
            let count = room.len().min(bytes.len());
            copy(room, bytes.get(..count).unwrap_or(&[]));
            self.len += count;
            bytes = bytes.get(count..).unwrap_or(&[]);
            #[cfg(target_pointer_width = "64")]
            if !bytes.is_empty() && self.whole > 0 {
                if self.flush_whole().is_err() {
                    self.missing = bytes.len();
                }
                continue;
            }
            if !bytes.is_empty() && (self.len == 0 || self.flush().is_err()) {
                self.missing = bytes.len();
            }
        }
    }

    /// Hands whole units to the drain and keeps the one under way, which may still be [taken back](Run::rollback).
    #[cfg(target_pointer_width = "64")]
    fn flush_whole(&mut self) -> Result<(), Stop> {
        if let (Some(drain), Some(bytes)) = (self.drain.as_mut(), self.buffer.get(..self.whole)) {
            drain(bytes)?;
            self.drained += self.whole as u64;
            self.buffer.copy_within(self.whole..self.len, 0);
            self.len -= self.whole;
            self.whole = 0;
        }
        Ok(())
    }

    /// Hands the buffer to the drain.
    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        if let (Some(drain), Some(bytes)) = (self.drain.as_mut(), self.buffer.get(..self.len)) {
            drain(bytes)?;
            self.drained += self.len as u64;
            self.drained_of_unit += self.len - self.whole;
            self.len = 0;
            self.whole = 0;
            #[cfg(not(target_pointer_width = "64"))]
            {
                self.name = 0..0;
            }
        }
        Ok(())
    }

    /// The unit under way is complete, or is taken back.
    fn close(&mut self) -> Result<(), Stop> {
        let unit = self.drained_of_unit + self.len - self.whole + self.missing;
        if self.missing > 0 {
            self.missing = 0;
            self.len = self.whole;
            return Err(self.fail(Halt::Full { unit }));
        }
        self.longest = self.longest.max(unit);
        self.drained_of_unit = 0;
        self.whole = self.len;
        Ok(())
    }
}
