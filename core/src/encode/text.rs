//! The text formats: 0.0.4, 1.0.0 and OpenMetrics 1.0 (exposition formats, sections 4 to 6).
//!
//! One writer for the three: they differ in the header, in how a float shows that it is one, and in what OpenMetrics adds
//! (units, exemplars, `_created`, the final `# EOF`).

mod line;
mod lines;
#[cfg(not(target_pointer_width = "64"))]
mod no_rows;
#[cfg(target_pointer_width = "64")]
mod one_line;
#[cfg(target_pointer_width = "64")]
mod pieces;
#[cfg(not(target_pointer_width = "64"))]
mod quick;
#[cfg(target_pointer_width = "64")]
mod rows;
#[cfg(target_pointer_width = "64")]
mod stem;
#[cfg(target_pointer_width = "64")]
mod whole;

use crate::atomic::Uint;
use crate::desc::{Desc, Kind};
use crate::encode::escape::{self, Escaping, Names};
use crate::encode::latch::{Held, LatchRef};
use crate::encode::page::Page;
use crate::encode::{Encoder, HistogramPoint, Point, PointValue, Run, Stop};
use crate::label::LabelSet;
use crate::number::Number;
#[cfg(not(target_pointer_width = "64"))]
pub use no_rows::Rows;
#[cfg(target_pointer_width = "64")]
pub use rows::Rows;
#[cfg(target_pointer_width = "64")]
use stem::{BoundTexts, Stem};

/// Which of the text formats, and how names are escaped.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    /// What OpenMetrics adds; functions instead of a `match`, so that a program that never writes it does not link it.
    open_metrics: Option<&'static Additions>,
    pub(crate) names: &'static Names,
}

/// What only OpenMetrics has.
struct Additions {
    exemplar: fn(&mut TextEncoder<'_, '_>, &Point<'_>, usize),
    /// Whether a histogram of this type may show this sum.
    allows_sum: fn(Kind, &HistogramPoint<'_>, Number) -> bool,
    /// Whether a value may be that of a quantile, or the sum of a summary.
    allows_value: fn(Number) -> bool,
}

static ADDITIONS: Additions = Additions {
    exemplar: |encoder, point, bucket| encoder.exemplar_of(point, bucket),
    // A negative bound forbids the sum of a histogram, and so does a sum that is negative or NaN (O19); that of a gauge histogram
    // may be negative if there is a negative bound (O20).
    allows_sum: |kind, histogram, sum| {
        let negative_bound = histogram.bounds.bound(0).is_some_and(Number::is_negative);
        let negative =
            if kind == Kind::GaugeHistogram { !negative_bound && sum.is_negative() } else { negative_bound || sum.is_negative() };
        !(negative || sum.is_nan())
    },
    allows_value: |value| !value.is_negative(),
};

impl Style {
    #[inline]
    pub(crate) const fn new(open_metrics: bool, escaping: Escaping) -> Self {
        Self { open_metrics: if open_metrics { Some(&ADDITIONS) } else { None }, names: Names::of(escaping) }
    }
}

/// Which samples of a collector are written.
///
/// Text 0.0.4 knows no gauge histograms: count and sum of one become gauge families of their own. The lines of a family
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
    pub(crate) started: Option<Number>,
    /// Which families are wanted; all of them without.
    pub(crate) filter: Option<&'e dyn Fn(&Desc<'_>) -> bool>,
    /// Whether a family was met that takes more passes than the main one.
    pub(crate) more_passes: bool,
    wanted: bool,
    headless: bool,
    #[cfg(target_pointer_width = "64")]
    stem: Stem,
    #[cfg(target_pointer_width = "64")]
    bounds: BoundTexts,
}

/// What the lines of one metric have in common.
struct Metric<'a> {
    desc: &'a Desc<'a>,
    labels: &'a dyn LabelSet,
    point: &'a Point<'a>,
    /// What the lines show besides counts: of a state set the mask, of a summary the count, of a histogram what lies beyond.
    held: Held,
    /// Whether that, and the counts, are those that were kept when the metric was cut.
    cut: bool,
}

impl<'a> Metric<'a> {
    fn new(desc: &'a Desc<'a>, labels: &'a dyn LabelSet, point: &'a Point<'a>) -> Self {
        Self { desc, labels, point, held: Held::new(0, None), cut: false }
    }

