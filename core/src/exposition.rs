//! A page: all at once, or a buffer at a time.

mod error;
mod whole;

pub use error::{FillError, WriteError};

use crate::collector::Collector;
use crate::desc::Desc;
use crate::encode::latch::Latch;
#[cfg(not(target_os = "none"))]
use crate::encode::moved::Finder;
#[cfg(not(target_os = "none"))]
use crate::encode::note;
#[cfg(feature = "openmetrics-2")]
use crate::encode::openmetrics2::OpenMetrics2Encoder;
use crate::encode::page::{Halt, Page, Position};
#[cfg(feature = "protobuf")]
use crate::encode::protobuf::ProtobufEncoder;
use crate::encode::text::{Pass, Style, TextEncoder};
use crate::encode::{Encoder, Escaping, Format, Stop};
use crate::number::Number;
use crate::time::Timestamp;

/// A page of metrics, written as far as its buffers were: a position, not text.
///
/// [`fill`](Self::fill) writes the next part into any buffer that is at least as long as the longest line.
/// [`write_to`](Self::write_to) writes the whole page into a writer. Metrics may change while a page is being written: each line
/// shows a value of the moment when it is written. The lines of one histogram, summary or state set show one moment, also where a
/// buffer ended between them. For that the position keeps the numbers of the metric that was cut, up to `BUCKETS` of them; a
/// histogram with more bounds must fit the buffer whole.
///
/// In OpenMetrics 2.0 a histogram is one line, and a summary, so a buffer is at least as long as the longest of those.
///
/// In protobuf a metric is never cut, so a buffer is at least as long as the longest. A family is one message as long as it fits
/// the buffer; it goes on in the next in another message of its name, which servers append. A metric that does not even fit what
/// `write_to` writes through (128 bytes, 4 KiB on 64-bit targets) has no exemplars there.
///
/// ```
/// use picometer::{Counter, Desc, Exposition, Format, Metric, Registry};
///
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// static METRICS: Registry = Registry::new(&[&BOOTS]);
///
/// let mut page = Exposition::new(&METRICS, Format::OpenMetrics100);
/// let mut buffer = [0; 40];
/// let mut text = String::new();
/// while !page.is_done() {
///     let len = page.fill(&mut buffer).unwrap();
///     text.push_str(core::str::from_utf8(&buffer[..len]).unwrap());
/// }
/// assert_eq!(
///     text,
///     "# HELP boots Times the device started.\n# TYPE boots counter\n\
///      boots_total 0\n# EOF\n"
/// );
/// ```
#[derive(Clone, Copy)]
pub struct Exposition<'a, const BUCKETS: usize = 24> {
    source: &'a dyn Collector,
    format: Format,
    style: Style,
    pub(crate) started: Option<Number>,
    pass: Pass,
    more_passes: bool,
    state: State,
    sent: Position,
    latch: Latch<BUCKETS>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Metrics,
    End,
    Done,
}

/// How a page is to be written.
impl<'a> Exposition<'a> {
    /// A page of everything that `source` has, from the start; names outside the legacy character set are written with
    /// underscores.
    pub const fn new(source: &'a dyn Collector, format: Format) -> Self {
        Self::with_latch(source, format)
    }
}

impl<'a, const BUCKETS: usize> Exposition<'a, BUCKETS> {
    /// [`new`](Exposition::new) for histograms of up to `BUCKETS` bounds.
    pub const fn with_latch(source: &'a dyn Collector, format: Format) -> Self {
        Self {
            source,
            format,
            style: format.style(Escaping::Underscores),
            started: None,
            pass: Pass::Main,
            more_passes: false,
            state: State::Metrics,
            sent: Position::START,
            latch: Latch::new(),
        }
    }

    /// The same page with names outside the legacy character set written in another way.
    #[must_use]
    pub const fn escaping(self, escaping: Escaping) -> Self {
        Self { style: self.format.style(escaping), ..self }
    }

    /// The same page with `_created` samples, in OpenMetrics: when every counter, histogram and summary that does not know better
    /// started from zero, usually when the device did.
    #[must_use]
    pub const fn started(self, moment: Timestamp) -> Self {
        Self { started: Some(Number::moment(moment)), ..self }
    }

    /// Goes back to the start of the page.
    pub fn restart(&mut self) {
        (self.pass, self.more_passes, self.state, self.sent) = (Pass::Main, false, State::Metrics, Position::START);
    }

    /// The format.
    pub const fn format(&self) -> Format {
        self.format
    }
}

