//! The text formats: 0.0.4, 1.0.0 and OpenMetrics 1.0 (exposition formats, sections 4 to 6).
//!
//! One writer for the three: they differ in the header, in how a float shows that it is one, and in what OpenMetrics adds
//! (units, exemplars, `_created`, the final `# EOF`).

mod line;

use crate::atomic::Uint;
use crate::desc::{Desc, Kind};
use crate::encode::escape::{self, Escaping};
use crate::encode::latch::LatchRef;
use crate::encode::page::Page;
use crate::encode::{Encoder, HistogramPoint, Point, PointValue, States, Stop, SummaryPoint};
use crate::label::LabelSet;
use crate::number::Number;
use crate::time::Timestamp;

use line::{Extra, Shown};

/// Which of the text formats, and how names are escaped.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) open_metrics: bool,
    pub(crate) escaping: Escaping,
}

/// Which samples of a collector are written.
///
/// Text 0.0.4 knows no gauge histograms: count and sum of one become gauge families of their own (T13). The lines of a family
/// stand together, so these are written in passes of their own over all metrics.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Pass {
    #[default]
    Main,
    GaugeCounts,
    GaugeSums,
}

/// Writes metrics as text.
pub(crate) struct TextEncoder<'e, 'p> {
    pub(crate) page: &'e mut Page<'p>,
    pub(crate) latch: LatchRef<'e>,
    pub(crate) style: Style,
    pub(crate) pass: Pass,
    /// When everything that does not know better started from zero; makes `_created` samples.
    pub(crate) started: Option<Timestamp>,
    /// Which families are wanted; all of them without.
    pub(crate) filter: Option<&'e dyn Fn(&Desc<'_>) -> bool>,
    /// Whether a family was met that takes more passes than the main one.
    pub(crate) more_passes: bool,
    wanted: bool,
    headless: bool,
}

/// What the lines of one metric have in common.
#[derive(Clone, Copy)]
struct Metric<'a> {
    desc: &'a Desc<'a>,
    labels: &'a dyn LabelSet,
    timestamp: Option<Timestamp>,
}

impl<'e, 'p> TextEncoder<'e, 'p> {
    pub(crate) fn new(page: &'e mut Page<'p>, latch: LatchRef<'e>, style: Style) -> Self {
        Self { page, latch, style, pass: Pass::Main, started: None, filter: None, more_passes: false, wanted: false, headless: false }
    }

    /// The last line of an OpenMetrics page.
    pub(crate) fn end(&mut self) -> Result<(), Stop> {
        if self.style.open_metrics && self.page.begin_unit() {
            self.page.put(b"# EOF\n");
            self.page.end_unit()?;
        }
        Ok(())
    }
}

impl Encoder for TextEncoder<'_, '_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        if self.page.halt().is_some() {
            return Err(Stop);
        }
        let split = desc.kind() == Kind::GaugeHistogram && !self.style.open_metrics;
        self.more_passes |= split;
        let asked_for = |desc| self.filter.is_none_or(|wanted| wanted(desc));
        self.wanted = self.page.begin_family() && (split || self.pass == Pass::Main) && asked_for(desc);
        // The header waits for the first metric, so that a family without any shows nothing.
        self.headless = true;
        Ok(self.wanted)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if !self.wanted || !self.page.next_place() {
            return Ok(());
        }
        if core::mem::take(&mut self.headless) {
            self.header(desc)?;
        }
        let metric = Metric { desc, labels, timestamp: point.timestamp };
        match point.value {
            PointValue::Number { value, exemplar } => {
                if self.begin_sample(metric, own_suffix(desc), Extra::None, value) {
                    if let (Some(exemplar), true) = (exemplar, self.style.open_metrics && desc.kind() == Kind::Counter) {
                        self.exemplar(exemplar);
                    }
                    self.end_sample()?;
                }
            }
            PointValue::Info(facts) => self.sample(metric, Kind::Info.suffix(), Extra::Labels(facts), 1_u32)?,
            PointValue::StateSet(states) => self.states(metric, states)?,
            PointValue::Histogram(histogram) => self.histogram(metric, &histogram)?,
            PointValue::Summary(summary) => self.summary(metric, &summary)?,
        }
        // Only in OpenMetrics, and only where the moment is known: it doubles the series of a server that does not use it (O15).
        match point.created.or(self.started) {
            Some(created) if self.style.open_metrics && matches!(desc.kind(), Kind::Counter | Kind::Histogram | Kind::Summary) => {
                self.sample(metric, "_created", Extra::None, created)
            }
            _ => Ok(()),
        }
    }

    fn vacant(&mut self) {
        self.page.vacant_place();
    }

    fn pass(&mut self) -> usize {
        self.page.pass()
    }
}

