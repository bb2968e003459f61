//! A page that is being written, perhaps for the second time: the buffer, and where in the page it stands.
//!
//! A page is a sequence of *units*, lines, none of which is ever torn: a unit that does not fit is taken back, and the writer
//! stops. To go on, the collector runs again; units that were sent are counted but not formatted again.

#[cfg(not(target_pointer_width = "64"))]
use core::ops::Range;

use crate::copy::copy;
use crate::desc::Desc;
#[cfg(not(target_os = "none"))]
use crate::encode::note::PageNote;
use crate::encode::{Run, Stop};

/// A place of a family, counted from 1, and above it the part of the family that it is of: see [`Run::next_part`].
///
/// One number, so that places of different parts are compared like others. Without an operating system there is no registry that
/// has parts, and one word is left.
#[cfg(target_os = "none")]
type Place = u32;
#[cfg(not(target_os = "none"))]
pub(crate) type Place = u128;

/// What a place grows by from part to part: more places than a family can have.
const PART: Place = 1 << if Place::BITS == 32 { 24 } else { 40 };

/// By how many bits the number of a part is above the place, if it is within so many other parts. Those that are deeper share the last.
#[cfg(not(target_os = "none"))]
const fn level(depth: u32) -> u32 {
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
    in_header: bool,
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
    series: u64,
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

    /// The buffer, for callers that write many places of a family there, if all places from the next one on are still to be sent.
    #[cfg(target_pointer_width = "64")]
    pub(crate) fn taking(&mut self) -> Option<Taking<'_>> {
        let Self { buffer, len, whole, longest, here, sent, halt, drain, drained, .. } = self;
        let behind = here.family > sent.family || (here.family == sent.family && here.place >= sent.place);
        let may_drain = halt.is_none() && len == whole;
        let drain = drain.as_deref_mut().filter(|_| may_drain).map(|drain| -> &mut Drain<'_> { drain });
        let taken = Taken { len: *len, longest: *longest, places: 0 };
        (halt.is_none() && behind).then_some(Taking { buffer, taken, page: Rest { len, whole, longest, here, halt, drain, drained } })
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

/// A buffer into which whole places are written, and what follows from it.
#[cfg(target_pointer_width = "64")]
pub(crate) struct Taking<'a> {
    buffer: &'a mut [u8],
    taken: Taken,
    page: Rest<'a>,
}

/// How many bytes are in the buffer, the longest line, and how many places were written.
#[cfg(target_pointer_width = "64")]
struct Taken {
    len: usize,
    longest: usize,
    places: u32,
}

/// The page besides its buffer.
#[cfg(target_pointer_width = "64")]
struct Rest<'a> {
    len: &'a mut usize,
    whole: &'a mut usize,
    longest: &'a mut usize,
    here: &'a mut Position,
    halt: &'a mut Option<Halt>,
    drain: Option<&'a mut Drain<'a>>,
    drained: &'a mut u64,
}

#[cfg(target_pointer_width = "64")]
impl Taking<'_> {
    /// What is left of the buffer.
    #[inline(always)]
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.buffer.split_at_mut(self.taken.len.min(self.buffer.len())).1
    }

    /// So many bytes of the room hold the line of the next place.
    #[inline(always)]
    pub(crate) fn took(&mut self, bytes: usize) {
        self.taken.len += bytes;
        self.taken.longest = self.taken.longest.max(bytes);
        self.taken.places += 1;
    }

    /// The next place has no line.
    #[inline(always)]
    pub(crate) fn skip(&mut self) {
        self.taken.places += 1;
    }

    /// How many lines have room that are as long as the longest so far.
    pub(crate) fn lines_left(&self) -> usize {
        self.buffer.len().saturating_sub(self.taken.len) / self.taken.longest.max(1)
    }

    /// As [`Page::make_room`]; a drain that fails halts the page.
    #[cold]
    pub(crate) fn make_room(&mut self) -> bool {
        let Self { buffer, taken, page } = self;
        let (Some(drain), Some(bytes)) = (page.drain.as_mut(), buffer.get(..taken.len).filter(|bytes| !bytes.is_empty())) else {
            return false;
        };
        if drain(bytes).is_err() {
            // It is not asked again.
            *page.halt = Some(Halt::Full { unit: 0 });
            page.drain = None;
            return false;
        }
        *page.drained += taken.len as u64;
        taken.len = 0;
        true
    }
}

#[cfg(target_pointer_width = "64")]
impl Drop for Taking<'_> {
    fn drop(&mut self) {
        let Self { taken, page, .. } = self;
        (*page.len, *page.whole, *page.longest) = (taken.len, taken.len, taken.longest);
        page.here.place = page.here.place.saturating_add(Place::from(taken.places));
        page.here.unit = 0;
    }
}

/// What messages need besides, whose lengths stand in front of them.
#[cfg(feature = "protobuf")]
impl Page<'_> {
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn left(&self) -> usize {
        self.buffer.len().saturating_sub(self.len)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.drain.is_some()
    }

    /// The unit under way was not to be.
    pub(crate) fn take_back(&mut self) {
        self.missing = 0;
        self.len = self.whole;
    }

    /// Puts `bytes` where `len` others are, of which there are at least as many; what is behind moves up.
    pub(crate) fn replace(&mut self, start: usize, len: usize, bytes: &[u8]) {
        let spare = len.saturating_sub(bytes.len());
        let places = self.buffer.get_mut(start..self.len).unwrap_or(&mut []);
        places.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
        if spare > 0 && places.len() >= len {
            places.copy_within(len.., bytes.len());
            self.len -= spare;
            self.whole = self.len;
        }
    }
}

