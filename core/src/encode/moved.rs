//! Where a page goes on whose families came or went since it was cut.

use super::note::PageNote;
use super::one_run::OneRun;
use super::page::{Position, chain, identity};
use crate::desc::Desc;
use crate::encode::{Encoder, Point, Run, Stop};
use crate::label::LabelSet;

/// Passes over the families as they are now, and takes no metric.
///
/// What was sent is known as a sum over the families in front of the one that was cut. So one of them that is gone is known to be
/// gone, and not to stand behind the cut now, where it would be sent again. More at once is not: then the page ends.
pub(crate) struct Finder {
    sent: Position,
    here: Position,
    /// Where the family that was cut is now, if it is there once.
    found: Option<Position>,
    twice: bool,
    /// The family in front of it, if all in front are as they were.
    last: Option<Position>,
    /// Whether a family stands behind the one that was cut which seems to be missing in front of it.
    behind: bool,
    run: OneRun<PageNote>,
}

impl Finder {
    /// For a page that stands there, in a pass behind the first one or not.
    pub(crate) fn new(sent: Position, later: bool) -> Self {
        let last = (sent.family == 1).then_some(Position::START);
        let run = OneRun(PageNote::new(later));
        Self { sent, here: Position::START, found: None, twice: false, last, behind: false, run }
    }

    /// Where the page goes on, if that is certain.
    pub(crate) fn position(&self) -> Option<Position> {
        let Self { sent, found, last, .. } = self;
        if let Some(found) = found {
            let gone = (sent.sum.wrapping_sub(found.sum), sent.other.wrapping_sub(found.other));
            let one_less = found.family.checked_add(1) == Some(sent.family) && chain(gone.0, 1) == gone.1 && !self.behind;
            let certain = !self.twice && (one_less || (gone == (0, 0) && found.family == sent.family));
            let moved = certain.then(|| sent.moved_to(found))?;
            return if one_less { moved.without(gone.0) } else { Some(moved) };
        }
        // The family itself is gone. Lines of half a metric cannot be taken back.
        let last = last.filter(|_| sent.unit == 0)?;
        sent.behind(last).without(sent.own)
    }
}

impl Encoder for Finder {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        let own = identity(desc);
        self.here = self.here.next(own);
        if !self.run.0.admits(desc) {
            return Ok(false);
        }
        if own == self.sent.own {
            self.twice |= self.found.replace(self.here).is_some();
        } else if let Some(found) = &self.found {
            self.behind |= own == self.sent.sum.wrapping_sub(found.sum);
        }
        if self.here.family.checked_add(1) == Some(self.sent.family) && self.here.through() == self.sent.before {
            self.last = Some(self.here);
        }
        Ok(false)
    }

    fn metric(&mut self, _: &Desc<'_>, _: &dyn LabelSet, _: &Point<'_>) -> Result<(), Stop> {
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(&mut self.run)
    }
}
