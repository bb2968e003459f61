//! Values of several fields, as OpenMetrics 2.0 has them:
//! `{count:17,sum:324789.3,bucket:[0.01:0,0.1:8,1.0:11,+Inf:17]}`. A sample that has one becomes the samples that it stands for.

use std::sync::Arc;

use picometer::Kind;

use super::error::ErrorKind;
use super::native::{check, list, spans};
use super::number;
use crate::model::{Exemplar, Labels, NativeBuckets, NativeHistogram, Number, Sample};

const BAD: ErrorKind = ErrorKind::InvalidComposite;

/// What a composite value says.
#[derive(Debug, PartialEq)]
pub(super) struct Composite {
    gauge: bool,
    count: Number,
    sum: Number,
    native: Option<NativeHistogram>,
    /// Bounds and cumulative counts.
    buckets: Vec<(f64, Number)>,
    quantiles: Option<Vec<(f64, Number)>>,
}

/// The fields in the order that they have; whatever begins at the fourth is left out together.
const FIELDS: [&str; 13] = [
    "count",
    "gcount",
    "sum",
    "gsum",
    "schema",
    "zero_threshold",
    "zero_count",
    "negative_spans",
    "negative_buckets",
    "positive_spans",
    "positive_buckets",
    "bucket",
    "quantile",
];

/// Reads a value with its braces.
pub(super) fn read(text: &str) -> Result<Composite, ErrorKind> {
    let mut rest = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or(BAD)?;
    let mut fields = [None; FIELDS.len()];
    let mut next = 0;
    while !rest.is_empty() {
        let (name, behind) = rest.split_once(':').ok_or(BAD)?;
        let end =
            if behind.starts_with('[') { behind.find(']').map(|end| end + 1) } else { Some(behind.find(',').unwrap_or(behind.len())) };
        let (value, more) = behind.split_at_checked(end.ok_or(BAD)?).ok_or(BAD)?;
        let at = FIELDS.iter().position(|field| *field == name).filter(|&at| at >= next).ok_or(BAD)?;
        *fields.get_mut(at).ok_or(BAD)? = Some(value);
        next = at + 1;
        rest = match more.strip_prefix(',') {
            Some(more) if !more.is_empty() => more,
            None if more.is_empty() => "",
            _ => return Err(BAD),
        };
    }
    let [count, gcount, sum, gsum, native @ .., bucket, quantile] = fields;
    let (gauge, count, sum) = match (count, sum, gcount, gsum) {
        (Some(count), Some(sum), None, None) => (false, count, sum),
        (None, None, Some(count), Some(sum)) => (true, count, sum),
        _ => return Err(BAD),
    };
    let composite = Composite {
        gauge,
        count: self::count(count)?,
        sum: number::exact(sum, number::value(sum)?),
        native: read_native(native, count, sum)?,
        buckets: bucket.map(buckets).transpose()?.unwrap_or_default(),
        quantiles: quantile.map(quantiles).transpose()?,
    };
    let counted = composite.native.is_some() || bucket.is_some();
    // The last bucket is the count.
    let whole = composite.buckets.last().is_none_or(|&(_, last)| last == composite.count);
    if counted == composite.quantiles.is_some() || !whole || (gauge && !counted) { Err(BAD) } else { Ok(composite) }
}

fn count(value: &str) -> Result<Number, ErrorKind> {
    let count = number::exact(value, number::value(value)?);
    if count.as_f64() >= 0.0 { Ok(count) } else { Err(BAD) }
}

fn read_native(fields: [Option<&str>; 7], total: &str, sum: &str) -> Result<Option<NativeHistogram>, ErrorKind> {
    let [schema, zero_threshold, zero_count, negative_spans, negative, positive_spans, positive] = fields;
    let (Some(schema), Some(zero_threshold), Some(zero_count)) = (schema, zero_threshold, zero_count) else {
        return if fields.iter().all(Option::is_none) { Ok(None) } else { Err(BAD) };
    };
    let side = |value: Option<&str>| value.map_or(Ok(NativeBuckets::default()), absolute);
    let histogram = NativeHistogram {
        count: count(total)?,
        sum: number::value(sum)?,
        schema: schema.parse().ok().filter(|schema| (-4..=8).contains(schema)).ok_or(BAD)?,
        zero_threshold: number::value(zero_threshold).ok().filter(|&width| width >= 0.0).ok_or(BAD)?,
        zero_count: count(zero_count)?,
        negative_spans: negative_spans.map_or(Ok(Vec::new()), spans)?,
        negative: side(negative)?,
        positive_spans: positive_spans.map_or(Ok(Vec::new()), spans)?,
        positive: side(positive)?,
        exemplars: Vec::new(),
    };
    check(&histogram).map(|()| Some(histogram))
}

