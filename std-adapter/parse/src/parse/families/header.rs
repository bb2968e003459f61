//! What is said of a family in front of its samples.

use std::mem;

use picometer::Kind;

use super::super::error::{Error, ErrorKind};
use super::super::rules::Dialect;

/// What was said of a family so far.
#[derive(Debug)]
pub(in super::super) struct Header {
    /// The name as the page has it.
    pub(in super::super) name: String,
    pub(in super::super) kind: Option<Kind>,
    pub(super) help: Option<String>,
    pub(super) unit: Option<String>,
    /// Whether there is a header at all.
    pub(super) declared: bool,
    /// Whether a sample has the name without a suffix.
    pub(super) bare: bool,
    pub(super) line: u32,
    pub(super) offset: u64,
}

impl Header {
    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        Error { kind, line: self.line, column: 1, offset: self.offset }
    }

    pub(in super::super) fn kind(&self) -> Kind {
        self.kind.unwrap_or(Kind::Unknown)
    }

    /// What follows the name in that of a sample, if it is one of this family's.
    pub(super) fn suffix<'s>(&self, sample: &'s str, native: bool, dialect: Dialect, loose: bool) -> Option<&'s str> {
        let suffix = sample.strip_prefix(self.name.as_str())?;
        let kind = self.kind();
        let own: &[&str] = match (kind, dialect.is_open_metrics()) {
            (Kind::Histogram | Kind::GaugeHistogram, _) if native => &[""],
            _ if dialect.has_full_names() => &[""],
            (Kind::Summary, false) => &["", "_sum", "_count"],
            (Kind::Histogram, false) => &["_bucket", "_sum", "_count"],
            // Types that text pages only have where rules let them.
            (Kind::Info, false) => &["_info", ""],
            (Kind::GaugeHistogram, false) => &["_bucket", "_gsum", "_gcount", "_sum", "_count"],
            // The server looks at no suffix.
            (Kind::Counter, true) if loose => &["_total", "_created", ""],
            (Kind::Info, true) if loose => &["_info", ""],
            (kind, true) => open_metrics_suffixes(kind),
            (_, false) => &[""],
        };
        own.contains(&suffix).then_some(suffix)
    }

    /// The name as OpenMetrics has it.
    pub(super) fn family_name(&mut self, dialect: Dialect) -> String {
        let mut name = mem::take(&mut self.name);
        let full = dialect.has_full_names() || self.bare;
        let suffix = match self.kind {
            Some(Kind::Counter) if full || !dialect.is_open_metrics() => "_total",
            Some(Kind::Info) if full => "_info",
            _ => "",
        };
        if let Some(stem) = name.strip_suffix(suffix).filter(|stem| !stem.is_empty()) {
            name.truncate(stem.len());
        }
        name
    }
}

/// What the samples of a type are called behind the name of the family.
pub(super) fn open_metrics_suffixes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Counter => &["_total", "_created"],
        Kind::Histogram => &["_bucket", "_sum", "_count", "_created"],
        Kind::GaugeHistogram => &["_bucket", "_gsum", "_gcount"],
        Kind::Summary => &["", "_sum", "_count", "_created"],
        Kind::Info => &["_info"],
        _ => &[""],
    }
}

pub(super) fn unit(header: &Header) -> Result<(), Error> {
    if header.unit.as_deref().unwrap_or("").is_empty() {
        return Ok(());
    }
    if matches!(header.kind, Some(Kind::Info | Kind::StateSet)) {
        return Err(header.error(ErrorKind::UnitNotAllowed));
    }
    if unit_is_suffix(header) { Ok(()) } else { Err(header.error(ErrorKind::UnitNotInName)) }
}

pub(super) fn unit_is_suffix(header: &Header) -> bool {
    let unit = header.unit.as_deref().unwrap_or("");
    unit.is_empty() || header.name.strip_suffix(unit).is_some_and(|stem| stem.ends_with('_'))
}
