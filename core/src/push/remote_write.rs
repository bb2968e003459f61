//! Remote Write 1.0 and 2.0: protobuf in a snappy block (push protocols, sections 1, 2, 4 and 5).

use super::order::Ordered;
use super::sample::Sample;
use super::writer::{Counted, Format, Progress, filled};
use crate::collector::Collector;
use crate::desc::{Desc, Kind};
use crate::encode::Stop;
use crate::encode::page::{Halt, Page};
use crate::exposition::FillError;
use crate::label::LabelSet;
use crate::time::Timestamp;

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
/// let mut request = RemoteWrite::new(&UPS, RemoteWriteVersion::V1, now).labels(&[("job", "dev")]);
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

#[derive(Clone, Copy)]
struct Settings<'a> {
    now: i64,
    started: i64,
    target: &'a dyn LabelSet,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// The length, which snappy wants first, and the symbols that every request has.
    Start,
    Symbols,
    Series,
    Done,
}

/// What the versions differ in. Functions instead of a `match`, so that a program links the versions that it names.
struct Protocol {
    version: RemoteWriteVersion,
    /// Symbols come before the series, those that every request has before all others.
    symbols: Option<&'static (dyn Format + Sync)>,
    first_symbols: fn(&Settings<'_>, &mut Page<'_>),
    series: fn(&Settings<'_>, &mut Page<'_>, &Counted, u32, &Sample<'_>),
}

static V1: Protocol = Protocol { version: RemoteWriteVersion::V1, symbols: None, first_symbols: |_, _| {}, series: series_v1 };
static V2: Protocol = Protocol { version: RemoteWriteVersion::V2, symbols: Some(&Symbols), first_symbols, series: series_v2 };

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
    pub const fn labels(self, target: &'a dyn LabelSet) -> Self {
        Self { settings: Settings { target, ..self.settings }, ..self }
    }

    /// The same request with a start time for every counter, histogram and summary that does not know better; 2.0 only.
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
        payload + snappy(payload).1 as u64
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
        let total = plan.payload + snappy(plan.payload).1 as u64;
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
            let (bytes, len) = snappy(plan.payload);
            page.put(bytes.get(..len).unwrap_or(&[]));
        }
        (self.protocol.first_symbols)(&self.settings, page);
        page.end_unit()
    }
}

