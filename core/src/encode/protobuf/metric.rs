//! One metric: labels, value, exemplars.

use super::spans;
use crate::desc::{Desc, Kind, Name, Parts};
use crate::encode::escape::Names;
use crate::encode::page::Page;
use crate::encode::{Exemplar, HistogramPoint, NativeBucket, NativeHistogramPoint, Point, PointValue, SummaryPoint};
use crate::label::{Label, LabelSet};
use crate::number::Number;
use crate::protobuf::{Fields, Message, varint_len};
use crate::time::Timestamp;

/// The metrics that one point is: one, or one for each state of a state set.
pub(super) struct Metrics<'a> {
    pub(super) names: &'static Names,
    pub(super) desc: &'a Desc<'a>,
    pub(super) labels: &'a dyn LabelSet,
    pub(super) point: &'a Point<'a>,
    pub(super) created: Option<Number>,
    /// Whether exemplars are shown: they may change between counting and writing.
    pub(super) exemplars: bool,
}

impl Message for Metrics<'_> {
    fn fields(&self, out: &mut Fields<'_>) {
        let PointValue::StateSet(states) = &self.point.value else {
            return out.message(4, &|out: &mut Fields<'_>| self.metric(out));
        };
        let mut index = 0;
        while let Some((state, on)) = states.state(index) {
            out.message(4, &|out: &mut Fields<'_>| {
                self.labels(out, self.labels);
                out.message(1, &|out: &mut Fields<'_>| {
                    label_name(out, 1, self.names, self.desc.name().parts());
                    out.string(2, state);
                });
                out.message(2, &|out: &mut Fields<'_>| out.double(1, f64::from(u8::from(on))));
                self.timestamp(out);
            });
            index += 1;
        }
    }
}

impl Metrics<'_> {
    fn metric(&self, out: &mut Fields<'_>) {
        self.labels(out, self.labels);
        if let PointValue::Info(facts) = &self.point.value {
            self.labels(out, *facts);
        }
        let before_timestamp = !matches!(self.point.value, PointValue::Histogram(_) | PointValue::NativeHistogram(_));
        if before_timestamp {
            self.simple(out);
        }
        self.timestamp(out);
        match &self.point.value {
            PointValue::Histogram(histogram) => out.message(7, &|out: &mut Fields<'_>| {
                self.classic(out, histogram);
                self.created(out, 15);
            }),
            PointValue::NativeHistogram(histogram) => out.message(7, &|out: &mut Fields<'_>| {
                self.classic(out, &histogram.classic);
                native(out, histogram);
                self.created(out, 15);
                for exemplar in histogram.exemplars.iter().filter(|exemplar| exemplar.timestamp.is_some()) {
                    self.exemplar(out, 16, exemplar);
                }
            }),
            _ => {}
        }
    }

    /// The values that stand in front of the timestamp.
    fn simple(&self, out: &mut Fields<'_>) {
        match &self.point.value {
            PointValue::Number { value, exemplar } => {
                let (field, counter) = match self.desc.kind() {
                    Kind::Counter => (3, true),
                    Kind::Gauge | Kind::Info | Kind::StateSet => (2, false),
                    _ => (5, false),
                };
                out.message(field, &|out: &mut Fields<'_>| {
                    out.double(1, value.as_f64());
                    if let (true, true, Some(exemplar)) = (counter, self.exemplars, exemplar) {
                        self.exemplar(out, 2, exemplar);
                    }
                    if counter {
                        self.created(out, 3);
                    }
                });
            }
            PointValue::Summary(summary) => out.message(4, &|out: &mut Fields<'_>| self.summary(out, summary)),
            PointValue::Info(_) => out.message(2, &|out: &mut Fields<'_>| out.double(1, 1.0)),
            PointValue::Histogram(_) | PointValue::NativeHistogram(_) | PointValue::StateSet(_) => {}
        }
    }

    fn summary(&self, out: &mut Fields<'_>, summary: &SummaryPoint<'_>) {
        out.uint(1, summary.count);
        out.double(2, summary.sum.as_f64());
        for quantile in summary.quantiles {
            out.message(3, &|out: &mut Fields<'_>| {
                out.double(1, quantile.quantile.as_f64());
                out.double(2, quantile.value.as_f64());
            });
        }
        self.created(out, 4);
    }

    /// Count, sum and classic buckets. The server makes `+Inf` of the count, so that is there only for its exemplar.
    fn classic(&self, out: &mut Fields<'_>, histogram: &HistogramPoint<'_>) {
        out.uint(1, histogram.count());
        if let Some(sum) = &histogram.sum {
            out.double(2, sum.as_f64());
        }
        let mut cumulative = 0_u64;
        for (index, &own) in histogram.counts.iter().enumerate() {
            let Some(bound) = histogram.bounds.bound(index) else { break };
            cumulative = cumulative.wrapping_add(own.into());
            self.bucket(out, cumulative, bound.as_f64(), histogram, index, own > 0);
        }
        if histogram.exemplars.is_some() && histogram.beyond > 0 && self.exemplars {
            let mut there = false;
            if let Some(exemplars) = histogram.exemplars {
                exemplars.show(histogram.counts.len(), &mut |_| there = true);
            }
            if there {
                self.bucket(out, histogram.count(), f64::INFINITY, histogram, histogram.counts.len(), true);
            }
        }
    }

    fn bucket(&self, out: &mut Fields<'_>, cumulative: u64, bound: f64, histogram: &HistogramPoint<'_>, index: usize, counted: bool) {
        if histogram.exemplars.is_none() {
            // Most are this: its length is known.
            let len = 10 + varint_len(cumulative);
            return out.message_of(3, len, &|out: &mut Fields<'_>| {
                out.uint(1, cumulative);
                out.double(2, bound);
            });
        }
        out.message(3, &|out: &mut Fields<'_>| {
            out.uint(1, cumulative);
            out.double(2, bound);
            // An exemplar of a bucket that was empty when the buckets were read is later than they are.
            if let (Some(exemplars), true, true) = (histogram.exemplars, counted, self.exemplars) {
                exemplars.show(index, &mut |exemplar| self.exemplar(out, 3, exemplar));
            }
        });
    }

    fn exemplar(&self, out: &mut Fields<'_>, field: u32, exemplar: &Exemplar<'_>) {
        out.message(field, &|out: &mut Fields<'_>| {
            self.labels(out, exemplar.labels);
            out.double(2, exemplar.value.as_f64());
            if let Some(timestamp) = exemplar.timestamp() {
                moment(out, 3, timestamp);
            }
        });
    }

    fn created(&self, out: &mut Fields<'_>, field: u32) {
        if let Some(created) = self.created {
            moment(out, field, created.as_timestamp());
        }
    }

    fn timestamp(&self, out: &mut Fields<'_>) {
        if let Some(timestamp) = self.point.timestamp() {
            out.int(6, timestamp.millis());
        }
    }

    fn labels(&self, out: &mut Fields<'_>, labels: &dyn LabelSet) {
        let plain = labels.is_plain() && self.names.keeps_legacy;
        let mut index = 0;
        while let Some(Label { name: label, value }) = labels.label(index) {
            out.message(1, &|out: &mut Fields<'_>| {
                if plain {
                    out.string(1, label);
                } else {
                    // An empty name becomes `_`, as in text.
                    label_name(out, 1, self.names, Parts::of(if label.is_empty() { "_" } else { label }));
                }
                out.string(2, value);
            });
            index += 1;
        }
    }
}

