//! Which columns a width has room for: the more important ones first, and never half of one.

use picometer::Kind;

use super::super::series::{Histogram, Series};
use super::numbers::short;

/// How many values the history of a row shows at most.
pub(super) const TREND: usize = 24;

/// A column behind the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The type as one letter.
    Letter,
    Type,
    Value,
    Rate,
    /// One quantile, in hundredths.
    Quantile(u8),
    /// All three in one cell, for scripts.
    Quantiles,
    /// The newest of so many values.
    History(usize),
}

impl Column {
    pub(super) fn head(&self) -> &'static str {
        match self {
            Self::Letter => "T",
            Self::Type => "TYPE",
            Self::Value => "VALUE",
            Self::Rate => "RATE/S",
            Self::Quantile(50) => "P50",
            Self::Quantile(90) => "P90",
            Self::Quantile(_) => "P99",
            Self::Quantiles => "QUANTILES",
            Self::History(_) => "HISTORY",
        }
    }

    pub(super) fn width(&self) -> usize {
        match self {
            Self::Letter => 1,
            Self::Type => 9,
            Self::Value | Self::Rate | Self::Quantile(_) => 8,
            Self::Quantiles => 34,
            Self::History(width) => *width,
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Value | Self::Rate | Self::Quantile(_))
    }

    pub(super) fn is_coloured(&self) -> bool {
        matches!(self, Self::Letter | Self::Type | Self::History(_))
    }

    /// What the column says of a series; rates of what is not of now are none.
    pub(super) fn text(&self, series: &Series, stale: bool) -> String {
        let quantile = |histogram: &Histogram, which: u8| histogram.quantile(f64::from(which) / 100.0).map(short);
        match self {
            Self::Letter => kind_name(series.kind).chars().next().unwrap_or(' ').to_ascii_uppercase().into(),
            Self::Type => kind_name(series.kind).into(),
            Self::Value => short(series.value),
            Self::Rate if stale && series.rate.is_some() => "stale".into(),
            Self::Rate => series.rate.map(short).unwrap_or_default(),
            Self::Quantile(which) => series.histogram.as_ref().and_then(|own| quantile(own, *which)).unwrap_or_default(),
            Self::Quantiles => series.histogram.as_ref().map(quantiles).unwrap_or_default(),
            Self::History(width) => trend(series, *width),
        }
    }
}

/// All quantiles in one line.
pub(super) fn quantiles(histogram: &Histogram) -> String {
    let shown = [50_u8, 90, 99].into_iter().filter_map(|which| {
        let value = histogram.quantile(f64::from(which) / 100.0)?;
        Some(format!("p{which} {}", short(value)))
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::GaugeHistogram => "gaugehist",
        Kind::Summary => "summary",
        Kind::Info => "info",
        Kind::StateSet => "stateset",
        _ => "unknown",
    }
}

/// A line of eighths: what the history was, from its least to its greatest value.
fn trend(series: &Series, width: usize) -> String {
    const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let finite = || series.history.iter().rev().take(width).rev().filter(|value| value.is_finite());
    let (least, most) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), &value| (least.min(value), most.max(value)));
    let height = |&value: &f64| {
        let part = if most > least { (value - least) / (most - least) } else { 0.0 };
        EIGHTHS.get((part * 7.0).round() as usize).copied().unwrap_or(' ')
    };
    finite().map(height).collect()
}

/// How wide the name is, and the columns behind it.
#[derive(Debug)]
pub(super) struct Widths {
    pub(super) name: usize,
    pub(super) columns: Vec<Column>,
}

impl Widths {
    /// The columns for these rows: by importance, as long as names keep what they need, or half the screen.
    pub(super) fn fit(rows: &[&Series], width: usize) -> Self {
        let longest = rows.iter().map(|series| series.name.chars().count()).max().unwrap_or(0).max(6);
        let keeps = longest.min((width / 2).max(24));
        let has_rates = rows.iter().any(|series| matches!(series.kind, Kind::Counter | Kind::Histogram | Kind::Summary));
        let has_quantiles = rows.iter().any(|series| series.histogram.is_some());
        // In the order in which they give way, the last one first, and where each stands.
        let wanted = [
            (true, 1, Column::Value),
            (has_rates, 2, Column::Rate),
            (has_quantiles, 5, Column::Quantile(99)),
            (true, 0, Column::Letter),
            (has_quantiles, 3, Column::Quantile(50)),
            (has_quantiles, 4, Column::Quantile(90)),
            (true, 6, Column::History(8)),
        ];
        let mut left = width.saturating_sub(keeps);
        let mut columns: Vec<(usize, Column)> = Vec::new();
        for (_, place, column) in wanted.into_iter().filter(|(wanted, ..)| *wanted) {
            if column.width() < left {
                left -= column.width() + 1;
                columns.push((place, column));
            }
        }
        columns.sort_by_key(|(place, _)| *place);
        // What is left over: the whole type, a longer history, and the rest for names.
        let mut left = left + keeps;
        for (_, column) in &mut columns {
            let wider = match *column {
                Column::Letter => Column::Type,
                Column::History(own) => Column::History((own + left.saturating_sub(longest)).min(TREND)),
                other => other,
            };
            let more = wider.width() - column.width();
            if left >= longest + more {
                left -= more;
                *column = wider;
            }
        }
        Self { name: left, columns: columns.into_iter().map(|(_, column)| column).collect() }
    }
}