shown_as!([const BUCKETS: usize] RemoteWrite<'_, BUCKETS>, self => (self.protocol.version, self.written, self.is_done()));

/// The preamble of a snappy block of one literal, and how long it is (S1, S2, S4).
fn snappy(payload: u64) -> ([u8; 16], usize) {
    let (mut bytes, mut len) = ([0; 16], 0);
    let mut push = |byte: u8| {
        if let Some(place) = bytes.get_mut(len) {
            *place = byte;
            len += 1;
        }
    };
    varint(payload, &mut push);
    if let Some(last) = payload.checked_sub(1) {
        let wide = match last {
            0..60 => 0,
            60..0x100 => 1,
            0x100..0x1_0000 => 2,
            0x1_0000..0x100_0000 => 3,
            _ => 4,
        };
        push(if wide == 0 { (last as u8) << 2 } else { (59 + wide) << 2 });
        last.to_le_bytes().into_iter().take(wide.into()).for_each(push);
    }
    (bytes, len)
}

/// W1.
fn varint(mut value: u64, push: &mut dyn FnMut(u8)) {
    while value >= 0x80 {
        push(value as u8 | 0x80);
        value >>= 7;
    }
    push(value as u8);
}

fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn put_varint(page: &mut Page<'_>, value: u64) {
    varint(value, &mut |byte| page.put(&[byte]));
}

/// The size of a field with a length in front.
fn field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

fn put_text(page: &mut Page<'_>, tag: u8, text: &str) {
    page.put(&[tag]);
    put_varint(page, text.len() as u64);
    page.put(text.as_bytes());
}

/// A start time of zero means that it is not known, so the epoch itself moves by a millisecond (Q5).
const fn nonzero(millis: i64) -> i64 {
    if millis == 0 { 1 } else { millis }
}

/// The bits of a sample; NaN is the one that is not a stale marker (R9).
fn bits(value: f64) -> u64 {
    if value.is_nan() { 0x7ff8_0000_0000_0001 } else { value.to_bits() }
}

fn count(labels: &dyn LabelSet) -> u32 {
    (0..).take_while(|&index| labels.label(index).is_some()).count() as u32
}

fn put_sample(page: &mut Page<'_>, value: u64, millis: i64, started: i64) {
    page.put(&[0x12]);
    put_varint(page, sample_len(millis, started) as u64);
    page.put(&[0x09]);
    page.put(&value.to_le_bytes());
    page.put(&[0x10]);
    put_varint(page, millis as u64);
    if started != 0 {
        page.put(&[0x18]);
        put_varint(page, started as u64);
    }
}

fn sample_len(millis: i64, started: i64) -> usize {
    let moment = |millis: i64| 1 + varint_len(millis as u64);
    9 + moment(millis) + if started == 0 { 0 } else { moment(started) }
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

fn series_v1(settings: &Settings<'_>, page: &mut Page<'_>, _: &Counted, _: u32, sample: &Sample<'_>) {
    let labels = Ordered { sample, target: settings.target, named: true, utf8: false };
    let millis = sample.timestamp().map_or(settings.now, Timestamp::millis);
    let mut len = field_len(sample_len(millis, 0));
    labels.each(&mut |_, name, value| len += field_len(field_len(name.len()) + field_len(value.len())));
    page.put(&[0x0a]);
    put_varint(page, len as u64);
    labels.each(&mut |_, name, value| {
        page.put(&[0x0a]);
        put_varint(page, (field_len(name.len()) + field_len(value.len())) as u64);
        for (tag, text) in [(0x0a, name), (0x12, value)] {
            page.put(&[tag]);
            put_varint(page, text.len() as u64);
            text.put(page);
        }
    });
    put_sample(page, bits(sample.value().as_f64()), millis, 0);
}

const SYMBOL: u8 = 0x22;
const LE: u32 = 2;
const QUANTILE: u32 = 3;
/// Behind the symbols that every request has: the empty one, `__name__`, `le` and `quantile`. The target's labels follow.
const FIRST_SYMBOL: u32 = 4;

/// The names of a family's samples, in the order of their symbols.
fn suffixes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Histogram => &["_bucket", "_sum", "_count"],
        Kind::GaugeHistogram => &["_bucket", "_gsum", "_gcount"],
        Kind::Summary => &["", "_sum", "_count"],
        _ => &[""],
    }
}

/// Symbols of a family: help, unit, the names of its samples. Of a metric: names and values of its labels, then what tells each of
/// its samples from the others. No table of those that were there before: receivers only look them up.
struct Symbols;

impl Format for Symbols {
    fn header(&self, page: &mut Page<'_>, desc: &Desc<'_>) -> Result<(), Stop> {
        for text in [desc.help(), desc.unit_name()] {
            if page.begin_header_unit() {
                put_text(page, SYMBOL, text);
                page.end_header_unit()?;
            }
        }
        for suffix in suffixes(desc.kind()) {
            if page.begin_header_unit() {
                let name = if suffix.is_empty() { desc.name() } else { desc.sample(suffix) };
                page.put(&[SYMBOL]);
                put_varint(page, name.parts().map(str::len).sum::<usize>() as u64);
                name.parts().for_each(|part| page.put(part.as_bytes()));
                page.end_header_unit()?;
            }
        }
        Ok(())
    }

    fn header_count(&self, desc: &Desc<'_>) -> u32 {
        2 + suffixes(desc.kind()).len() as u32
    }

    fn sample(&self, page: &mut Page<'_>, _: &Counted, nth: u32, sample: &Sample<'_>) -> Result<(), Stop> {
        let shared = sample.shared_labels();
        let mut symbol = |text: &dyn Fn(&mut Page<'_>)| {
            if page.begin_unit() {
                text(page);
                return page.end_unit();
            }
            Ok(())
        };
        if nth == 0 {
            let mut index = 0;
            while let Some((name, value)) = sample.label(index).filter(|_| index < shared) {
                symbol(&|page| {
                    page.put(&[SYMBOL]);
                    put_varint(page, name.clone().map(str::len).sum::<usize>() as u64);
                    name.clone().for_each(|part| page.put(part.as_bytes()));
                })?;
                symbol(&|page| put_text(page, SYMBOL, value))?;
                index += 1;
            }
        }
        let own = sample.label(shared).map_or("", |(_, value)| value);
        symbol(&|page| put_text(page, SYMBOL, own))
    }

