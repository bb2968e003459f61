//! Numbers of one family in one go, for collectors that have very many: a line is a copy of its labels and the digits of its
//! number, without a call through the waist for each.

use super::stem::Name;
use super::whole::line;
use super::{Pass, TextEncoder};
use crate::desc::Kind;
use crate::encode::page::Taking;
use crate::number::{Dot, Number};

/// Takes the numbers of a family whose labels are [rendered](crate::LabelSet::rendered), one behind the other, as long as nothing
/// but their lines has to be written. Made by [`Encoder::rows`](crate::Encoder::rows).
///
/// ```
/// use picometer::{
///     Collector, Desc, Encoder, Exposition, Format, Label, LabelSet, Number, Point,
///     Stop,
/// };
///
/// struct Zones;
///
/// impl Collector for Zones {
///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
///         const DESC: Desc = Desc::gauge("zone_celsius", "Temperature of a zone.");
///         if !out.begin(&DESC)? {
///             return Ok(());
///         }
///         for (zone, text) in [("cpu", r#"zone="cpu""#), ("case", r#"zone="case""#)] {
///             // What the rows do not take goes the long way.
///             if !out
///                 .rows(&DESC)
///                 .is_some_and(|mut rows| rows.number(text, Number::from(21)))
///             {
///                 out.metric(&DESC, &[("zone", zone)], &Point::number(21))?;
///             }
///         }
///         Ok(())
///     }
/// }
///
/// let page = Exposition::new(&Zones, Format::Text004);
/// let mut text = Vec::new();
/// page.drain(&mut [0; 256], &mut |bytes| text.extend_from_slice(bytes));
/// assert!(
///     text.ends_with(
///         b"zone_celsius{zone=\"cpu\"} 21\nzone_celsius{zone=\"case\"} 21\n"
///     )
/// );
/// ```
pub struct Rows<'a> {
    taking: Taking<'a>,
    name: Name<'a>,
    dot: Dot,
    /// How many bytes of the room are written, how many places they are, and the longest line of them.
    len: usize,
    places: u32,
    longest: usize,
}

impl Rows<'_> {
    /// Writes the line of a place, if it fits the room that is left; whether it did. Otherwise the place is still to be given, to
    /// [`metric`](crate::Encoder::metric).
    #[inline(always)]
    pub fn number(&mut self, labels: &str, value: Number) -> bool {
        let Some(room) = self.taking.room.get_mut(self.len..).filter(|_| !labels.is_empty()) else { return false };
        match line(room, &self.name, labels.as_bytes(), value, self.dot) {
            Some(len) => {
                self.len += len;
                self.places += 1;
                self.longest = self.longest.max(len);
                true
            }
            None => false,
        }
    }

    /// A place without a metric.
    #[inline]
    pub fn skip(&mut self) {
        self.places += 1;
    }
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        self.taking.took(self.len, self.longest, self.places);
    }
}

shown_as!([] Rows<'_>, self => self.len);

impl TextEncoder<'_, '_> {
    /// Where the header is written and nothing else stands on the lines.
    pub(super) fn rows_of(&mut self, kind: Kind) -> Option<Rows<'_>> {
        let open_metrics = self.style.open_metrics.is_some();
        let more_lines = open_metrics && kind == Kind::Counter && self.started.is_some();
        let other_place = self.headless || !self.wanted || self.pass != Pass::Main;
        if more_lines || other_place || !self.style.names.keeps_legacy {
            return None;
        }
        let name = self.stem.name()?;
        let dot = if open_metrics { Dot::Always } else { Dot::AsNeeded };
        Some(Rows { taking: self.page.taking()?, name, dot, len: 0, places: 0, longest: 0 })
    }
}