/// What follows the family's name in the sample of a counter: `_total`, unless it came from a page without it.
fn own_suffix(desc: &Desc<'_>) -> &'static str {
    if desc.has_suffix() { desc.kind().suffix() } else { "" }
}

impl TextEncoder<'_, '_> {
    fn header(&mut self, desc: &Desc<'_>) -> Result<(), Stop> {
        let Style { open_metrics, escaping } = self.style;
        let (suffix, kind) = match (desc.kind(), open_metrics) {
            (Kind::GaugeHistogram, false) => match self.pass {
                Pass::Main => ("", "histogram"),
                Pass::GaugeCounts => ("_gcount", "gauge"),
                Pass::GaugeSums => ("_gsum", "gauge"),
            },
            // What a page calls a counter without `_total` is none in OpenMetrics (O7).
            (Kind::Counter, true) => ("", if desc.has_suffix() { "counter" } else { "unknown" }),
            (Kind::Counter, false) => (own_suffix(desc), "counter"),
            (Kind::Gauge, _) | (Kind::StateSet, false) => ("", "gauge"),
            (Kind::Info, false) => (Kind::Info.suffix(), "gauge"),
            (Kind::Info, true) => ("", "info"),
            (Kind::StateSet, true) => ("", "stateset"),
            (Kind::Histogram, _) => ("", "histogram"),
            (Kind::GaugeHistogram, true) => ("", "gaugehistogram"),
            (Kind::Summary, _) => ("", "summary"),
            (Kind::Unknown, true) => ("", "unknown"),
            (Kind::Unknown, false) => ("", "untyped"),
        };
        let name = desc.sample(suffix);
        let mut line = |keyword: &str, text: &str, quote: bool| {
            if self.page.begin_header_unit() {
                self.page.put(b"# ");
                self.page.put(keyword.as_bytes());
                self.page.put(b" ");
                escape::metric_name(self.page, name, desc.is_legacy(), escaping);
                self.page.put(b" ");
                escape::text(self.page, text, quote);
                self.page.put(b"\n");
                self.page.end_header_unit()?;
            }
            Ok(())
        };
        if !desc.help().is_empty() {
            line("HELP", desc.help(), open_metrics)?;
        }
        line("TYPE", kind, false)?;
        if open_metrics && !desc.unit_name().is_empty() {
            line("UNIT", desc.unit_name(), true)?;
        }
        Ok(())
    }

    fn states(&mut self, metric: Metric<'_>, states: &dyn States) -> Result<(), Stop> {
        // What was true when the first line was sent stays true until the last.
        const WIDTH: usize = Uint::BITS as usize;
        let all = || (0..WIDTH).map_while(|index| states.state(index));
        let mask = match self.latch.resume(self.page, metric.labels)? {
            Some(held) => held.beyond,
            None => all().enumerate().fold(0, |mask, (index, (_, on))| mask | Uint::from(on) << index),
        };
        let result = all().enumerate().try_for_each(|(index, (name, _))| {
            let on = mask >> index & 1;
            self.sample(metric, "", Extra::State(name), on)
        });
        if result.is_err() {
            self.latch.hold(self.page, metric.labels, &[], mask, None);
        }
        result
    }

    fn histogram(&mut self, metric: Metric<'_>, point: &HistogramPoint<'_>) -> Result<(), Stop> {
        match self.pass {
            Pass::GaugeCounts => return self.sample(metric, "_gcount", Extra::None, point.count()),
            Pass::GaugeSums => return point.sum.map_or(Ok(()), |sum| self.sample(metric, "_gsum", Extra::None, sum)),
            Pass::Main => {}
        }
        let buckets = point.counts.len();
        let (mut cumulative, mut bucket) = (0_u64, 0);
        let (beyond, sum) = match self.latch.resume(self.page, metric.labels)? {
            Some(held) => (held.beyond, held.sum),
            None => (point.beyond, point.sum),
        };
        let mut lines = || {
            while bucket <= buckets {
                let own = if bucket == buckets {
                    beyond
                } else {
                    self.latch.count(self.page, bucket).or(point.counts.get(bucket).copied()).unwrap_or(0)
                };
                cumulative = cumulative.wrapping_add(u64::from(own));
                let bound = if bucket == buckets { None } else { point.bounds.bound(bucket) };
                if self.begin_sample(metric, "_bucket", Extra::Bound("le", bound), cumulative) {
                    // An exemplar of a bucket that was empty when the buckets were read is later than they are.
                    if let (Some(exemplars), true) = (point.exemplars, own > 0 && self.style.open_metrics) {
                        exemplars.show(bucket, &mut |exemplar| self.exemplar(exemplar));
                    }
                    self.end_sample()?;
                }
                bucket += 1;
            }
            self.sum_and_count(metric, point, sum, cumulative)
        };
        let result = lines();
        if result.is_err() {
            self.latch.hold(self.page, metric.labels, point.counts, point.beyond, point.sum);
        }
        result
    }

    fn sum_and_count(&mut self, metric: Metric<'_>, point: &HistogramPoint<'_>, sum: Option<Number>, count: u64) -> Result<(), Stop> {
        let open_metrics = self.style.open_metrics;
        if metric.desc.kind() == Kind::GaugeHistogram {
            return match sum {
                Some(sum) if open_metrics => {
                    self.sample(metric, "_gsum", Extra::None, sum)?;
                    self.sample(metric, "_gcount", Extra::None, count)
                }
                _ => Ok(()),
            };
        }
        // OpenMetrics forbids the sum where a bound is negative, and the count without the sum (O19).
        let sum = sum.filter(|_| !(open_metrics && point.bounds.bound(0).is_some_and(Number::is_negative)));
        match sum {
            Some(sum) => self.sample(metric, "_sum", Extra::None, sum)?,
            None if open_metrics => return Ok(()),
            None => {}
        }
        self.sample(metric, "_count", Extra::None, count)
    }

    fn summary(&mut self, metric: Metric<'_>, point: &SummaryPoint<'_>) -> Result<(), Stop> {
        let (count, sum) = match self.latch.resume(self.page, metric.labels)? {
            Some(held) => (u64::from(held.beyond), held.sum.unwrap_or(point.sum)),
            None => (point.count, point.sum),
        };
        let mut lines = || {
            for quantile in point.quantiles {
                let bound = Some(Number::from(quantile.quantile));
                self.sample(metric, "", Extra::Bound("quantile", bound), quantile.value)?;
            }
            self.sample(metric, "_sum", Extra::None, sum)?;
            self.sample(metric, "_count", Extra::None, count)
        };
        let result = lines();
        if result.is_err() {
            self.latch.hold(self.page, metric.labels, &[], count as Uint, Some(sum));
        }
        result
    }

    /// One line, if it is not sent yet.
    fn sample(&mut self, metric: Metric<'_>, suffix: &str, extra: Extra<'_>, value: impl Into<Shown>) -> Result<(), Stop> {
        if self.begin_sample(metric, suffix, extra, value) { self.end_sample() } else { Ok(()) }
    }
}
