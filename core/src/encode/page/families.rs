//! How a page passes over its families and places: what was sent is counted, and what is still to be sent is written.

use super::position::{PART, Position};
#[cfg(not(target_os = "none"))]
use super::position::{Place, identity, level};
use super::{Halt, Page};
use crate::desc::Desc;
use crate::encode::{Run, Stop};

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