    /// The counts of a histogram.
    fn counts(&self) -> &'a [Uint] {
        match &self.point.value {
            PointValue::Histogram(histogram) => histogram.counts,
            #[cfg(feature = "protobuf")]
            PointValue::NativeHistogram(histogram) => histogram.classic.counts,
            _ => &[],
        }
    }
}

impl<'e, 'p> TextEncoder<'e, 'p> {
    pub(crate) fn new(page: &'e mut Page<'p>, latch: LatchRef<'e>, style: Style) -> Self {
        Self {
            page,
            latch,
            style,
            pass: Pass::Main,
            started: None,
            filter: None,
            more_passes: false,
            wanted: false,
            headless: false,
            #[cfg(target_pointer_width = "64")]
            stem: Stem::new(),
            #[cfg(target_pointer_width = "64")]
            bounds: BoundTexts::new(),
        }
    }

    /// The last line of an OpenMetrics page.
    pub(crate) fn end(&mut self) -> Result<(), Stop> {
        if self.style.open_metrics.is_some() && self.page.begin_unit() {
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
        let split = desc.kind() == Kind::GaugeHistogram && self.style.open_metrics.is_none();
        self.more_passes |= split;
        let asked_for = |desc| self.filter.is_none_or(|wanted| wanted(desc));
        self.wanted = self.page.begin_family(desc) && (split || self.pass == Pass::Main) && asked_for(desc);
        // The header waits for the first metric, so that a family without any shows nothing.
        self.headless = true;
        Ok(self.wanted)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        // Also a place that turned out to be vacant may have stopped the page.
        if self.page.halt().is_some() {
            return Err(Stop);
        }
        if !self.wanted || !self.page.next_place() {
            return Ok(());
        }
        if core::mem::take(&mut self.headless) {
            #[cfg(target_pointer_width = "64")]
            self.stem.keep(desc);
            self.header(desc)?;
        }
        #[cfg(target_pointer_width = "64")]
        if self.whole(desc, labels, point)? {
            return Ok(());
        }
        #[cfg(not(target_pointer_width = "64"))]
        if self.quick(labels, point)? {
            return Ok(());
        }
        self.lines(&mut Metric::new(desc, labels, point))
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(&mut *self.page)
    }

    #[cfg(target_pointer_width = "64")]
    fn rows(&mut self, desc: &Desc<'_>) -> Option<Rows<'_>> {
        self.rows_of(desc.kind())
    }
}

impl TextEncoder<'_, '_> {
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn header(&mut self, desc: &Desc<'_>) -> Result<(), Stop> {
        let Style { open_metrics, names } = self.style;
        let open_metrics = open_metrics.is_some();
        let (in_text, in_open_metrics) = match desc.kind() {
            Kind::Counter => ("counter", "counter"),
            Kind::Gauge => ("gauge", "gauge"),
            Kind::Histogram => ("histogram", "histogram"),
            Kind::GaugeHistogram => ("histogram", "gaugehistogram"),
            Kind::Summary => ("summary", "summary"),
            Kind::Info => ("gauge", "info"),
            Kind::StateSet => ("gauge", "stateset"),
            Kind::Unknown => ("untyped", "unknown"),
        };
        let (suffix, kind) = match self.pass {
            // What a page calls a counter without `_total` is none in OpenMetrics (O7).
            Pass::Main if open_metrics && desc.kind() == Kind::Counter && !desc.has_suffix() => ("", "unknown"),
            Pass::Main if open_metrics => ("", in_open_metrics),
            Pass::Main if desc.kind() == Kind::Info => (Kind::Info.suffix(), in_text),
            Pass::Main => (desc.own_suffix(), in_text),
            Pass::GaugeCounts => ("_gcount", "gauge"),
            Pass::GaugeSums => ("_gsum", "gauge"),
        };
        let name = desc.sample(suffix);
        let mut line = |keyword: &str, text: &str, quote: bool| {
            if self.page.begin_header_unit() {
                self.page.put(b"# ");
                self.page.put(keyword.as_bytes());
                self.page.put(b" ");
                names.metric(self.page, name.parts(), desc.is_legacy());
                self.page.put(b" ");
                escape::text(self.page, text.as_bytes(), quote);
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
}
