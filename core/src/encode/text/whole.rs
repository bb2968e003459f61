//! Whole metrics at once, for servers: what most pages are made of, a number or a histogram without moments or exemplars under
//! names and labels that need no escaping, in one go into the room that the buffer has. Anything else, and what does not fit,
//! goes the long way, line by line.

use super::stem::{BoundTexts, Stem};
use super::{Pass, TextEncoder};
use crate::copy::copy;
use crate::desc::{Desc, Kind};
use crate::encode::{HistogramPoint, Point, PointValue};
use crate::label::LabelSet;
use crate::number::{Dot, Number, NumberText, digits};

/// The lines of one metric, in the room that a page has. Stops where the room does.
struct Lines<'a> {
    room: &'a mut [u8],
    len: usize,
    /// Where the line under way began, and how long the longest before it is.
    start: usize,
    longest: usize,
    fits: bool,
}

impl Lines<'_> {
    #[inline(always)]
    fn put(&mut self, text: &[u8]) {
        match self.room.get_mut(self.len..).and_then(|room| room.get_mut(..text.len())) {
            Some(room) => {
                copy(room, text);
                self.len += text.len();
            }
            None => self.fits = false,
        }
    }

    #[inline(always)]
    fn integer(&mut self, value: u64) {
        digits::each(value, |eight, count| match self.room.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            Some(room) => {
                *room = eight;
                self.len += count;
            }
            None => self.fits = false,
        });
    }

    #[inline(always)]
    fn number(&mut self, value: &Number, dot: Dot) {
        match value.as_u64() {
            Some(value) => self.integer(value),
            None => {
                let mut text = NumberText::new();
                value.write(dot, &mut text);
                self.put(text.as_bytes());
            }
        }
    }

    #[inline(always)]
    fn end(&mut self) {
        self.put(b"\n");
        self.longest = self.longest.max(self.len - self.start);
        self.start = self.len;
    }

    /// A number under the name of the family.
    #[inline(always)]
    fn sample(&mut self, stem: &Stem, labels: &dyn LabelSet, value: &Number, dot: Dot) -> bool {
        let rendered = labels.rendered().filter(|text| !text.is_empty());
        let Some(name) = stem.name(rendered.is_some()) else { return false };
        self.put(name);
        match rendered {
            Some(text) => {
                self.put(text.as_bytes());
                self.put(b"} ");
            }
            None if self.labels(labels) => {}
            None => return false,
        }
        self.number(value, dot);
        self.end();
        true
    }

    /// The buckets, the sum and the count, whose labels are put together once.
    fn histogram(
        &mut self,
        stem: &Stem,
        bounds: &mut BoundTexts,
        labels: &dyn LabelSet,
        histogram: &HistogramPoint<'_>,
        totals: bool,
        dot: Dot,
    ) -> bool {
        let (Some(family), Some(sum)) = (stem.family(), &histogram.sum) else { return false };
        let mut own = [0; 256];
        let text = match labels.rendered() {
            Some(text) => text.as_bytes(),
            None => {
                let mut lines = Lines { room: &mut own, len: 0, start: 0, longest: 0, fits: true };
                if !lines.labels(labels) || !lines.fits {
                    return false;
                }
                // Without the braces.
                let len = lines.len;
                own.get(1..len.saturating_sub(2)).unwrap_or(&[])
            }
        };
        // What the lines of all buckets begin with.
        let mut room = [0; 320];
        let mut head = Lines { room: &mut room, len: 0, start: 0, longest: 0, fits: true };
        head.put(family);
        head.put(b"_bucket{");
        head.put(text);
        head.put(if text.is_empty() { b"le=\"" } else { b",le=\"" });
        let (true, len) = (head.fits, head.len) else { return false };
        let head = room.get(..len).unwrap_or(&[]);
        let mut cumulative = 0_u64;
        for index in 0..=histogram.counts.len() {
            cumulative = cumulative.wrapping_add(histogram.counts.get(index).copied().unwrap_or(histogram.beyond));
            self.put(head);
            match histogram.counts.get(index).and_then(|_| histogram.bounds.bound(index)) {
                Some(bound) => self.put(bounds.text(index, &bound).as_bytes()),
                None => self.put(b"+Inf"),
            }
            self.put(b"\"} ");
            self.integer(cumulative);
            self.end();
        }
        if totals {
            for (suffix, value) in [("_sum", sum), ("_count", &Number::from(cumulative))] {
                self.put(family);
                self.put(suffix.as_bytes());
                if !text.is_empty() {
                    self.put(b"{");
                    self.put(text);
                    self.put(b"}");
                }
                self.put(b" ");
                self.number(value, dot);
                self.end();
            }
        }
        true
    }

    /// Labels that need no escaping, each behind a separator; whether they are such.
    #[inline(always)]
    fn labels(&mut self, labels: &dyn LabelSet) -> bool {
        if !labels.is_plain() {
            return false;
        }
        let mut index = 0;
        while let Some(label) = labels.label(index) {
            self.put(if index == 0 { b"{" } else { b"," });
            self.put(label.name.as_bytes());
            self.put(b"=\"");
            self.put(label.value.as_bytes());
            self.put(b"\"");
            index += 1;
        }
        self.put(if index > 0 { b"} " } else { b" " });
        true
    }
}

impl TextEncoder<'_, '_> {
    /// Writes a metric, if it is of the simple sort, not begun yet, and fits; whether it did.
    pub(super) fn whole(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> bool {
        let Self { page, style, stem, .. } = self;
        let moments = point.timestamp.is_some() || (style.open_metrics.is_some() && point.created.or(self.started).is_some());
        if moments || self.pass != Pass::Main || !style.names.keeps_legacy || page.inside() {
            return false;
        }
        let dot = if style.open_metrics.is_some() { Dot::Always } else { Dot::AsNeeded };
        let mut lines = Lines { room: page.room(), len: 0, start: 0, longest: 0, fits: true };
        let done = match &point.value {
            PointValue::Number { value, exemplar: None } => lines.sample(stem, labels, value, dot),
            PointValue::Histogram(histogram) if desc.kind() == Kind::Histogram && histogram.exemplars.is_none() => {
                let totals = style.open_metrics.is_none_or(|additions| (additions.allows_sum)(histogram));
                lines.histogram(stem, &mut self.bounds, labels, histogram, totals, dot)
            }
            _ => false,
        };
        let Lines { len, longest, fits, .. } = lines;
        let done = done && fits;
        if done {
            page.took(len, longest);
        }
        done
    }
}