/// The name of a family under the escaping scheme; `legacy` says whether it is in the legacy character set.
pub(super) fn family_name(out: &mut Fields<'_>, field: u32, names: &'static Names, name: Name<'_>, legacy: bool) {
    // There are no quotes here that a name could end.
    if names.quotes || (names.keeps_legacy && legacy) {
        return out.message(field, &|out: &mut Fields<'_>| name.parts().for_each(|part| out.raw(part.as_bytes())));
    }
    rewritten(out, field, &|page| names.metric(page, name.parts(), legacy));
}

fn label_name(out: &mut Fields<'_>, field: u32, names: &'static Names, name: Parts<'_>) {
    if names.quotes {
        return out.message(field, &|out: &mut Fields<'_>| name.clone().for_each(|part| out.raw(part.as_bytes())));
    }
    rewritten(out, field, &|page| names.label(page, name.clone()));
}

/// A string that is written by way of a page.
fn rewritten(out: &mut Fields<'_>, field: u32, write: &dyn Fn(&mut Page<'_>)) {
    out.message(field, &|out: &mut Fields<'_>| {
        let (mut scratch, mut drain) = ([0; 32], |bytes: &[u8]| {
            out.raw(bytes);
            Ok(())
        });
        let mut page = Page::draining(&mut scratch, &mut drain);
        write(&mut page);
        // The drain takes everything.
        let _ = page.flush();
    });
}

/// `google.protobuf.Timestamp`
fn moment(out: &mut Fields<'_>, field: u32, moment: Timestamp) {
    out.message(field, &|out: &mut Fields<'_>| {
        out.int(1, moment.seconds());
        if moment.nanos() > 0 {
            out.uint(2, moment.nanos().into());
        }
    });
}

/// The exponential buckets (native histograms, section 6).
fn native(out: &mut Fields<'_>, histogram: &NativeHistogramPoint<'_>) {
    out.sint(5, histogram.schema.into());
    out.double(6, histogram.zero_threshold);
    out.uint(7, histogram.zero_count);
    buckets(out, 9, histogram.negative);
    buckets(out, 12, histogram.positive);
    // Without this a server takes one that observed nothing for a classic histogram (E7).
    if histogram.zero_threshold == 0.0 && histogram.zero_count == 0 && histogram.negative.is_empty() && histogram.positive.is_empty() {
        span(out, 12, 0, 0);
    }
}

fn buckets(out: &mut Fields<'_>, field: u32, buckets: &[NativeBucket]) {
    for (offset, length) in spans::spans(buckets) {
        span(out, field, offset, length);
    }
    if !buckets.is_empty() {
        out.packed(field + 1, || spans::deltas(buckets).map(crate::protobuf::zigzag));
    }
}

fn span(out: &mut Fields<'_>, field: u32, offset: i64, length: u64) {
    out.message(field, &|out: &mut Fields<'_>| {
        out.sint(1, offset);
        out.uint(2, length);
    });
}