/// The position.
impl Page<'_> {
    /// Moves to the next family; whether something of it may still have to be sent. Another family than the one that was cut, or
    /// behind others, ends the page.
    pub(crate) fn begin_family(&mut self, desc: &Desc<'_>) -> bool {
        #[cfg(not(target_pointer_width = "64"))]
        {
            self.name = 0..0;
        }
        #[cfg(target_os = "none")]
        {
            self.here = Position { family: self.here.family.saturating_add(1), ..Position::START };
        }
        #[cfg(not(target_os = "none"))]
        {
            if self.has_fewer_series() {
                self.halt = Some(Halt::Vanished);
                return false;
            }
            self.here = self.here.next(identity(desc));
            self.note.series = 0;
        }
        #[cfg(not(target_os = "none"))]
        if self.sent.lost != Position::START.lost && self.sent.lost.contains(&self.here.own) {
            self.halt = Some(Halt::Vanished);
            return false;
        }
        #[cfg(not(target_os = "none"))]
        if self.here.family == self.sent.family && (self.here.own, self.here.before) != (self.sent.own, self.sent.before) {
            (self.halt, self.moved) = (Some(Halt::Vanished), true);
            return false;
        }
        #[cfg(not(target_os = "none"))]
        if !self.note.admits(desc) {
            return false;
        }
        let _ = desc;
        self.here.family >= self.sent.family
    }

    /// Moves to the next place; whether something of it is still to be sent.
    pub(crate) fn next_place(&mut self) -> bool {
        self.here.place = self.here.place.saturating_add(1);
        self.here.unit = 0;
        #[cfg(not(target_os = "none"))]
        {
            self.here.series = self.note.series;
            let known = self.sent.series != 0 && self.here.series != self.sent.series;
            if known && self.here.family == self.sent.family && self.here.place == self.sent.place {
                // Others than those that were sent: to go on would repeat some and lose others.
                self.halt = Some(Halt::Vanished);
                return false;
            }
        }
        self.here.family > self.sent.family || (self.here.family == self.sent.family && self.here.place >= self.sent.place)
    }

    /// Whether the place that was entered last is sent in part: then the numbers are in the latch.
    pub(crate) fn inside(&self) -> bool {
        self.here.family == self.sent.family && self.here.place == self.sent.place && self.sent.unit > 0
    }

    /// Whether the next line of the header is still to be sent; it ends with [`end_header_unit`](Self::end_header_unit).
    pub(crate) fn begin_header_unit(&mut self) -> bool {
        let wanted = self.here.family > self.sent.family || self.here.header >= self.sent.header;
        if !wanted {
            self.here.header += 1;
        }
        wanted
    }

    pub(crate) fn end_header_unit(&mut self) -> Result<(), Stop> {
        self.here.in_header = true;
        self.close()?;
        self.here.in_header = false;
        self.here.header = self.here.header.saturating_add(1);
        Ok(())
    }

    /// Whether the next unit of this place is still to be sent; it ends with [`end_unit`](Self::end_unit).
    pub(crate) fn begin_unit(&mut self) -> bool {
        let wanted = !self.inside() || self.here.unit >= self.sent.unit;
        if !wanted {
            self.here.unit += 1;
        }
        wanted
    }

    pub(crate) fn end_unit(&mut self) -> Result<(), Stop> {
        self.close()?;
        self.here.unit = self.here.unit.saturating_add(1);
        Ok(())
    }
}

impl Run for Page<'_> {
    fn skip(&mut self) {
        self.next_place();
        if self.inside() {
            self.halt = Some(Halt::Vanished);
        }
    }

    fn resume_at(&mut self) -> usize {
        // Places of parts before that of `sent` are behind the page too, but the collector asks for those of its own.
        let behind = if self.is_in_part_sent() { self.sent.place.saturating_sub(1) } else { 0 };
        let passed = behind.saturating_sub(self.here.place);
        self.here.place += passed;
        passed as usize
    }

    fn generation(&mut self, now: u32) -> u32 {
        self.here.came_at = if self.is_in_part_sent() { self.sent.came_at } else { now };
        self.here.came_at
    }

    #[cfg(target_os = "none")]
    fn next_part(&mut self) {
        self.here.place = (self.here.place / PART + 1).saturating_mul(PART);
        self.here.unit = 0;
    }

    #[cfg(not(target_os = "none"))]
    fn next_part(&mut self) {
        self.next_part_within(0);
    }

    #[cfg(not(target_os = "none"))]
    fn next_part_within(&mut self, depth: u32) {
        let bits = level(depth);
        self.here.place = ((self.here.place >> bits) + 1).checked_mul(1 << bits).unwrap_or(Place::MAX);
        self.here.unit = 0;
        self.note.series = 0;
    }

    /// A unit that was drained in part cannot be taken back: that page must not be taken for a whole one.
    fn rollback(&mut self) {
        if self.drained_of_unit > 0 {
            self.halt = Some(Halt::Vanished);
        }
        (self.len, self.missing) = (self.whole, 0);
    }

    fn fail(&mut self, _: &dyn core::fmt::Display) {}

    fn extension(&mut self) -> Option<&mut dyn core::any::Any> {
        #[cfg(not(target_os = "none"))]
        return Some(&mut self.note);
        #[cfg(target_os = "none")]
        None
    }
}

impl Page<'_> {
    /// Whether this part of this family is the one in which the page goes on.
    fn is_in_part_sent(&self) -> bool {
        self.here.family == self.sent.family && self.here.place / PART == self.sent.place / PART
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
