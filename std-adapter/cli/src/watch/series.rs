//! Series between scrapes: values, rates, histories.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use picometer::Kind;
use picometer_parse::model::{Family, Sample};

use super::quantile::{Bucket, quantile};
use crate::print;

/// How many values a history has.
pub(crate) const HISTORY: usize = 240;

/// One row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Name and labels.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The value; of a histogram how many observations there are.
    pub(crate) value: f64,
    /// How much a counter or histogram grew a second.
    pub(crate) rate: Option<f64>,
    /// Rates of what counts, values of the others; the last one is the newest.
    pub(crate) history: VecDeque<f64>,
    pub(crate) histogram: Option<Histogram>,
}

#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    /// What was observed since the scrape before, or ever if nothing was.
    pub(crate) buckets: Vec<Bucket>,
    /// Whether that is since the scrape before.
    pub(crate) recent: bool,
    total: Vec<Bucket>,
    /// What each bucket got between scrapes, the newest last.
    past: VecDeque<Vec<f64>>,
}

impl Histogram {
    pub(crate) fn quantile(&self, which: f64) -> Option<f64> {
        quantile(&self.buckets, which)
    }

    /// What buckets got over time: a column for each scrape, at most `width` of them; in each the sums of `each` buckets.
    pub(crate) fn map(&self, width: usize, each: usize) -> Vec<Vec<f64>> {
        let columns = self.past.iter().skip(self.past.len().saturating_sub(width));
        columns.map(|column| column.chunks(each.max(1)).map(|chunk| chunk.iter().sum()).collect()).collect()
    }

    /// Bounds and how many observations each bucket has of its own.
    pub(crate) fn bars(&self) -> Vec<(f64, f64)> {
        let mut before = 0.0;
        let bar = |bucket: &Bucket| {
            let own = bucket.cumulative - before;
            before = bucket.cumulative;
            (bucket.bound, own.max(0.0))
        };
        self.buckets.iter().map(bar).collect()
    }
}

/// All series of a page, and when it was.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) series: Vec<Series>,
    at: Option<Instant>,
}

impl Table {
    /// Takes in the next page.
    pub(crate) fn update(&mut self, families: &[Family], at: Instant) {
        let seconds = self.at.map(|before| at.saturating_duration_since(before).as_secs_f64()).filter(|&seconds| seconds > 0.0);
        let before: HashMap<String, Series> =
            std::mem::take(&mut self.series).into_iter().map(|series| (series.name.clone(), series)).collect();
        let mut found: Vec<Series> = families.iter().flat_map(rows).collect();
        for series in &mut found {
            series.follow(before.get(&series.name), seconds);
        }
        (self.series, self.at) = (found, Some(at));
    }
}

impl Series {
    fn new(name: String, kind: Kind, value: f64) -> Self {
        Self { name, kind, value, rate: None, history: VecDeque::new(), histogram: None }
    }

    /// What changed since the scrape before.
    fn follow(&mut self, before: Option<&Self>, seconds: Option<f64>) {
        self.history = before.map(|before| before.history.clone()).unwrap_or_default();
        let counts = matches!(self.kind, Kind::Counter | Kind::Histogram);
        if let (Some(before), Some(seconds), true) = (before, seconds, counts) {
            // A counter that fell started again from zero.
            let grown = if self.value >= before.value { self.value - before.value } else { self.value };
            self.rate = Some(grown / seconds);
        }
        if let Some(own) = &mut self.histogram {
            let before = before.and_then(|before| before.histogram.as_ref());
            if let Some(before) = before {
                own.since(before, self.kind);
            }
            own.remember(before, self.kind);
        }
        if let Some(value) = if counts { self.rate } else { Some(self.value) } {
            self.history.push_back(value);
            while self.history.len() > HISTORY {
                self.history.pop_front();
            }
        }
    }
}

impl Histogram {
    /// Leaves what was observed since; a gauge histogram is as it is.
    fn since(&mut self, before: &Self, kind: Kind) {
        let same =
            self.total.len() == before.total.len() && self.total.iter().zip(&before.total).all(|(one, other)| one.bound == other.bound);
        let grown = |one: &Bucket, other: &Bucket| one.cumulative >= other.cumulative;
        let grows = self.total.iter().zip(&before.total).all(|(one, other)| grown(one, other));
        let moved = self.total.last().zip(before.total.last()).is_some_and(|(one, other)| one.cumulative > other.cumulative);
        if kind == Kind::Histogram && same && grows && moved {
            let difference = |(one, other): (&Bucket, &Bucket)| Bucket { cumulative: one.cumulative - other.cumulative, ..*one };
            self.buckets = self.total.iter().zip(&before.total).map(difference).collect();
            self.recent = true;
        }
    }
}

