//! Whole metrics at once, for servers: what most pages are made of, a number or a histogram without moments or exemplars under
//! names and labels that need no escaping, in one go into the room that the buffer has. Anything else, and what does not fit,
//! goes the long way, line by line.

use super::one_line::line;
use super::pieces::Lines;
use super::stem::{BoundTexts, Head, Name, Stem, Tail};
use super::{Additions, Pass, TextEncoder};
use crate::desc::{Desc, Kind};
use crate::encode::{HistogramPoint, Point, PointValue, Stop};
use crate::label::LabelSet;
use crate::number::digits::{self, Digits};
use crate::number::{Dot, Number};

impl Lines<'_> {
    /// A number under a name. The labels are rendered or need no escaping.
    fn sample(&mut self, name: &Name<'_>, labels: &dyn LabelSet, value: &Number, dot: Dot) -> bool {
        match labels.rendered() {
            Some(text) if !text.is_empty() => {
                self.put(name.whole());
                self.put(text.as_bytes());
                self.put(b"} ");
            }
            _ => {
                self.put(name.bare());
                if !self.labels(labels) {
                    return false;
                }
            }
        }
        self.number(value, dot);
        true
    }

    /// The buckets, the sum and the count, whose labels are put together once.
    fn histogram(
        &mut self,
        stem: &mut Stem,
        bounds: &mut BoundTexts,
        labels: &dyn LabelSet,
        histogram: &HistogramPoint<'_>,
        totals: bool,
        dot: Dot,
    ) -> bool {
        match labels.rendered() {
            Some(text) => self.rendered_histogram(stem, bounds, text.as_bytes(), histogram, totals, dot),
            None => {
                let mut room = [0; 256];
                let mut lines = Lines::new(&mut room);
                if !lines.labels(labels) || !lines.fits {
                    return false;
                }
                // Without the braces.
                let len = lines.len;
                let text = room.get(1..len.saturating_sub(2)).unwrap_or(&[]);
                self.rendered_histogram(stem, bounds, text, histogram, totals, dot)
            }
        }
    }

    #[inline(never)]
    fn rendered_histogram(
        &mut self,
        stem: &mut Stem,
        bounds: &mut BoundTexts,
        labels: &[u8],
        histogram: &HistogramPoint<'_>,
        totals: bool,
        dot: Dot,
    ) -> bool {
        let (Some((head, names)), Some(sum)) = (stem.histogram(), histogram.sum) else { return false };
        let (Some(len), Some((tails, longest))) = (head.put(labels), bounds.tails(histogram)) else { return false };
        // What certainly fits needs no second try.
        if self.room.len() - self.len < tails.len() * (len + BUCKET) + Head::CAPACITY {
            self.fits = false;
            return true;
        }
        // Steps of copying for each length, chosen once for all lines.
        let cumulative = match (len, longest) {
            (0..=96, 0..=16) => self.buckets::<96, 16, { 96 + 16 + COUNT }>(head, len, tails, histogram),
            (97..=112, 0..=16) => self.buckets::<112, 16, { 112 + 16 + COUNT }>(head, len, tails, histogram),
            (113..=144, 0..=16) => self.buckets::<144, 16, { 144 + 16 + COUNT }>(head, len, tails, histogram),
            (0..=144, _) => self.buckets::<144, { Tail::CAPACITY }, { 144 + BUCKET }>(head, len, tails, histogram),
            _ => self.buckets::<{ Head::CAPACITY }, { Tail::CAPACITY }, { Head::CAPACITY + BUCKET }>(head, len, tails, histogram),
        };
        if totals {
            for (name, value) in names.iter().zip([sum, cumulative.into()]) {
                if labels.is_empty() {
                    self.sample(name, &(), &value, dot);
                } else {
                    self.line(name, labels, value, dot);
                }
            }
        }
        true
    }

    /// A number whose labels are text.
    #[inline(never)]
    fn line(&mut self, name: &Name<'_>, labels: &[u8], value: Number, dot: Dot) {
        match line(self.room.get_mut(self.len..).unwrap_or(&mut []), name, labels, value, dot) {
            Some(len) => {
                self.len += len;
                self.longest = self.longest.max(len);
                self.start = self.len;
            }
            None => self.fits = false,
        }
    }

    /// The lines of the buckets, which begin with `len` bytes of `head`; how many observations there are. A head is copied as if it had
    /// `H` bytes, a bound as if it had `T`, and all of a line fits `ALL`.
    #[inline(always)]
    fn buckets<const H: usize, const T: usize, const ALL: usize>(
        &mut self,
        head: &Head,
        len: usize,
        tails: &[Tail],
        histogram: &HistogramPoint<'_>,
    ) -> u64 {
        let (Some(head), len) = (head.bytes.first_chunk::<H>(), len.min(H)) else { return 0 };
        let (mut at, mut longest) = (self.len, self.longest);
        let (mut cumulative, mut digits) = (0_u64, Digits::of(0));
        for (tail, &count) in tails.iter().zip(histogram.counts.iter().chain([&histogram.beyond])) {
            // Many buckets are empty, and show what the one before does.
            if count > 0 {
                cumulative = cumulative.wrapping_add(count);
                digits = Digits::of(cumulative);
            }
            // As much as is copied, so it may not fit although the line would, which the long way then finds out.
            let Some(line) = self.room.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<ALL>) else {
                self.fits = false;
                break;
            };
            let bytes = bucket::<H, T, ALL>(line, head, len, tail, digits);
            at += bytes;
            longest = longest.max(bytes);
        }
        (self.len, self.start, self.longest) = (at, at, longest);
        cumulative
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

