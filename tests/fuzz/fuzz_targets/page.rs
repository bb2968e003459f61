//! Pages in buffers of any sizes, while values change and series come and go: lines are whole, no series is there twice, every
//! histogram is of one moment, and what cannot be shown is an error.
//!
//! The input is pairs of bytes: what happens, and how large the next buffer is.
#![no_main]

#[path = "parts/line.rs"]
mod line;
#[path = "parts/sink.rs"]
mod sink;

use std::collections::{BTreeMap, BTreeSet};

use libfuzzer_sys::fuzz_target;
use line::{Line, Sample};
use picometer::{
    BoundedFamily, Collector, Counter, CounterWithExemplar, Desc, Escaping, Exposition, Family, FillError, Format, Gauge, GaugeHistogram,
    Histogram, HistogramWithExemplars, Info, Label, Metric, Registry, StateSet, Summary, Timestamp, buckets, labels,
};

labels! { enum Mode as "mode" { Idle = "idle", Run = "r\"u\\n\n", Fault = "fault" } }
buckets! { Small: u32 = [10, 1_000]; Levels: f64 = [-1.0, 0.5, 2.5]; }

static NUMBER: Desc = Desc::counter("number_total", "A number.");
static LEVEL: Desc = Desc::gauge("level_volts", "A level.").unit("volts");
static EVENTS: Desc = Desc::counter("events_total", "");
static SIZES: Desc = Desc::histogram("sizes", "Sizes.");
static LEVELS: Desc = Desc::histogram("levels", "With a negative bound.");
static OPEN: Desc = Desc::gauge_histogram("open", "Open.");
static SPENT: Desc = Desc::summary("spent_seconds", "Time.").unit("seconds");
static STATE: Desc = Desc::state_set("state", "State.");
static BUILD: Desc = Desc::info("build_info", "Build.");
static SLOW: Desc = Desc::histogram("slow", "With exemplars.");
static PEERS: Desc = Desc::histogram("peer_sizes", "By peer.");
static TOPICS: Desc = Desc::counter("topics_total", "By topic.");

struct All {
    number: Metric<CounterWithExemplar<24, u32>>,
    level: Metric<Gauge<f64>>,
    events: Family<Counter<u32>, Mode, 3>,
    sizes: Family<Histogram<Small, 2>, Mode, 3>,
    levels: Metric<Histogram<Levels, 3>>,
    open: Metric<GaugeHistogram<Small, 2>>,
    spent: Metric<Summary<u32>>,
    state: Metric<StateSet<Mode>>,
    build: Metric<Info>,
    slow: Metric<HistogramWithExemplars<Small, 2, 24>>,
    peers: BoundedFamily<Histogram<Small, 2>, 1, 3, 6>,
    topics: BoundedFamily<Counter<u32>, 2, 3, 6>,
}

const WORDS: [&str; 8] = ["a", "b", "c", "d", "\"\\\n", "😱", "", "too long for it"];

impl All {
    fn new() -> Self {
        Self {
            number: Metric::new(&NUMBER),
            level: Metric::new(&LEVEL),
            events: Family::new(&EVENTS),
            sizes: Family::new(&SIZES),
            levels: Metric::new(&LEVELS),
            open: Metric::new(&OPEN),
            spent: Metric::new(&SPENT),
            state: Metric::new(&STATE),
            build: Metric::from_cell(&BUILD, Info::new(const { &[Label::new("version", "1\"")] })),
            slow: Metric::new(&SLOW),
            peers: BoundedFamily::new(&PEERS, &["peer"]),
            topics: BoundedFamily::new(&TOPICS, &["topic", "way"]),
        }
    }

    /// Does one thing; whether it took a series away.
    fn act(&self, what: u8) -> bool {
        let mode = [Mode::Idle, Mode::Run, Mode::Fault][usize::from(what / 16) % 3];
        let word = WORDS[usize::from(what / 16) % 8];
        let size = u32::from(what / 16).pow(3);
        match what % 16 {
            0 => {}
            1 => drop(self.number.inc_by_with(size, &[("id", word)], Some(Timestamp::from_millis(size.into())))),
            2 => self.number.inc_by(size * 1_000),
            3 => self.level.set([0.0, -0.1, f64::NAN, 1e-300, f64::INFINITY, 1e9, 3.5, f64::MAX][usize::from(what / 16) % 8]),
            4 => self.events.with(mode).inc_by(size),
            5 => self.sizes.with(mode).observe(size),
            6 => self.levels.observe([f64::NAN, -5.0, 0.1, 1.0, 2.5, 99.0, f64::INFINITY, 0.5][usize::from(what / 16) % 8]),
            7 => self.open.insert(size),
            8 => self.open.remove(size),
            9 => self.spent.observe(size * 1_000),
            10 => self.state.set(mode),
            11 => drop(self.slow.observe_with(size, &[("id", word), ("b", "")], None)),
            12 => self.peers.with([word]).observe(size),
            13 => self.topics.with([word, "in"]).inc_by(size),
            14 => return self.peers.remove([word]),
            _ => return self.topics.remove([word, "in"]),
        }
        false
    }

