//! Families in pieces, and those that contradict themselves.

use std::collections::HashMap;

use picometer::Kind;

use super::{Family, Sample};

/// What was seen of one metric at one moment.
#[derive(Debug, Default)]
struct Seen {
    sum: bool,
    count: Option<f64>,
    infinite: Option<f64>,
    buckets: usize,
    quantiles: usize,
    native: bool,
    before: Option<(f64, f64)>,
    unsorted: bool,
    falls: bool,
    no_number: bool,
}

pub(super) fn of(family: &Family) -> Vec<&'static str> {
    let own = match family.kind {
        Kind::Histogram | Kind::GaugeHistogram => "le",
        Kind::Summary => "quantile",
        _ => return Vec::new(),
    };
    let mut metrics: HashMap<_, Seen> = HashMap::new();
    for sample in &family.samples {
        let mut labels = sample.labels.sorted();
        labels.retain(|(name, _)| *name != own);
        let moment = sample.timestamp.map(|time| (time.exact(), time.seconds().to_bits()));
        metrics.entry((labels, moment)).or_default().add(family, own, sample);
    }
    let any = |is: fn(&Seen) -> bool| metrics.values().any(is);
    let all: Vec<(bool, &'static str)> = if own == "le" {
        vec![
            (any(|seen| seen.buckets > 0 && seen.infinite.is_none()), "the bucket `+Inf` is missing"),
            (
                any(|seen| seen.infinite.zip(seen.count).is_some_and(|(last, count)| last != count)),
                "the count is not that of the bucket `+Inf`",
            ),
            (any(|seen| seen.buckets > 0 && seen.count.is_none()), "there are buckets without a count"),
            (any(|seen| seen.buckets > 0 && !seen.sum), "there are buckets without a sum"),
            (
                any(|seen| seen.buckets == 0 && !seen.native && (seen.sum || seen.count.is_some())),
                "there is a sum or count without buckets",
            ),
            (any(|seen| seen.unsorted), "the bounds of the buckets do not rise"),
            (any(|seen| seen.falls), "the buckets are not cumulative"),
            (any(|seen| seen.no_number), "a bound is no number"),
        ]
    } else {
        let complete = metrics.values().any(|seen| seen.sum || seen.count.is_some());
        vec![
            (
                complete && any(|seen| seen.quantiles > 0 && !seen.sum && seen.count.is_none()),
                "a quantile has other labels than sum and count",
            ),
            (any(|seen| seen.sum != seen.count.is_some()), "there is a sum without a count, or a count without a sum"),
            (!complete && any(|seen| seen.quantiles > 0), "there are quantiles without sum and count"),
            (any(|seen| seen.no_number), "a quantile is no number"),
        ]
    };
    all.into_iter().filter(|(found, _)| *found).map(|(_, text)| text).collect()
}

impl Seen {
    fn add(&mut self, family: &Family, own: &str, sample: &Sample) {
        let value = sample.value.as_f64();
        let bound = sample.labels.get(own).map(|bound| bound.parse::<f64>().ok().filter(|bound| !bound.is_nan()));
        match sample.name.strip_prefix(family.name.as_str()) {
            Some("_bucket") => {
                self.buckets += 1;
                let Some(Some(bound)) = bound else {
                    self.no_number = true;
                    return;
                };
                if bound == f64::INFINITY {
                    self.infinite = Some(value);
                }
                if let Some((last, cumulative)) = self.before {
                    self.unsorted |= bound <= last;
                    self.falls |= bound > last && value < cumulative;
                }
                self.before = Some((bound, value));
            }
            Some("_sum" | "_gsum") => self.sum = true,
            Some("_count" | "_gcount") => self.count = Some(value),
            Some("") if sample.native_histogram.is_some() => self.native = true,
            Some("") => {
                self.quantiles += 1;
                self.no_number |= !matches!(bound, Some(Some(_)));
            }
            _ => {}
        }
    }
}