/// Writing.
impl<const BUCKETS: usize> Exposition<'_, BUCKETS> {
    /// Whether the page is whole.
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Writes as many lines as fit and returns how many bytes they are; 0 when the page is whole already.
    ///
    /// # Errors
    ///
    /// [`FillError`]. Too small a buffer loses nothing: the page goes on with a larger one. The other errors end the page; what was
    /// sent of it must not be taken for a whole one.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FillError> {
        self.fill_some(buffer, None)
    }

    /// [`fill`](Self::fill) with the families that `wanted` says. It must say the same for the whole page.
    ///
    /// # Errors
    ///
    /// As for [`fill`](Self::fill).
    pub fn fill_some(&mut self, buffer: &mut [u8], wanted: Option<&dyn Fn(&Desc<'_>) -> bool>) -> Result<usize, FillError> {
        let (halt, len, moved) = self.fill_once(buffer, wanted);
        #[cfg(not(target_os = "none"))]
        let (halt, len, _) = match if moved { self.find_again() } else { None } {
            Some(sent) => {
                self.sent = sent;
                self.fill_once(buffer, wanted)
            }
            None => (halt, len, moved),
        };
        #[cfg(target_os = "none")]
        let _ = moved;
        match halt {
            None => Ok(len),
            Some(Halt::Full { .. }) if len > 0 => Ok(len),
            Some(Halt::Full { unit }) => Err(FillError::BufferTooSmall { needed: unit }),
            Some(Halt::TooManyBuckets) => Err(FillError::TooManyBuckets),
            Some(Halt::Vanished) => Err(FillError::SeriesRemoved),
        }
    }

    /// What is written from where the page stands: why it stopped, how long it is, and whether the families have moved.
    fn fill_once(&mut self, buffer: &mut [u8], wanted: Option<&dyn Fn(&Desc<'_>) -> bool>) -> (Option<Halt>, usize, bool) {
        let mut page = Page::new(buffer, self.sent);
        let halt = self.run(&mut page, wanted);
        #[cfg(not(target_os = "none"))]
        let moved = page.has_moved();
        #[cfg(target_os = "none")]
        let moved = false;
        (halt, page.len(), moved)
    }

    /// Where the family is now that was cut, as far as that is certain.
    #[cfg(not(target_os = "none"))]
    fn find_again(&self) -> Option<Position> {
        let mut finder = Finder::new(self.sent, self.pass != Pass::Main);
        let _ = collect(self.source, &mut finder);
        finder.position()
    }

    /// After [`FillError::BufferTooSmall`]: leaves out what did not fit, the line of a header or a whole series, so that the page goes
    /// on behind it. False where a part of the series is sent, which is not to pass for the whole.
    pub(crate) fn leave_out(&mut self) -> bool {
        self.state == State::Metrics && self.sent.leave_out()
    }

    /// Collects until the page is whole or halts, and remembers where.
    fn run(&mut self, page: &mut Page<'_>, wanted: Option<&dyn Fn(&Desc<'_>) -> bool>) -> Option<Halt> {
        #[cfg(feature = "openmetrics-2")]
        if self.format == Format::OpenMetrics200 {
            return self.run_openmetrics2(page, wanted);
        }
        #[cfg(feature = "protobuf")]
        if self.format == Format::Protobuf {
            return self.run_protobuf(page, wanted);
        }
        while self.state != State::Done {
            #[cfg(not(target_os = "none"))]
            page.set_later(self.pass != Pass::Main);
            let mut encoder = TextEncoder::new(page, self.latch.as_ref(), self.style);
            encoder.pass = self.pass;
            encoder.started = self.started;
            encoder.filter = wanted;
            // A collector that stops although it was not told to is taken at its word: what it gave is the page.
            let _ = match self.state {
                State::Metrics => collect(self.source, &mut encoder),
                State::End | State::Done => encoder.end(),
            };
            self.more_passes |= encoder.more_passes;
            #[cfg(not(target_os = "none"))]
            page.end_metrics();
            if let Some(halt) = page.halt() {
                self.sent = page.position();
                return Some(halt);
            }
            (self.pass, self.state) = match (self.state, self.pass) {
                (State::Metrics, Pass::Main) if self.more_passes => (Pass::GaugeCounts, State::Metrics),
                (State::Metrics, Pass::GaugeCounts) => (Pass::GaugeSums, State::Metrics),
                (State::Metrics, _) => (Pass::Main, State::End),
                (State::End | State::Done, _) => (Pass::Main, State::Done),
            };
            self.sent = Position::START;
            page.restart();
        }
        None
    }

    #[cfg(feature = "openmetrics-2")]
    fn run_openmetrics2(&mut self, page: &mut Page<'_>, wanted: Option<&dyn Fn(&Desc<'_>) -> bool>) -> Option<Halt> {
        while self.state != State::Done {
            let mut encoder = OpenMetrics2Encoder::new(page, self.latch.as_ref(), self.style.names, self.started, wanted);
            let _ = if self.state == State::Metrics { collect(self.source, &mut encoder) } else { encoder.end() };
            #[cfg(not(target_os = "none"))]
            page.end_metrics();
            if let Some(halt) = page.halt() {
                self.sent = page.position();
                return Some(halt);
            }
            self.state = if self.state == State::Metrics { State::End } else { State::Done };
            self.sent = Position::START;
            page.restart();
        }
        None
    }

    #[cfg(feature = "protobuf")]
    fn run_protobuf(&mut self, page: &mut Page<'_>, wanted: Option<&dyn Fn(&Desc<'_>) -> bool>) -> Option<Halt> {
        if self.state != State::Done {
            let mut encoder = ProtobufEncoder::new(page, self.style.names, self.started, wanted);
            let _ = collect(self.source, &mut encoder);
            encoder.close();
            #[cfg(not(target_os = "none"))]
            page.end_metrics();
            if let Some(halt) = page.halt() {
                self.sent = page.position();
                return Some(halt);
            }
            self.state = State::Done;
        }
        None
    }
}

/// Collects a page, and then what its registries leave to be shown behind all of them.
pub(crate) fn collect(source: &dyn Collector, out: &mut dyn Encoder) -> Result<(), Stop> {
    #[cfg(not(target_os = "none"))]
    note::begin(out);
    let result = source.collect(out);
    #[cfg(not(target_os = "none"))]
    let result = note::end(out).and(result);
    result
}

shown_as!([const BUCKETS: usize] Exposition<'_, BUCKETS>, self => "page in {:?}, whole: {}", self.format, self.is_done());

#[cfg(test)]
mod tests;
