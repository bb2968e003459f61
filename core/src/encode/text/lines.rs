//! Which samples a metric has in text, one after the other.

use super::{Additions, Pass};
use crate::atomic::Uint;
use crate::desc::{Desc, Kind};
use crate::encode::latch::Held;
use crate::encode::{HistogramPoint, Point, PointValue, States, SummaryPoint};
use crate::label::LabelSet;
use crate::number::{Number, NumberText};
use crate::time::Timestamp;

/// What a line shows besides name and labels of its metric.
pub(super) struct Sample<'a> {
    /// What follows the name of the family.
    pub(super) suffix: &'static str,
    pub(super) extra: Extra<'a>,
    pub(super) value: Shown,
    /// The bucket whose exemplar goes with it; 0 for a counter.
    pub(super) exemplar_of: Option<usize>,
}

/// A label that a sample has besides those of its metric.
pub(super) enum Extra<'a> {
    None,
    /// `le` or `quantile`; no bound is `+Inf`.
    Bound(&'static str, Option<Number>),
    /// A state of a state set, under the name of its family.
    State(&'a str),
    /// The facts of an info metric.
    Labels(&'a dyn LabelSet),
}

/// What stands behind the labels.
pub(super) enum Shown {
    Number(Number),
    Count(u64),
    /// Seconds since the epoch; with the function that writes them, which text 0.0.4 never needs.
    Moment(Timestamp, fn(Timestamp, &mut NumberText)),
}

/// The lines of one point, from the numbers of the point or, once it was cut, from those that were kept.
pub(super) struct Lines<'p> {
    point: &'p Point<'p>,
    open_metrics: Option<&'static Additions>,
    pass: Pass,
    created: Option<Timestamp>,
    /// What the lines show besides counts: of a state set the mask, of a summary the count, of a histogram what lies beyond.
    pub(super) held: Held,
    /// The line that [`next`](Self::next) moved to.
    pub(super) sample: Sample<'p>,
    next: usize,
    cumulative: u64,
}

impl<'p> Lines<'p> {
    pub(super) fn new(point: &'p Point<'p>, open_metrics: Option<&'static Additions>, pass: Pass, started: Option<Timestamp>) -> Self {
        let (beyond, sum) = match &point.value {
            PointValue::Histogram(histogram) => (histogram.beyond, histogram.sum),
            PointValue::Summary(summary) => (summary.count as Uint, Some(summary.sum)),
            PointValue::StateSet(states) => (mask(*states), None),
            PointValue::Number { .. } | PointValue::Info(_) => (0, None),
        };
        // Only in OpenMetrics, and only where the moment is known: it doubles the series of a server that does not use it (O15).
        let created = if open_metrics.is_some() { point.created.or(started) } else { None };
        let sample = Sample { suffix: "", extra: Extra::None, value: Shown::Count(1), exemplar_of: None };
        Self { point, open_metrics, pass, created, held: Held::new(beyond, sum), sample, next: 0, cumulative: 0 }
    }

    /// The counts of a histogram.
    pub(super) fn counts(&self) -> &'p [Uint] {
        match &self.point.value {
            PointValue::Histogram(histogram) => histogram.counts,
            _ => &[],
        }
    }

    /// Moves to the next line, if there is one; `kept` is the count of a bucket if the metric was cut.
    ///
    /// Changes the sample in place: samples that are returned are copied around, a kilobyte of code for all of them.
    pub(super) fn next(&mut self, desc: &Desc<'_>, kept: impl Fn(usize) -> Option<Uint>) -> bool {
        let index = self.next;
        self.next += 1;
        let sample = &mut self.sample;
        let found = match &self.point.value {
            PointValue::Number { value, .. } if index == 0 => {
                sample.suffix = desc.own_suffix();
                sample.value = Shown::Number(*value);
                // Exemplars are for counters and buckets only (O24).
                sample.exemplar_of = (desc.kind() == Kind::Counter).then_some(0);
                true
            }
            PointValue::Info(facts) if index == 0 => {
                sample.suffix = Kind::Info.suffix();
                sample.extra = Extra::Labels(*facts);
                true
            }
            PointValue::StateSet(states) => match states.state(index) {
                Some((state, _)) => {
                    sample.extra = Extra::State(state);
                    sample.value = Shown::Count(u64::from(self.held.beyond.checked_shr(index as u32).unwrap_or(0) & 1));
                    true
                }
                None => false,
            },
            PointValue::Histogram(histogram) => self.histogram(desc, histogram, index, kept),
            PointValue::Summary(summary) => self.summary(summary, index),
            PointValue::Number { .. } | PointValue::Info(_) => false,
        };
        found || self.created(desc)
    }

    fn summary(&mut self, summary: &SummaryPoint<'_>, index: usize) -> bool {
        let sample = &mut self.sample;
        if let Some(quantile) = summary.quantiles.get(index) {
            sample.extra = Extra::Bound("quantile", Some(quantile.quantile));
            sample.value = Shown::Number(quantile.value);
            return true;
        }
        sample.extra = Extra::None;
        let total = index - summary.quantiles.len();
        if let (0, Some(sum)) = (total, self.held.sum) {
            sample.suffix = "_sum";
            sample.value = Shown::Number(sum);
        } else {
            sample.suffix = "_count";
            sample.value = Shown::Count(self.held.beyond.into());
        }
        total < 2
    }

    /// Buckets, sum, count; of them those that belong into this pass.
    fn histogram(
        &mut self,
        desc: &Desc<'_>,
        histogram: &HistogramPoint<'_>,
        mut index: usize,
        kept: impl Fn(usize) -> Option<Uint>,
    ) -> bool {
        let gauge = desc.kind() == Kind::GaugeHistogram;
        let sample = &mut self.sample;
        // Where a bound is negative, OpenMetrics forbids the sum of a histogram, and the count with it; it also forbids a count
        // without a sum (O19). In text, sum and count of a gauge histogram are families of their own.
        let totals = match self.open_metrics {
            Some(additions) => self.held.sum.is_some() && (gauge || (additions.allows_sum)(histogram)),
            None => !gauge,
        };
        let wanted = match self.pass {
            Pass::Main => [true, totals, totals],
            Pass::GaugeSums => [false, true, false],
            Pass::GaugeCounts => [false, false, true],
        };
        let buckets = histogram.counts.len();
        loop {
            let line = (index + 1).saturating_sub(buckets + 1);
            match (line, self.held.sum) {
                (0, _) => {
                    let (own, bound) = if index < buckets {
                        (kept(index).or(histogram.counts.get(index).copied()).unwrap_or(0), histogram.bounds.bound(index))
                    } else {
                        (self.held.beyond, None)
                    };
                    self.cumulative = self.cumulative.wrapping_add(u64::from(own));
                    sample.suffix = "_bucket";
                    sample.extra = Extra::Bound("le", bound);
                    sample.value = Shown::Count(self.cumulative);
                    // An exemplar of a bucket that was empty when the buckets were read is later than they are.
                    sample.exemplar_of = (own > 0).then_some(index);
                }
                (1, sum) => {
                    sample.suffix = if gauge { "_gsum" } else { "_sum" };
                    sample.extra = Extra::None;
                    sample.exemplar_of = None;
                    if let Some(sum) = sum {
                        sample.value = Shown::Number(sum);
                    }
                }
                (2, _) => {
                    sample.suffix = if gauge { "_gcount" } else { "_count" };
                    sample.value = Shown::Count(self.cumulative);
                }
                _ => return false,
            }
            if wanted.get(line) == Some(&true) && (line != 1 || self.held.sum.is_some()) {
                return true;
            }
            index = self.next;
            self.next += 1;
        }
    }

    /// The last line, once.
    fn created(&mut self, desc: &Desc<'_>) -> bool {
        let (Some(created), Some(additions)) = (self.created.take(), self.open_metrics) else { return false };
        self.sample.suffix = "_created";
        self.sample.extra = Extra::None;
        self.sample.exemplar_of = None;
        self.sample.value = Shown::Moment(created, additions.seconds);
        matches!(desc.kind(), Kind::Counter | Kind::Histogram | Kind::Summary)
    }
}

/// The states that are true, as bits.
fn mask(states: &dyn States) -> Uint {
    let (mut mask, mut index) = (0, 0);
    while let Some((_, on)) = states.state(index) {
        mask |= Uint::from(on).checked_shl(index as u32).unwrap_or(0);
        index += 1;
    }
    mask
}