    fn members(&self) -> [&dyn Collector; 12] {
        [
            &self.number,
            &self.level,
            &self.events,
            &self.sizes,
            &self.levels,
            &self.open,
            &self.spent,
            &self.state,
            &self.build,
            &self.slow,
            &self.peers,
            &self.topics,
        ]
    }
}

/// What is true of every page, whatever happened while it was written.
fn check(text: &str, open_metrics: bool) -> BTreeSet<String> {
    let lines: Vec<Line> =
        text.strip_suffix('\n').expect("a last line that ends").split('\n').map(|line| Line::read(line, open_metrics)).collect();
    assert_eq!(lines.iter().filter(|line| **line == Line::Eof).count(), usize::from(open_metrics));
    let (mut series, mut types) = (BTreeSet::new(), BTreeSet::new());
    // By name and labels without `le`: the buckets, and what count and sum say.
    let mut histograms = BTreeMap::<String, (Vec<(String, f64)>, Option<f64>)>::new();
    let mut states = 0.0;
    for line in &lines {
        let Sample { name, labels, value, .. } = match line {
            Line::Sample(sample) => sample,
            Line::Comment { keyword, name, .. } => {
                assert!(keyword != "TYPE" || types.insert(name.clone()), "{name} is there twice:\n{text}");
                continue;
            }
            Line::Eof => continue,
        };
        assert!(series.insert(format!("{name}{labels:?}")), "{name}{labels:?} is there twice:\n{text}");
        let family = types.iter().any(|family| name.starts_with(family.as_str()));
        assert!(family, "{name} has no header:\n{text}");
        let without: Vec<_> = labels.iter().filter(|(label, _)| label != "le").collect();
        if let Some(family) = name.strip_suffix("_bucket") {
            let le = labels.iter().find(|(label, _)| label == "le").expect("a bound").1.clone();
            histograms.entry(format!("{family}{without:?}")).or_default().0.push((le, *value));
        } else if let Some(family) = name.strip_suffix("_count").filter(|family| *family != "spent_seconds") {
            histograms.entry(format!("{family}{without:?}")).or_default().1 = Some(*value);
        } else if name == "state" {
            states += value;
        }
    }
    assert_eq!(states, 1.0, "two moments in one state set:\n{text}");
    for (name, (buckets, count)) in histograms {
        let bounds: Vec<_> = buckets.iter().map(|(le, _)| le.as_str()).collect();
        let expected: &[&str] = if name.starts_with("levels") { &["-1.0", "0.5", "2.5", "+Inf"] } else { &["10.0", "1000.0", "+Inf"] };
        assert_eq!(bounds, expected, "{name}:\n{text}");
        assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{name} falls:\n{text}");
        // OpenMetrics shows no count where a bound is negative.
        let counted = !name.starts_with("open") && !(open_metrics && name.starts_with("levels"));
        assert_eq!(count, counted.then_some(buckets.last().unwrap().1), "{name}:\n{text}");
    }
    series
}

fuzz_target!(|data: &[u8]| {
    let [first, data @ ..] = data else { return };
    let format = [Format::Text004, Format::Text100, Format::OpenMetrics100][usize::from(first % 3)];
    let open_metrics = format == Format::OpenMetrics100;
    let all = All::new();
    let (mut before, mut between) = data.split_at(usize::from(first / 3).min(data.len()));
    while let [what, rest @ ..] = before {
        all.act(*what);
        before = rest;
    }
    let members = all.members();
    let registry = Registry::new(&members);
    let mut page = Exposition::new(&registry, format).escaping(Escaping::AllowUtf8);
    if open_metrics && first & 64 != 0 {
        page = page.started(Timestamp::from_millis(1_500));
    }
    let start = sink::text(&page);
    let names = check(&start, open_metrics);
    let (mut text, mut gone, mut changed) = (Vec::new(), false, false);
    while !page.is_done() {
        let size = match between {
            [what, size, rest @ ..] => {
                gone |= all.act(*what);
                changed |= what % 16 != 0;
                between = rest;
                usize::from(*size)
            }
            _ => 256,
        };
        let mut buffer = vec![0xff; size];
        match page.fill(&mut buffer) {
            Ok(len) => text.extend_from_slice(&buffer[..len]),
            Err(FillError::BufferTooSmall { needed }) => assert!(needed > size, "it would fit"),
            Err(FillError::SeriesRemoved) if gone => return,
            Err(error) => panic!("{error}"),
        }
    }
    let text = String::from_utf8(text).expect("a page is UTF-8");
    if !changed {
        assert_eq!(text, start);
    }
    let found = check(&text, open_metrics);
    // What was there from the start and was not taken away is there, but for what the exposition of overflows adds.
    assert!(gone || found.is_superset(&names), "{:?} is missing:\n{text}", names.difference(&found));
});
