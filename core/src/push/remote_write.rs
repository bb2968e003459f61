//! Remote Write 1.0 and 2.0: protobuf in a snappy block (push protocols, sections 1, 2, 4 and 5).

#[doc(hidden)]
pub mod message;
mod snappy;
mod versions;

use super::sample::Sample;
use super::writer::{Counted, Format, Progress, filled};
use crate::collector::Collector;
use crate::desc::Desc;
use crate::encode::Stop;
use crate::encode::page::{Halt, Page};
use crate::exposition::FillError;
use crate::label::LabelSet;
use crate::time::Timestamp;
use message::nonzero;
use snappy::snappy;
use versions::{FIRST_SYMBOL, Protocol, Settings, V1, V2};

/// Which version of the protocol.
///
/// ```
/// use picometer::push::RemoteWriteVersion;
///
/// assert_eq!(RemoteWriteVersion::V1.header(), "0.1.0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RemoteWriteVersion {
    /// 1.0: values only, understood everywhere.
    V1,
    /// 2.0: with types, help, units and start times. Prometheus from 3.0.
    V2,
}

impl RemoteWriteVersion {
    /// The value of `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::V1 => "application/x-protobuf",
            Self::V2 => "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        }
    }

    /// The value of `X-Prometheus-Remote-Write-Version`.
    pub const fn header(self) -> &'static str {
        match self {
            Self::V1 => "0.1.0",
            Self::V2 => "2.0.0",
        }
    }
}

/// The body of a Remote Write request with everything that a collector has: `Content-Encoding: snappy`, in literals only, so that
/// it takes no memory.
///
/// Every series carries all its labels, sorted; the name is one of them. The labels of the [`target`](Self::labels), what a scrape
/// would have added, go to series that have no such label themselves. Names outside the legacy character set become `_` in 1.0 and
/// stay in 2.0. Exemplars are not sent.
///
/// [`content_length`](Self::content_length) sizes the request, then [`fill`](Self::fill) writes it, in any number of buffers. Values
/// may change meanwhile, since they have a fixed size. Where the set of series changes, `fill` says so before the request is whole.
///
/// ```
/// use picometer::push::{RemoteWrite, RemoteWriteVersion};
/// use picometer::{Counter, Desc, Label, Metric, Timestamp};
///
/// static UPS: Metric<Counter> = Metric::new(&Desc::counter("up_total", "Ups."));
/// UPS.inc_by(3);
/// let now = Timestamp::from_millis(1_700_000_000_000);
/// let mut request =
///     RemoteWrite::new(&UPS, RemoteWriteVersion::V1, now).labels(&[("job", "dev")]);
/// let mut body = [0; 64];
/// assert_eq!(request.content_length(), 56);
/// assert_eq!(request.fill(&mut body), Ok(56));
/// assert_eq!(body[..4], [54, 0xd4, 0x0a, 0x34]);
/// ```
#[derive(Clone, Copy)]
pub struct RemoteWrite<'a, const BUCKETS: usize = 24> {
    source: &'a dyn Collector,
    settings: Settings<'a>,
    protocol: &'static Protocol,
    section: Section,
    progress: Progress<BUCKETS>,
    plan: Option<Plan>,
    written: u64,
    changed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// The length, which snappy wants first, and the symbols that every request has.
    Start,
    Symbols,
    Series,
    Done,
}

/// What the sizing found.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Plan {
    payload: u64,
    series: Counted,
}

impl<'a> RemoteWrite<'a> {
    /// A request with everything that `source` has, measured `now` where it does not say when.
    #[inline]
    pub const fn new(source: &'a dyn Collector, version: RemoteWriteVersion, now: Timestamp) -> Self {
        Self::with_latch(source, version, now)
    }
}

impl<'a, const BUCKETS: usize> RemoteWrite<'a, BUCKETS> {
    /// [`new`](RemoteWrite::new) for histograms of up to `BUCKETS` bounds.
    #[inline]
    pub const fn with_latch(source: &'a dyn Collector, version: RemoteWriteVersion, now: Timestamp) -> Self {
        let settings = Settings { now: now.millis(), started: 0, target: &() };
        let protocol = match version {
            RemoteWriteVersion::V1 => &V1,
            RemoteWriteVersion::V2 => &V2,
        };
        Self { source, settings, protocol, section: Section::Start, progress: Progress::START, plan: None, written: 0, changed: false }
    }

    /// The same request with these labels on every series that has no labels of these names: `job`, `instance`.
    #[must_use]
    pub const fn labels(self, target: &'a dyn LabelSet) -> Self {
        Self { settings: Settings { target, ..self.settings }, ..self }
    }

    /// The same request with a start time for every counter, histogram and summary that does not know better; 2.0 only.
    #[must_use]
    pub const fn started(self, moment: Timestamp) -> Self {
        Self { settings: Settings { started: nonzero(moment.millis()), ..self.settings }, ..self }
    }

