//! Walks over metrics as samples, a unit of a page each, and goes on where the last buffer ended.

use super::sample::{Sample, samples};
use crate::atomic::Uint;
use crate::collector::Collector;
use crate::desc::Desc;
use crate::encode::latch::{Held, Latch, LatchRef};
use crate::encode::page::{Halt, Page, Position};
use crate::encode::{Encoder, HistogramPoint, Point, PointValue, Run, Stop, SummaryPoint};
use crate::exposition::{FillError, collect};
use crate::label::LabelSet;

/// Where a walk stands.
#[derive(Clone, Copy)]
pub(super) struct Progress<const BUCKETS: usize> {
    pub(super) sent: Position,
    /// What the format counts, at the place where the walk stands.
    pub(super) counted: Counted,
    latch: Latch<BUCKETS>,
}

/// What a format that numbers its parts counts while it walks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// At the start of the family, of the place, and behind all that was seen.
    pub(super) family: u32,
    pub(super) place: u32,
    pub(super) next: u32,
    /// All labels that were seen, as far as the places are done.
    pub(super) identity: u32,
}

impl<const BUCKETS: usize> Progress<BUCKETS> {
    pub(super) const START: Self =
        Self { sent: Position::START, counted: Counted { family: 0, place: 0, next: 0, identity: 0 }, latch: Latch::new() };

    /// Goes back to the start.
    pub(super) fn restart(&mut self, first: u32) {
        self.sent = Position::START;
        self.counted = Counted { family: first, place: first, next: first, identity: 0x811c_9dc5 };
    }

    /// Walks until the page is full or the source is through; whether it is through.
    pub(super) fn walk(&mut self, source: &dyn Collector, page: &mut Page<'_>, format: &dyn Format) -> bool {
        let Self { sent, counted, latch } = self;
        let mut walk =
            Walk { page, latch: latch.as_ref(), format, counted: *counted, resumed: Some(sent.family), wanted: false, headless: false };
        // A collector that stops although it was not told to is taken at its word.
        let _ = collect(source, &mut walk);
        *counted = walk.counted;
        let through = page.halt().is_none();
        if !through {
            *sent = page.position();
        }
        through
    }
}

/// What a format writes.
pub(super) trait Format {
    /// Before the first metric of a family, in units of the header.
    fn header(&self, _page: &mut Page<'_>, _desc: &Desc<'_>) -> Result<(), Stop> {
        Ok(())
    }

    /// How many things of a family's header are counted.
    fn header_count(&self, _desc: &Desc<'_>) -> u32 {
        0
    }

    /// The units of one sample; `nth` says which of the metric, and `page.begin_unit()` whether each is wanted.
    fn sample(&self, page: &mut Page<'_>, counted: &Counted, nth: u32, sample: &Sample<'_>) -> Result<(), Stop>;

    /// How many things of a metric with this many samples are counted.
    fn count(&self, _labels: u32, _samples: u32) -> u32 {
        0
    }
}

struct Walk<'e, 'p> {
    page: &'e mut Page<'p>,
    latch: LatchRef<'e>,
    format: &'e dyn Format,
    counted: Counted,
    /// The family in which the walk goes on, until it is reached: what was counted there is known.
    resumed: Option<u32>,
    wanted: bool,
    headless: bool,
}

impl Encoder for Walk<'_, '_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        if self.page.halt().is_some() {
            return Err(Stop);
        }
        self.wanted = self.page.begin_family(desc);
        if self.wanted && self.resumed != Some(self.page.position().family) {
            if self.resumed.take().is_some() {
                self.counted.next = self.counted.place;
            }
            self.counted.family = self.counted.next;
        }
        self.headless = true;
        Ok(self.wanted)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if self.page.halt().is_some() {
            return Err(Stop);
        }
        if !self.wanted || !self.page.next_place() {
            return Ok(());
        }
        let first = core::mem::take(&mut self.headless);
        if self.resumed.take().is_none() {
            let header = if first { self.counted.family.wrapping_add(self.format.header_count(desc)) } else { self.counted.next };
            self.counted.place = header;
        }
        if first {
            self.format.header(self.page, desc)?;
        }
        self.samples(desc, labels, point)
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(&mut *self.page)
    }
}

impl Walk<'_, '_> {
    fn samples(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let Self { page, latch, format, counted, .. } = self;
        let (counts, mut held): (&[Uint], _) = match &point.value {
            PointValue::Summary(summary) => (&[], Held::new(summary.count as Uint, Some(summary.sum))),
            value => value
                .classic()
                .map_or((&[], Held::new(0, None)), |histogram| (histogram.counts, Held::new(histogram.beyond, histogram.sum))),
        };
        let cut = latch.resume(page, labels, &mut held)?;
        let (mut nth, mut own) = (0, 0);
        let mut see = |sample: &Sample<'_>| {
            own = sample.shared_labels() as u32;
            nth += 1;
            format.sample(page, counted, nth - 1, sample)
        };
        // A metric that was cut goes on with the numbers that it began with.
        let value = match &point.value {
            PointValue::Summary(summary) if cut => {
                PointValue::Summary(SummaryPoint { count: held.beyond.into(), sum: held.sum.unwrap_or(summary.sum), ..*summary })
            }
            value => match value.classic() {
                Some(histogram) if cut => {
                    let counts = latch.counts(counts.len());
                    PointValue::Histogram(HistogramPoint { counts, beyond: held.beyond, sum: held.sum, ..*histogram })
                }
                _ => *value,
            },
        };
        let result = samples(desc, labels, &Point { value, ..*point }, &mut see);
        if result.is_err() {
            latch.hold(page, labels, counts, &held);
            return result;
        }
        counted.next = counted.place.wrapping_add(format.count(own, nth));
        counted.identity = (counted.identity ^ crate::encode::latch::identity(labels)).wrapping_mul(0x0100_0193);
        Ok(())
    }
}

/// What became of a buffer.
pub(super) fn filled(page: &Page<'_>) -> Result<usize, FillError> {
    match page.halt() {
        None => Ok(page.len()),
        Some(Halt::Full { .. }) if page.len() > 0 => Ok(page.len()),
        Some(Halt::Full { unit }) => Err(FillError::BufferTooSmall { needed: unit }),
        Some(Halt::TooManyBuckets) => Err(FillError::TooManyBuckets),
        Some(Halt::Vanished) => Err(FillError::SeriesRemoved),
    }
}