    fn count(&self, labels: u32, samples: u32) -> u32 {
        2 * labels + samples
    }
}

fn first_symbols(settings: &Settings<'_>, page: &mut Page<'_>) {
    for text in ["", "__name__", "le", "quantile"] {
        put_text(page, SYMBOL, text);
    }
    let mut index = 0;
    while let Some(label) = settings.target.label(index) {
        put_text(page, SYMBOL, label.name);
        put_text(page, SYMBOL, label.value);
        index += 1;
    }
}

fn series_v2(settings: &Settings<'_>, page: &mut Page<'_>, counted: &Counted, nth: u32, sample: &Sample<'_>) {
    let desc = sample.desc();
    let labels = Ordered { sample, target: settings.target, named: true, utf8: true };
    let shared = sample.shared_labels() as u32;
    let own = u32::from(sample.label(shared as usize).is_some());
    let nth_name = suffixes(desc.kind()).iter().position(|&suffix| suffix == sample.suffix()).unwrap_or(0) as u32;
    let family_name = counted.family.wrapping_add(2);
    let refs = |index: usize| match (index as u32).checked_sub(1) {
        None => (1, family_name.wrapping_add(nth_name)),
        Some(index) if index < shared => {
            let name = counted.place.wrapping_add(2 * index);
            (name, name.wrapping_add(1))
        }
        Some(index) if index < shared + own => {
            let name = match desc.kind() {
                Kind::Summary => QUANTILE,
                Kind::StateSet => family_name,
                _ => LE,
            };
            (name, counted.place.wrapping_add(2 * shared + nth))
        }
        Some(index) => {
            let name = FIRST_SYMBOL + 2 * (index - shared - own);
            (name, name + 1)
        }
    };
    let millis = sample.timestamp().map_or(settings.now, Timestamp::millis);
    let started = match desc.kind() {
        Kind::Counter | Kind::Histogram | Kind::Summary => sample.created().map_or(settings.started, |moment| nonzero(moment.millis())),
        _ => 0,
    };
    let metadata = [(0x08, kind_number(desc.kind())), (0x18, counted.family), (0x20, counted.family.wrapping_add(1))];
    let metadata_len: usize = metadata.iter().map(|&(_, value)| 1 + varint_len(value.into())).sum();
    let mut refs_len = 0;
    labels.each(&mut |index, _, _| {
        let (name, value) = refs(index);
        refs_len += varint_len(name.into()) + varint_len(value.into());
    });
    page.put(&[0x2a]);
    put_varint(page, (field_len(refs_len) + field_len(sample_len(millis, started)) + field_len(metadata_len)) as u64);
    page.put(&[0x0a]);
    put_varint(page, refs_len as u64);
    labels.each(&mut |index, _, _| {
        let (name, value) = refs(index);
        put_varint(page, name.into());
        put_varint(page, value.into());
    });
    put_sample(page, bits(sample.value().as_f64()), millis, started);
    page.put(&[0x2a]);
    put_varint(page, metadata_len as u64);
    for (tag, value) in metadata {
        page.put(&[tag]);
        put_varint(page, value.into());
    }
}