    /// Which version of the protocol it is.
    pub const fn version(&self) -> RemoteWriteVersion {
        self.protocol.version
    }

    /// Whether the request is whole.
    pub const fn is_done(&self) -> bool {
        matches!(self.section, Section::Done)
    }

    /// Goes back to the start, to be sized again; `now` is when the samples are measured.
    pub const fn restart(&mut self, now: Timestamp) {
        self.settings.now = now.millis();
        (self.section, self.plan, self.written, self.changed) = (Section::Start, None, 0, false);
    }

    /// How many bytes the request has, for `Content-Length`. Sizes it, unless that was done since the start.
    pub fn content_length(&mut self) -> u64 {
        let payload = self.plan().payload;
        payload + snappy(payload).len as u64
    }

    fn plan(&mut self) -> Plan {
        if let Some(plan) = self.plan {
            return plan;
        }
        let mut fresh = *self;
        let mut scratch = [0; 32];
        let mut drain = |_: &[u8]| Ok(());
        let mut page = Page::draining(&mut scratch, &mut drain);
        fresh.section = Section::Start;
        fresh.sections(&mut page);
        let plan = Plan { payload: page.total(), series: fresh.progress.counted };
        self.plan = Some(plan);
        plan
    }

    /// Writes as much as fits and returns how many bytes it is; 0 when the request is whole. The buffer must be as long as the
    /// longest series, about 60 bytes more than its labels.
    ///
    /// # Errors
    ///
    /// As for [`Exposition::fill`](crate::Exposition::fill), and [`FillError::SeriesChanged`]: what was sent is worth nothing, and
    /// the request is to [`restart`](Self::restart).
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FillError> {
        if self.is_done() {
            return Ok(0);
        }
        let plan = self.plan();
        let before = self.written;
        let mut page = Page::new(buffer, self.progress.sent);
        self.sections(&mut page);
        let full = matches!(page.halt(), Some(Halt::Full { .. }));
        let total = plan.payload + snappy(plan.payload).len as u64;
        self.written = before + page.len() as u64;
        // A request that is not what was promised must not be handed out whole.
        let same = if full { self.written < total } else { self.written == total } && !self.changed;
        if same || !matches!(page.halt(), None | Some(Halt::Full { .. })) { filled(&page) } else { Err(FillError::SeriesChanged) }
    }

    /// Writes what is left, with the length of the payload in front where that is known.
    fn sections(&mut self, page: &mut Page<'_>) {
        while self.section != Section::Done {
            let through = match self.section {
                Section::Start => self.start(page).is_ok(),
                Section::Symbols => self.protocol.symbols.is_none_or(|symbols| self.progress.walk(self.source, page, symbols)),
                Section::Series | Section::Done => {
                    self.progress.walk(self.source, page, &Series { settings: self.settings, protocol: self.protocol })
                }
            };
            if !through {
                return;
            }
            // Each walk must meet the labels that the sizing met: symbols and series refer to each other by number.
            self.changed |= self.section != Section::Start && self.plan.is_some_and(|plan| plan.series != self.progress.counted);
            self.section = match self.section {
                Section::Start if self.protocol.symbols.is_some() => Section::Symbols,
                Section::Start | Section::Symbols => Section::Series,
                Section::Series | Section::Done => Section::Done,
            };
            page.restart();
            if self.section == Section::Done {
                return;
            }
            self.progress.restart(FIRST_SYMBOL + 2 * count(self.settings.target));
        }
    }

    /// One unit.
    fn start(&self, page: &mut Page<'_>) -> Result<(), Stop> {
        if let Some(plan) = self.plan {
            page.put(snappy(plan.payload).bytes());
        }
        (self.protocol.first_symbols)(&self.settings, page);
        page.end_unit()
    }
}

shown_as!([const BUCKETS: usize] RemoteWrite<'_, BUCKETS>, self => "{:?}, {} bytes written, whole: {}", self.protocol.version, self.written, self.is_done());

fn count(labels: &dyn LabelSet) -> u32 {
    (0..).take_while(|&index| labels.label(index).is_some()).count() as u32
}

/// One time series a sample.
struct Series<'a> {
    settings: Settings<'a>,
    protocol: &'static Protocol,
}

impl Format for Series<'_> {
    fn header_count(&self, desc: &Desc<'_>) -> u32 {
        self.protocol.symbols.map_or(0, |symbols| symbols.header_count(desc))
    }

    fn count(&self, labels: u32, samples: u32) -> u32 {
        self.protocol.symbols.map_or(0, |symbols| symbols.count(labels, samples))
    }

    fn sample(&self, page: &mut Page<'_>, counted: &Counted, nth: u32, sample: &Sample<'_>) -> Result<(), Stop> {
        if !page.begin_unit() {
            return Ok(());
        }
        (self.protocol.series)(&self.settings, page, counted, nth, sample);
        page.end_unit()
    }
}

#[cfg(test)]
mod tests;
