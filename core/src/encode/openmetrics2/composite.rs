//! Values of several fields, and the exemplars that go with them.

use super::OpenMetrics2Encoder;
use crate::desc::{Desc, Kind};
#[cfg(feature = "protobuf")]
use crate::encode::protobuf::spans;
use crate::encode::{HistogramPoint, Point, PointValue, SummaryPoint};
#[cfg(feature = "protobuf")]
use crate::encode::{NativeBucket, NativeHistogramPoint};
use crate::number::{Number, NumberText};

impl OpenMetrics2Encoder<'_, '_> {
    /// `{count:17,sum:324789.3,bucket:[0.01:0,0.1:8,1.0:11,+Inf:17]}` and its like.
    pub(super) fn composite(&mut self, desc: &Desc<'_>, point: &Point<'_>) {
        let gauge = desc.kind() == Kind::GaugeHistogram;
        match &point.value {
            PointValue::Histogram(histogram) => {
                self.totals(gauge, histogram);
                self.classic(histogram);
            }
            #[cfg(feature = "protobuf")]
            PointValue::NativeHistogram(histogram) => {
                self.totals(gauge, &histogram.classic);
                self.native(histogram);
                // Without any bucket but the last it has no classic part.
                if !histogram.classic.counts.is_empty() {
                    self.classic(&histogram.classic);
                }
            }
            PointValue::Summary(summary) => self.summary(summary),
            PointValue::Number { .. } | PointValue::Info(_) | PointValue::StateSet(_) => {}
        }
        self.page.put(b"}");
    }

    /// Count and sum, which are always there; an unknown sum is NaN.
    fn totals(&mut self, gauge: bool, histogram: &HistogramPoint<'_>) {
        self.page.put(if gauge { b"{gcount:" } else { b"{count:" });
        self.number(&histogram.count().into());
        self.page.put(if gauge { b",gsum:" } else { b",sum:" });
        match &histogram.sum {
            Some(sum) => self.number(sum),
            // Not as a number, which would link the code that writes floats.
            None => self.page.put(b"NaN"),
        }
    }

    fn classic(&mut self, histogram: &HistogramPoint<'_>) {
        self.page.put(b",bucket:[");
        let mut cumulative = 0_u64;
        for (index, &own) in histogram.counts.iter().enumerate() {
            let Some(bound) = histogram.bounds.bound(index) else { break };
            cumulative = cumulative.wrapping_add(own.into());
            self.bound(&bound);
            self.page.put(b":");
            self.number(&cumulative.into());
            self.page.put(b",");
        }
        self.page.put(b"+Inf:");
        self.number(&histogram.count().into());
        self.page.put(b"]");
    }

    #[cfg(feature = "protobuf")]
    fn native(&mut self, histogram: &NativeHistogramPoint<'_>) {
        self.page.put(b",schema:");
        self.number(&i64::from(histogram.schema).into());
        self.page.put(b",zero_threshold:");
        self.number(&histogram.zero_threshold.into());
        self.page.put(b",zero_count:");
        self.number(&histogram.zero_count.into());
        self.side(b",negative_spans:[", b"],negative_buckets:[", histogram.negative);
        self.side(b",positive_spans:[", b"],positive_buckets:[", histogram.positive);
    }

    /// Spans and counts, which are absolute here.
    #[cfg(feature = "protobuf")]
    fn side(&mut self, before: &[u8], between: &[u8], buckets: &[NativeBucket]) {
        if buckets.is_empty() {
            return;
        }
        let mut separator = before;
        for (offset, length) in spans::spans(buckets) {
            self.page.put(separator);
            self.number(&offset.into());
            self.page.put(b":");
            self.number(&length.into());
            separator = b",";
        }
        separator = between;
        for count in spans::counts(buckets) {
            self.page.put(separator);
            self.number(&count.into());
            separator = b",";
        }
        self.page.put(b"]");
    }

    fn summary(&mut self, summary: &SummaryPoint<'_>) {
        self.page.put(b"{count:");
        self.number(&summary.count.into());
        self.page.put(b",sum:");
        self.number(&summary.sum);
        let mut separator: &[u8] = b",quantile:[";
        for quantile in summary.quantiles {
            self.page.put(separator);
            self.bound(&quantile.quantile);
            self.page.put(b":");
            self.number(&quantile.value);
            separator = b",";
        }
        self.page.put(if summary.quantiles.is_empty() { b",quantile:[]" } else { b"]" });
    }

    fn bound(&mut self, bound: &Number) {
        let mut text = NumberText::new();
        bound.write_bound(&mut text);
        self.page.put(text.as_bytes());
    }

    /// All exemplars of a point, in the order of their buckets.
    pub(super) fn exemplars(&mut self, desc: &Desc<'_>, point: &Point<'_>) {
        match &point.value {
            PointValue::Number { exemplar: Some(exemplar), .. } if desc.kind() == Kind::Counter => self.exemplar(exemplar),
            PointValue::Histogram(histogram) => self.in_buckets(histogram),
            // Those of classic buckets are the same ones.
            #[cfg(feature = "protobuf")]
            PointValue::NativeHistogram(histogram) if histogram.exemplars.is_empty() => self.in_buckets(&histogram.classic),
            #[cfg(feature = "protobuf")]
            PointValue::NativeHistogram(histogram) => histogram.exemplars.iter().for_each(|exemplar| self.exemplar(exemplar)),
            _ => {}
        }
    }

    fn in_buckets(&mut self, histogram: &HistogramPoint<'_>) {
        let Some(exemplars) = histogram.exemplars else { return };
        for (bucket, &own) in histogram.counts.iter().chain([&histogram.beyond]).enumerate() {
            // An exemplar of a bucket that was empty when the buckets were read is later than they are.
            if own > 0 {
                exemplars.show(bucket, &mut |exemplar| self.exemplar(exemplar));
            }
        }
    }
}