/// The line of a bucket, which fits, also as the compiler sees it, so that nothing is checked twice; how long it is.
#[inline(always)]
fn bucket<const H: usize, const T: usize, const ALL: usize>(
    line: &mut [u8; ALL],
    head: &[u8; H],
    len: usize,
    tail: &Tail,
    digits: Digits,
) -> usize {
    if let Some(room) = line.first_chunk_mut() {
        *room = *head;
    }
    let (text, tail_len) = tail.padded();
    if let (Some(room), Some(text)) = (line.get_mut(len..).and_then(<[u8]>::first_chunk_mut::<T>), text.first_chunk()) {
        *room = *text;
    }
    let at = len + tail_len.min(T);
    let count = line.get_mut(at..).and_then(<[u8]>::first_chunk_mut).map_or(0, |room| digits.put(room));
    let end = at + count.min(digits::ROOM);
    if let Some(room) = line.get_mut(end) {
        *room = b'\n';
    }
    end + 1
}

/// Room for a count and the end of its line.
const COUNT: usize = digits::ROOM + 1;
/// The same with the bound in front.
const BUCKET: usize = Tail::CAPACITY + COUNT;

impl TextEncoder<'_, '_> {
    /// Writes a metric, if it is of the simple sort, not begun yet, and fits; whether it did.
    #[inline]
    pub(super) fn whole(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<bool, Stop> {
        let moments = point.timestamp.is_some() || (self.style.open_metrics.is_some() && point.created.or(self.started).is_some());
        if moments || self.pass != Pass::Main || !self.style.names.keeps_legacy || self.page.inside() {
            return Ok(false);
        }
        let dot = if self.style.open_metrics.is_some() { Dot::Always } else { Dot::AsNeeded };
        if let PointValue::Number { value, exemplar: None } = &point.value
            && let Some(text) = labels.rendered().filter(|text| !text.is_empty())
            && let Some(name) = self.stem.name()
            && let Some(len) = line(self.page.room(), &name, text.as_bytes(), *value, dot)
        {
            self.page.took(len, len);
            return Ok(true);
        }
        self.whole_lines(desc, labels, point, dot)
    }

    #[inline(never)]
    fn whole_lines(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>, dot: Dot) -> Result<bool, Stop> {
        let Self { page, style, stem, .. } = self;
        loop {
            let mut lines = Lines::new(page.room());
            let done = match &point.value {
                PointValue::Number { value, exemplar: None } => match stem.name() {
                    Some(name) => lines.sample(&name, labels, value, dot),
                    None => false,
                },
                PointValue::Histogram(histogram) if desc.kind() == Kind::Histogram && histogram.exemplars.is_none() => {
                    let allows =
                        |additions: &Additions| histogram.sum.is_some_and(|sum| (additions.allows_sum)(Kind::Histogram, histogram, sum));
                    let totals = style.open_metrics.is_none_or(allows);
                    lines.histogram(stem, &mut self.bounds, labels, histogram, totals, dot)
                }
                _ => false,
            };
            let Lines { len, longest, fits, .. } = lines;
            if done && fits {
                page.took(len, longest);
                return Ok(true);
            }
            // It may fit the buffer when that is empty.
            if !done || !page.make_room()? {
                return Ok(false);
            }
        }
    }
}
