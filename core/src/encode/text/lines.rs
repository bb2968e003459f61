//! Which samples a metric has in text, one after the other.

use super::line::{Extra, Sample};
use super::{Metric, Pass, TextEncoder};
use crate::atomic::Uint;
use crate::desc::Kind;
use crate::encode::{HistogramPoint, PointValue, States, Stop, SummaryPoint};
use crate::number::Number;

static ZERO: Number = Number::unsigned(0);
static ONE: Number = Number::unsigned(1);

impl TextEncoder<'_, '_> {
    /// Writes the lines of one metric that are not sent yet: first what only its kind of point has (the one number, buckets,
    /// quantiles, states), then sum and count, then the moment of creation.
    pub(super) fn lines(&mut self, metric: &mut Metric<'_>) -> Result<(), Stop> {
        let Metric { desc, point, .. } = *metric;
        match &point.value {
            PointValue::Number { value, .. } => {
                self.resume(metric)?;
                // Exemplars are for counters and buckets only (O24).
                let exemplar_of = (desc.kind() == Kind::Counter).then_some(0);
                self.line(metric, &Sample { exemplar_of, ..Sample::new(desc.own_suffix(), value) })?;
            }
            PointValue::Info(facts) => {
                self.resume(metric)?;
                self.line(metric, &Sample { extra: Extra::Labels(*facts), ..Sample::new(Kind::Info.suffix(), &ONE) })?;
            }
            PointValue::StateSet(states) => self.states(metric, *states)?,
            PointValue::Histogram(histogram) => self.histogram(metric, histogram)?,
            #[cfg(feature = "protobuf")]
            PointValue::NativeHistogram(histogram) => self.histogram(metric, &histogram.classic)?,
            PointValue::Summary(summary) => self.summary(metric, summary)?,
        }
        // Only in OpenMetrics, and only where the moment is known: it doubles the series of a server that does not use it (O15).
        let starts = self.style.open_metrics.is_some() && matches!(desc.kind(), Kind::Counter | Kind::Histogram | Kind::Summary);
        match point.created.or(self.started) {
            Some(created) if starts => self.number(metric, "_created", &created),
            _ => Ok(()),
        }
    }

    /// Goes on with the numbers that were kept, if the metric was cut.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn resume(&mut self, metric: &mut Metric<'_>) -> Result<(), Stop> {
        metric.cut = self.latch.resume(self.page, metric.labels, &mut metric.held)?;
        Ok(())
    }

    fn states(&mut self, metric: &mut Metric<'_>, states: &dyn States) -> Result<(), Stop> {
        metric.held.beyond = mask(states);
        self.resume(metric)?;
        let mut index = 0;
        while let Some((state, on)) = states.state(index) {
            // Beyond the width of the mask it is as it is now.
            let held = metric.held.beyond.checked_shr(index as u32);
            let value = if held.map_or(on, |mask| mask & 1 != 0) { &ONE } else { &ZERO };
            self.line(metric, &Sample { extra: Extra::State(state), ..Sample::new("", value) })?;
            index += 1;
        }
        Ok(())
    }

    fn histogram(&mut self, metric: &mut Metric<'_>, histogram: &HistogramPoint<'_>) -> Result<(), Stop> {
        (metric.held.beyond, metric.held.sum) = (histogram.beyond, histogram.sum);
        self.resume(metric)?;
        let (mut cumulative, mut index) = (0_u64, 0);
        while index <= histogram.counts.len() {
            let (own, bound) = match histogram.counts.get(index) {
                Some(&count) => (if metric.cut { self.latch.count(index) } else { count }, histogram.bounds.bound(index)),
                None => (metric.held.beyond, None),
            };
            cumulative = cumulative.wrapping_add(own.into());
            if self.pass == Pass::Main {
                // An exemplar of a bucket that was empty when the buckets were read is later than they are.
                let exemplar_of = (own > 0).then_some(index);
                let extra = Extra::Bound("le", bound.as_ref());
                self.line(metric, &Sample { extra, exemplar_of, ..Sample::new("_bucket", &cumulative.into()) })?;
            }
            index += 1;
        }
        let gauge = metric.desc.kind() == Kind::GaugeHistogram;
        let totals = match self.style.open_metrics {
            // Where OpenMetrics forbids the sum, it forbids the count too (O19).
            Some(additions) => metric.held.sum.is_some_and(|sum| (additions.allows_sum)(metric.desc.kind(), histogram, sum)),
            // In text, sum and count of a gauge histogram are families of their own.
            None => !gauge || self.pass != Pass::Main,
        };
        if totals {
            let (sum, count) = if gauge { ("_gsum", "_gcount") } else { ("_sum", "_count") };
            self.totals(metric, sum, count, cumulative)?;
        }
        Ok(())
    }

    fn summary(&mut self, metric: &mut Metric<'_>, summary: &SummaryPoint<'_>) -> Result<(), Stop> {
        (metric.held.beyond, metric.held.sum) = (summary.count as Uint, Some(summary.sum));
        self.resume(metric)?;
        for quantile in summary.quantiles {
            // Without that feature no cell has quantiles, and no flash is spent on them.
            if !cfg!(any(target_pointer_width = "64", feature = "protobuf")) || self.allows(&quantile.value) {
                let extra = Extra::Bound("quantile", Some(&quantile.quantile));
                self.line(metric, &Sample { extra, ..Sample::new("", &quantile.value) })?;
            } else if self.page.begin_unit() {
                // A line that is left out has its place, because its value may change before the page goes on.
                self.page.end_unit()?;
            }
        }
        // OpenMetrics forbids the sum, and not the count (O18).
        metric.held.sum = metric.held.sum.filter(|sum| self.allows(sum) && !(self.style.open_metrics.is_some() && sum.is_nan()));
        self.totals(metric, "_sum", "_count", metric.held.beyond.into())
    }

    /// Whether a quantile or the sum of a summary may have this value.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn allows(&self, value: &Number) -> bool {
        self.style.open_metrics.is_none_or(|additions| (additions.allows_value)(*value))
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn number(&mut self, metric: &Metric<'_>, suffix: &'static str, value: &Number) -> Result<(), Stop> {
        self.line(metric, &Sample::new(suffix, value))
    }

    /// Sum and count, as far as they belong into this pass.
    fn totals(&mut self, metric: &Metric<'_>, sum: &'static str, count: &'static str, total: u64) -> Result<(), Stop> {
        match &metric.held.sum {
            Some(value) if self.pass != Pass::GaugeCounts => self.number(metric, sum, value)?,
            _ => {}
        }
        if self.pass != Pass::GaugeSums { self.number(metric, count, &total.into()) } else { Ok(()) }
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