/// Counts that stand for themselves, as the differences that integers have elsewhere.
fn absolute(value: &str) -> Result<NativeBuckets, ErrorKind> {
    let counts = list(value, |count| self::count(count).ok())?;
    let mut before = 0;
    let deltas = counts.iter().map(|count| {
        let count = i64::try_from(count.as_u64()?).ok()?;
        Some(count - std::mem::replace(&mut before, count))
    });
    Ok(match deltas.collect() {
        Some(deltas) => NativeBuckets::Deltas(deltas),
        None => NativeBuckets::Counts(counts.into_iter().map(Number::as_f64).collect()),
    })
}

/// Pairs whose first numbers rise.
fn pairs(value: &str) -> Result<Vec<(f64, Number)>, ErrorKind> {
    let pairs = list(value, |pair| {
        let (key, value) = pair.split_once(':')?;
        Some((number::value(key).ok()?, number::exact(value, number::value(value).ok()?)))
    })?;
    let rise = pairs.is_sorted_by(|(one, _), (other, _)| one < other) && pairs.iter().all(|(key, _)| !key.is_nan());
    if rise { Ok(pairs) } else { Err(BAD) }
}

fn buckets(value: &str) -> Result<Vec<(f64, Number)>, ErrorKind> {
    let buckets = pairs(value)?;
    let cumulative = buckets.is_sorted_by(|(_, one), (_, other)| one.as_f64() <= other.as_f64());
    let least = buckets.first().is_some_and(|(_, count)| count.as_f64() >= 0.0);
    let whole = buckets.last().is_some_and(|(bound, _)| *bound == f64::INFINITY);
    if cumulative && least && whole { Ok(buckets) } else { Err(BAD) }
}

fn quantiles(value: &str) -> Result<Vec<(f64, Number)>, ErrorKind> {
    let quantiles = pairs(value)?;
    if quantiles.iter().all(|(quantile, _)| (0.0..=1.0).contains(quantile)) { Ok(quantiles) } else { Err(BAD) }
}

impl Composite {
    /// Whether it is a value of such a family; one of unknown type has any.
    pub(super) fn fits(&self, kind: Kind) -> bool {
        match kind {
            Kind::Summary => self.quantiles.is_some(),
            Kind::Histogram => self.quantiles.is_none() && !self.gauge,
            Kind::GaugeHistogram => self.gauge,
            kind => kind == Kind::Unknown,
        }
    }

    /// How many bytes of memory the samples take that it stands for.
    pub(super) fn size(&self, labels: &Labels) -> usize {
        let samples = self.buckets.len() + self.quantiles.as_ref().map_or(0, Vec::len) + 3;
        samples.saturating_mul(size_of::<Sample>() + labels.text_len() + 32)
    }