fn kind_number(kind: Kind) -> u32 {
    match kind {
        Kind::Unknown => 0,
        Kind::Counter => 1,
        Kind::Gauge => 2,
        Kind::Histogram => 3,
        Kind::GaugeHistogram => 4,
        Kind::Summary => 5,
        Kind::Info => 6,
        Kind::StateSet => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Encoder, HistogramPoint, Point, PointValue, Quantile, States, SummaryPoint};
    use std::vec::Vec;

    struct Everything(f64);

    impl States for Everything {
        fn state(&self, index: usize) -> Option<(&str, bool)> {
            [("open", true), ("shut", false)].get(index).copied()
        }
    }

    impl Collector for Everything {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            const C: Desc = Desc::counter("frames_total", "Frames.").namespace("nic");
            const H: Desc = Desc::histogram("wait_seconds", "").unit("seconds");
            const I: Desc = Desc::info("build_info", "Facts.");
            const S: Desc = Desc::state_set("door", "States.");
            const Q: Desc = Desc::summary("size_bytes", "Sizes.");
            let mut frames = out.family(&C)?;
            for way in ["in", "out", ""] {
                frames.counter(&[("way", way), ("Zone", "z"), ("job", "own")], self.0)?;
            }
            let point = HistogramPoint { counts: &[3, 1], beyond: 9, sum: Some(self.0.into()), bounds: &[0.5, 1.0], exemplars: None };
            out.family(&H)?.point(&[("a", "b")], &Point::new(PointValue::Histogram(point)).since(Timestamp::from_millis(7)))?;
            out.family(&I)?.point(&(), &Point::new(PointValue::Info(&[("version", "1.2")])))?;
            out.family(&S)?.point(&(), &Point::new(PointValue::StateSet(self)))?;
            let quantiles = [Quantile { quantile: 0.5.into(), value: f64::NAN.into() }];
            let point = SummaryPoint { quantiles: &quantiles, count: 300, sum: self.0.into() };
            out.family(&Q)?.point(&[("k.l", "v")], &Point::new(PointValue::Summary(point)))
        }
    }

    fn request<'a>(source: &'a dyn Collector, version: RemoteWriteVersion) -> RemoteWrite<'a> {
        RemoteWrite::new(source, version, Timestamp::from_millis(1_700_000_000_000)).labels(&[("job", "j"), ("instance", "i")])
    }

    fn body(mut request: RemoteWrite<'_>, size: usize) -> Vec<u8> {
        let (mut body, mut buffer) = (Vec::new(), [0; 4_000]);
        let promised = request.content_length();
        while !request.is_done() {
            let len = request.fill(&mut buffer[..size]).unwrap();
            body.extend_from_slice(&buffer[..len]);
        }
        assert_eq!(promised, body.len() as u64);
        body
    }

    #[test]
    fn every_buffer_gives_the_same_bytes() {
        for version in [RemoteWriteVersion::V1, RemoteWriteVersion::V2] {
            let whole = body(request(&Everything(1.5), version), 4_000);
            for size in 140..400 {
                assert_eq!(body(request(&Everything(1.5), version), size), whole, "{version:?} {size}");
            }
            let mut small = request(&Everything(1.5), version);
            let mut tiny = [0; 40];
            let needed = loop {
                match small.fill(&mut tiny) {
                    Ok(_) => {}
                    Err(FillError::BufferTooSmall { needed }) => break needed,
                    Err(error) => panic!("{error}"),
                }
            };
            assert!((41..140).contains(&needed), "{needed}");
        }
    }

    /// Has another series each time that it is asked.
    struct Fickle(core::sync::atomic::AtomicUsize);

    impl Collector for Fickle {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            const G: Desc = Desc::gauge("g", "");
            let turn = self.0.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
            out.family(&G)?.gauge(&[("turn", if turn.is_multiple_of(2) { "a" } else { "b" })], 1.0)
        }
    }

    #[test]
    fn a_request_whose_series_change_is_never_whole() {
        for version in [RemoteWriteVersion::V1, RemoteWriteVersion::V2] {
            let fickle = Fickle(0.into());
            let mut request = request(&fickle, version);
            let promised = request.content_length();
            let (mut sent, mut buffer) = (0, [0; 100]);
            let error = loop {
                match request.fill(&mut buffer) {
                    Ok(0) => panic!("{version:?} is whole"),
                    Ok(len) => sent += len as u64,
                    Err(error) => break error,
                }
            };
            assert_eq!(error, FillError::SeriesChanged);
            assert!(sent < promised, "{sent} of {promised}");
        }
    }

    #[test]
    fn snappy_literals() {
        let wrapped = |len| {
            let (bytes, count) = snappy(len);
            bytes[..count].to_vec()
        };
        assert_eq!(wrapped(0), [0]);
        assert_eq!(wrapped(5), [5, 0x10]);
        assert_eq!(wrapped(60), [60, 0xec]);
        assert_eq!(wrapped(77), [0x4d, 0xf0, 0x4c]);
        assert_eq!(wrapped(300), [0xac, 0x02, 0xf4, 0x2b, 0x01]);
        assert_eq!(wrapped(0x1_0001), [0x81, 0x80, 0x04, 0xf8, 0, 0, 1]);
        assert_eq!(wrapped(1 << 25).len(), 9);
    }
}
