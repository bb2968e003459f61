//! Whether a scraper takes a page: the strict reader in every format, and no series or header twice.

use std::collections::HashSet;

use picometer_std::parse::{self, Dialect, Rules};
use picometer_std::{Collector, Format};

use crate::in_format;

pub const FORMATS: [(Format, Dialect); 4] = [
    (Format::Text004, Dialect::Text004),
    (Format::Text100, Dialect::Text100),
    (Format::OpenMetrics100, Dialect::OpenMetrics100),
    (Format::OpenMetrics200, Dialect::OpenMetrics200),
];

/// Checks the page of a source in every format, and returns it in text 0.0.4.
#[track_caller]
pub fn accepted(source: &dyn Collector) -> String {
    for (format, dialect) in FORMATS {
        accept(&in_format(source, format), dialect);
    }
    in_format(source, Format::Text004)
}

/// Checks one page.
#[track_caller]
pub fn accept(page: &str, dialect: Dialect) {
    let families = parse::families(page, dialect, Rules::STRICT).unwrap_or_else(|error| panic!("{dialect:?}: {error}\n{page}"));
    let mut series = HashSet::new();
    for sample in families.iter().flat_map(|family| &family.samples) {
        let mut labels: Vec<_> = sample.labels.iter().filter(|(_, value)| !value.is_empty()).collect();
        labels.sort_unstable();
        assert!(labels.windows(2).all(|pair| pair[0].0 != pair[1].0), "a label twice in {labels:?}\n{page}");
        assert!(
            series.insert((sample.name.clone(), format!("{labels:?} {:?}", sample.timestamp))),
            "{} {labels:?} twice\n{page}",
            sample.name
        );
    }
    let mut headers = HashSet::new();
    for header in page.lines().filter(|line| line.starts_with('#')) {
        let name = header.splitn(4, ' ').take(3).collect::<Vec<_>>().join(" ");
        assert!(headers.insert(name), "{header} twice\n{page}");
    }
}
