//! Numbers of one family in one go, for collectors that have very many: a line is a copy of its labels and the digits of its
//! number, without a call through the waist for each.

use super::one_line::{long_line, quick_line};
use super::stem::Name;
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
}

impl Rows<'_> {
    /// Writes the line of a place, if it fits the room that is left; whether it did. Otherwise the place is still to be given, to
    /// this again if [`make_room`](Self::make_room) made some, or to [`metric`](crate::Encoder::metric).
    #[inline(always)]
    pub fn number(&mut self, labels: &str, value: Number) -> bool {
        let Self { taking, name, dot } = self;
        if let Some(len) = quick_line(taking.room(), name, labels.as_bytes(), value, *dot) {
            taking.took(len);
            return true;
        }
        // Copies, so that what is counted for each line, and its number, are not put where they have addresses.
        let long = if labels.is_empty() { None } else { long_line(taking.room(), &{ *name }, labels.as_bytes(), &{ value }, *dot) };
        long.into_iter().for_each(|len| taking.took(len));
        long.is_some()
    }

    /// A place without a metric.
    #[inline]
    pub fn skip(&mut self) {
        self.taking.skip();
    }

    /// How many lines have room that are as long as the longest of the page so far.
    pub fn lines_left(&self) -> usize {
        self.taking.lines_left()
    }

    /// Hands on what is written, where a page is written by way of a buffer; whether there is more room than before. May take long.
    pub fn make_room(&mut self) -> bool {
        self.taking.make_room()
    }
}

shown_as!([] Rows<'_>, self => self.lines_left());

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
        Some(Rows { taking: self.page.taking()?, name, dot })
    }
}