impl Histogram {
    /// Notes down what each bucket got since; of a gauge histogram what each holds.
    fn remember(&mut self, before: Option<&Self>, kind: Kind) {
        let Some(before) = before else {
            if kind == Kind::GaugeHistogram {
                self.past.push_back(self.bars().into_iter().map(|(_, own)| own).collect());
            }
            return;
        };
        if before.total.len() == self.total.len() {
            self.past.clone_from(&before.past);
        }
        let got = if self.recent || kind == Kind::GaugeHistogram {
            self.bars().into_iter().map(|(_, own)| own).collect()
        } else {
            vec![0.0; self.total.len()]
        };
        self.past.push_back(got);
        while self.past.len() > HISTORY {
            self.past.pop_front();
        }
    }
}

/// The rows of a family: one for each metric of a histogram, and one for every sample of the others.
fn rows(family: &Family) -> Vec<Series> {
    if !matches!(family.kind, Kind::Histogram | Kind::GaugeHistogram) {
        let samples = family.samples.iter().filter(|sample| !(sample.name.ends_with("_created") && family.kind != Kind::Gauge));
        let kind = |sample: &Sample| match family.kind {
            // Count and sum of a summary only grow.
            Kind::Summary if *sample.name != *family.name => Kind::Counter,
            kind => kind,
        };
        return samples.map(|sample| Series::new(print::series(sample), kind(sample), sample.value.as_f64())).collect();
    }
    let mut rows: Vec<Series> = Vec::new();
    for sample in &family.samples {
        let labels = sample.labels.iter().filter(|(name, _)| *name != "le");
        let metric = Sample::new(family.name.as_str(), labels, 0_u64);
        let name = print::series(&metric);
        if rows.last().is_none_or(|row| row.name != name) {
            let histogram = Histogram { buckets: Vec::new(), recent: false, total: Vec::new(), past: VecDeque::new() };
            rows.push(Series { histogram: Some(histogram), ..Series::new(name, family.kind, 0.0) });
        }
        let Some(row) = rows.last_mut() else { continue };
        if let Some(native) = &sample.native_histogram {
            row.value = native.count.as_f64();
        }
        let Some(histogram) = &mut row.histogram else { continue };
        let bound = sample.labels.get("le").and_then(|bound| bound.parse().ok());
        match (sample.name.strip_prefix(family.name.as_str()), bound) {
            (Some("_bucket"), Some(bound)) => {
                let cumulative = sample.value.as_f64();
                histogram.total.push(Bucket { bound, cumulative });
                histogram.buckets.push(Bucket { bound, cumulative });
                row.value = row.value.max(cumulative);
            }
            (Some("_count" | "_gcount"), _) => row.value = sample.value.as_f64(),
            _ => {}
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use picometer_parse::parse::{self, Dialect, Rules};
    use std::time::Duration;

    fn page(text: &str) -> Vec<Family> {
        parse::families(text, Dialect::Text100, Rules::STRICT).unwrap()
    }

    #[test]
    fn rates_resets_and_histories() {
        let (mut table, start) = (Table::default(), Instant::now());
        for (second, value, rate) in [(0, 10, None), (2, 30, Some(10.0)), (4, 4, Some(2.0))] {
            let page = page(&format!("# TYPE a_total counter\na_total{{b=\"c\"}} {value}\n# TYPE g gauge\ng {value}\n"));
            table.update(&page, start + Duration::from_secs(second));
            assert_eq!((table.series[0].name.as_str(), table.series[0].rate), ("a_total{b=\"c\"}", rate));
            assert_eq!((table.series[1].value, table.series[1].rate), (f64::from(value), None));
        }
        assert_eq!(table.series[0].history, [10.0, 2.0]);
        assert_eq!(table.series[1].history, [10.0, 30.0, 4.0]);
    }

    #[test]
    fn histograms_show_what_was_observed_since() {
        let (mut table, start) = (Table::default(), Instant::now());
        let text = |a, b| {
            page(&format!(
                "# TYPE h histogram\nh_bucket{{x=\"1\",le=\"1\"}} {a}\nh_bucket{{x=\"1\",le=\"+Inf\"}} {b}\nh_sum{{x=\"1\"}} 3\nh_count{{x=\"1\"}} {b}\n"
            ))
        };
        table.update(&text(10, 10), start);
        assert_eq!(table.series[0].histogram.as_ref().unwrap().bars(), [(1.0, 10.0), (f64::INFINITY, 0.0)]);
        table.update(&text(10, 14), start + Duration::from_secs(1));
        let row = &table.series[0];
        assert_eq!((row.name.as_str(), row.value, row.rate), ("h{x=\"1\"}", 14.0, Some(4.0)));
        let histogram = row.histogram.as_ref().unwrap();
        assert!(histogram.recent);
        assert_eq!(histogram.bars(), [(1.0, 0.0), (f64::INFINITY, 4.0)]);
        assert_eq!(histogram.quantile(0.5), Some(1.0));
    }
}
