//! A page of the firmware, taken apart.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use crate::peers::{get, workspace};

pub const TEXT: &str = "text/plain;version=0.0.4";
pub const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";

/// Series and their values.
#[derive(Debug)]
pub struct Page(BTreeMap<String, f64>);

impl Page {
    /// Scrapes one; it must be whole. A client that a busy machine stops between its connection and its request may have made room
    /// for another one, and comes again.
    #[track_caller]
    pub fn scrape(address: SocketAddr) -> Self {
        let answer = (0..10).find_map(|_| get(address, "/metrics", &[("Accept", TEXT)])).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.head);
        Self::of(answer.text())
    }

    /// Checks that a page is whole from the first header to the last line, and that each histogram is of one moment.
    #[track_caller]
    pub fn of(text: &str) -> Self {
        assert!(text.starts_with("# HELP device_uptime_seconds ") && text.ends_with('\n'), "not whole:\n{text}");
        let mut series = BTreeMap::new();
        let mut last = "";
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?} is no sample"));
            let value = value.parse().unwrap_or_else(|_| panic!("{line:?} has no value"));
            assert!(series.insert(name.to_owned(), value).is_none(), "{name} is there twice:\n{text}");
            last = name;
        }
        let ends = ["peer_connections_total{", "embassy_executor_idle_seconds_total{"];
        assert!(text.trim_end().ends_with("# EOF") || ends.iter().any(|end| last.starts_with(end)), "cut after {last}:\n{text}");
        let page = Self(series);
        page.check_histograms();
        page
    }

    #[track_caller]
    fn check_histograms(&self) {
        for (name, &end) in self.0.iter().filter(|(name, _)| name.contains("le=\"+Inf\"")) {
            let start = name.split("le=").next().unwrap_or_default();
            let mut buckets: Vec<(f64, f64)> = self
                .0
                .iter()
                .filter_map(|(name, &count)| {
                    let bound = name.strip_prefix(start)?.strip_prefix("le=\"")?.strip_suffix("\"}")?;
                    Some((bound.parse().ok()?, count))
                })
                .collect();
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.len() > 2 && buckets.is_sorted_by(|a, b| a.1 <= b.1), "{name}: {buckets:?}");
            let labels = start.split_once('{').map_or("", |(_, labels)| labels.trim_end_matches(','));
            let count = start.split("_bucket{").next().unwrap_or_default().to_owned() + "_count";
            let count = if labels.is_empty() { count } else { format!("{count}{{{labels}}}") };
            assert_eq!(self.value(&count), end, "{count}");
        }
    }

    #[track_caller]
    pub fn value(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("no {series} on the page: {:#?}", self.0))
    }

    /// The sum over all series of a name.
    pub fn sum(&self, name: &str) -> f64 {
        let of_name = |series: &str| series.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'));
        self.0.iter().filter(|(series, _)| of_name(series)).map(|(_, value)| value).sum()
    }

    pub fn series(&self) -> usize {
        self.0.len()
    }

    /// Names of counters and all that never goes down.
    pub fn counters(&self) -> impl Iterator<Item = (&str, f64)> {
        let counts =
            |name: &str| ["_total", "_bucket", "_count"].iter().any(|end| name.split('{').next().is_some_and(|name| name.ends_with(end)));
        self.0.iter().filter(move |(name, _)| counts(name)).map(|(name, value)| (name.as_str(), *value))
    }
}

/// A page without what differs from scrape to scrape and from board to board: values, and the board's name.
fn masked(page: &str) -> String {
    let mut masked = String::new();
    for line in page.lines() {
        let line = match line.rsplit_once(' ') {
            Some((series, _)) if !line.starts_with('#') => format!("{series} _"),
            _ => line.to_owned(),
        };
        masked += &line.replace("board=\"mps2-an385\"", "board=\"_\"").replace("board=\"lm3s6965evb\"", "board=\"_\"");
        masked.push('\n');
    }
    masked
}

/// Compares a page with `embedded-example/golden/NAME`; `OVERWRITE=1` accepts what is new.
#[track_caller]
pub fn golden(name: &str, page: &str) {
    let path = workspace().join("embedded-example/golden").join(name);
    let masked = masked(page);
    if std::env::var_os("OVERWRITE").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("the workspace can be written");
        std::fs::write(&path, &masked).expect("the workspace can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(masked.lines()).find(|(expected, found)| expected != found);
    assert!(expected == masked, "{name} has changed, first at {differs:?}; OVERWRITE=1 accepts:\n{masked}");
}