    /// The samples that it stands for, made of the one that has it, and the exemplars that go with them.
    pub(super) fn into_samples(self, whole: &Sample, exemplars: Vec<Exemplar>, out: &mut Vec<Sample>) {
        let Self { gauge, count, sum, native, buckets, quantiles } = self;
        let name = |suffix: &str| Arc::<str>::from(format!("{}{suffix}", whole.name));
        let sample = |name: &Arc<str>, labels: Labels, value: Number| {
            let (name, timestamp) = (name.clone(), whole.timestamp);
            Sample { name, labels, value, timestamp, exemplar: None, native_histogram: None }
        };
        let with = |label: &str, value: f64| {
            let mut labels = whole.labels.clone();
            labels.push(label, picometer::Number::from(value).bound_text().as_str());
            labels
        };
        let (bucket, own) = (name("_bucket"), whole.name.clone());
        let mut below = f64::NEG_INFINITY;
        for &(bound, cumulative) in &buckets {
            let mut sample = sample(&bucket, with("le", bound), cumulative);
            // Those of a native histogram are all its own.
            let inside = |exemplar: &&Exemplar| native.is_none() && exemplar.value.as_f64() > below && exemplar.value.as_f64() <= bound;
            sample.exemplar = exemplars.iter().find(inside).cloned().map(Box::new);
            out.push(sample);
            below = bound;
        }
        for (quantile, value) in quantiles.iter().flatten() {
            out.push(sample(&own, with("quantile", *quantile), *value));
        }
        if !buckets.is_empty() || quantiles.is_some() {
            let (sum_name, count_name) = if gauge { ("_gsum", "_gcount") } else { ("_sum", "_count") };
            out.push(sample(&name(sum_name), whole.labels.clone(), sum));
            out.push(sample(&name(count_name), whole.labels.clone(), count));
        }
        if let Some(native) = native {
            let native_histogram = Some(Box::new(NativeHistogram { exemplars, ..native }));
            out.push(Sample { native_histogram, ..sample(&own, whole.labels.clone(), Number::NAN) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;

    #[test]
    fn the_examples_of_the_specification() {
        let classic = read("{count:17,sum:324789.3,bucket:[0.01:0,0.1:8,1.0:11,+Inf:17]}").unwrap();
        assert_eq!((classic.count, classic.sum, classic.buckets[1]), (17_u64.into(), 324_789.3.into(), (0.1, 8_u64.into())));
        let native = read(
            "{count:59,sum:1.2e2,schema:7,zero_threshold:1e-4,zero_count:0,negative_spans:[1:2],negative_buckets:[5,7],\
             positive_spans:[-1:2,3:4],positive_buckets:[5,7,10,9,8,8]}",
        );
        let native = native.unwrap().native.unwrap();
        assert_eq!((native.schema, native.zero_threshold, native.count), (7, 1e-4, 59_u64.into()));
        assert_eq!(native.positive_spans[1], Span { offset: 3, length: 4 });
        assert_eq!(native.positive, NativeBuckets::Deltas(vec![5, 2, 3, -1, -1, 0]));
        assert_eq!(native.negative.counts(), [5.0, 7.0]);
        let summary = read("{count:17,sum:324789.3,quantile:[0.95:123.7,0.99:NaN]}").unwrap();
        assert_eq!(summary.quantiles, Some(vec![(0.95, 123.7.into()), (0.99, Number::NAN)]));
        assert_eq!(read("{count:0,sum:0,quantile:[]}").unwrap().quantiles, Some(Vec::new()));
        assert!(read("{gcount:2,gsum:-1,bucket:[-Inf:0,+Inf:2]}").unwrap().gauge);
        let floats = read("{count:2.5,sum:1,schema:0,zero_threshold:0,zero_count:1,positive_spans:[0:1],positive_buckets:[1.5]}").unwrap();
        assert_eq!(floats.native.unwrap().positive, NativeBuckets::Counts(vec![1.5]));
    }

    #[test]
    fn what_is_none() {
        let texts = [
            "{}",
            "{count:1}",
            "{count:1,sum:1}",
            "{sum:1,count:1,bucket:[+Inf:1]}",
            "{count:1,gsum:1,bucket:[+Inf:1]}",
            "{count:1,sum:1,bucket:[]}",
            "{count:1,sum:1,bucket:[1:1]}",
            "{count:2,sum:1,bucket:[1:0,+Inf:1]}",
            "{count:1,sum:1,bucket:[1:2,+Inf:1]}",
            "{count:1,sum:1,bucket:[2:0,1:0,+Inf:1]}",
            "{count:1,sum:1,bucket:[+Inf:1],bucket:[+Inf:1]}",
            "{count:1,sum:1,bucket:[+Inf:1],}",
            "{count:-1,sum:1,bucket:[+Inf:-1]}",
            "{count:1,sum:1,quantile:[1.5:1]}",
            "{count:1,sum:1,bucket:[+Inf:1],quantile:[]}",
            "{gcount:1,gsum:1,quantile:[]}",
            "{count:1,sum:1,schema:0}",
            "{count:1,sum:1,schema:9,zero_threshold:0,zero_count:0}",
            "{count:1,sum:1,schema:0,zero_threshold:0,zero_count:0,positive_deltas:[1]}",
        ];
        for text in texts {
            assert_eq!(read(text), Err(BAD), "{text}");
        }
        let mismatch = "{count:1,sum:1,schema:0,zero_threshold:0,zero_count:0,positive_spans:[0:2],positive_buckets:[1]}";
        assert_eq!(read(mismatch), Err(ErrorKind::SpanMismatch));
    }
}
