//! Contexts that write pages, and what is true of every one of them.

use std::collections::BTreeMap;

use picometer::{Escaping, Exposition, FillError, Format};

use super::line::{Line, Sample};
use super::metrics::METRICS;

/// The counters of the last page, by name and labels.
pub type Seen = BTreeMap<String, f64>;

/// Reads pages until none writes any more, and one after that.
pub fn read_until(is_over: impl Fn() -> bool, page: impl Fn(&mut Seen)) {
    let mut seen = Seen::new();
    loop {
        let last = is_over();
        page(&mut seen);
        if last {
            return;
        }
    }
}

/// A page at once.
pub fn whole(format: Format, seen: &mut Seen) {
    check(&text(&exposition(format)), format, seen);
}

/// A page through a buffer. One that breaks off, because a series of a histogram was taken away in the middle, says so.
pub fn in_pieces(format: Format, size: usize, seen: &mut Seen) {
    let (mut page, mut bytes, mut buffer) = (exposition(format), Vec::new(), vec![0; size]);
    while !page.is_done() {
        match page.fill(&mut buffer) {
            Ok(len) => bytes.extend_from_slice(&buffer[..len]),
            Err(FillError::SeriesRemoved) => return,
            Err(error) => panic!("{error}"),
        }
        // Others go on while this page waits for its buffer.
        std::thread::yield_now();
    }
    check(&String::from_utf8(bytes).unwrap(), format, seen);
}

fn exposition(format: Format) -> Exposition<'static> {
    Exposition::new(&METRICS, format).escaping(Escaping::AllowUtf8)
}

pub fn text(page: &Exposition<'_>) -> String {
    let mut bytes = Vec::new();
    page.drain(&mut [0; 4_096], &mut |piece| bytes.extend_from_slice(piece));
    String::from_utf8(bytes).unwrap()
}

#[derive(Default)]
struct Buckets {
    counts: Vec<(String, f64)>,
    count: Option<f64>,
    sum: Option<f64>,
}

fn check(text: &str, format: Format, seen: &mut Seen) {
    let open_metrics = format == Format::OpenMetrics100;
    let lines = text.strip_suffix('\n').expect("a last line that ends").split('\n');
    let samples: Vec<Sample> = lines
        .filter_map(|line| match Line::read(line, open_metrics) {
            Line::Sample(sample) => Some(sample),
            Line::Comment { .. } | Line::Eof => None,
        })
        .collect();
    let (mut found, mut states, mut histograms) = (Seen::new(), 0.0, BTreeMap::<String, Buckets>::new());
    for Sample { name, labels, value, exemplar, .. } in &samples {
        let own: Vec<_> = labels.iter().filter(|(label, _)| label != "le").collect();
        let of = |family: &str| format!("{family}{own:?}");
        if let Some(family) = name.strip_suffix("_bucket") {
            let bound = labels.iter().find(|(label, _)| label == "le").expect("a bound").1.clone();
            histograms.entry(of(family)).or_default().counts.push((bound, *value));
        } else if let Some(family) = name.strip_suffix("_count").or(name.strip_suffix("_gcount")) {
            histograms.entry(of(family)).or_default().count = Some(*value);
        } else if let Some(family) = name.strip_suffix("_sum") {
            histograms.entry(of(family)).or_default().sum = Some(*value);
        } else if name == "state" {
            states += value;
        }
        if let Some((labels, value, _)) = exemplar {
            let [(_, a), (_, b)] = &labels[..] else { panic!("{labels:?} are no labels that were given") };
            assert_eq!(a, b, "half of one exemplar and half of another");
            assert!(name == "traced_total" || a.parse() == Ok(*value), "the value of one exemplar with the labels of another");
        }
        let unique = found.insert(format!("{name}{labels:?}"), *value).is_none();
        assert!(unique, "{name}{labels:?} is there twice:\n{text}");
    }
    assert_eq!(states, 1.0, "two moments in one state set:\n{text}");
    for (name, Buckets { counts, count, sum }) in &histograms {
        if name.starts_with("spent") {
            // The sum may hold what is not counted yet, where the reader was left no moment between two observations.
            assert!(sum.unwrap() >= count.unwrap() * 2.0, "an observation is counted whose value is not in the sum:\n{text}");
            continue;
        }
        assert_eq!(counts.len(), 4, "{name}:\n{text}");
        assert!(counts.is_sorted_by(|a, b| a.1 <= b.1), "{name} falls:\n{text}");
        // In text, the count of a gauge histogram is a gauge of its own, of another moment.
        if open_metrics || !name.starts_with("open") {
            assert_eq!(counts.last(), Some(&("+Inf".to_owned(), count.unwrap())), "{name}:\n{text}");
        }
        let least = match &**name {
            "sizes[]" => 7.0,
            "waits[]" => 0.25,
            _ => continue,
        };
        assert!(sum.unwrap() >= count.unwrap() * least, "an observation is counted whose value is not in the sum:\n{text}");
    }
    // What counts up never falls from one page to the next; series that come and go start anew.
    let grows = |name: &str| !["level", "state", "open", "topic", "task"].iter().any(|other| name.starts_with(other));
    for (name, before) in seen.iter().filter(|(name, _)| grows(name)) {
        assert!(found.get(name).is_some_and(|now| now >= before), "{name} was {before}, and now:\n{text}");
    }
    *seen = found;
}
