//! Native histograms in text, as the Python client writes them behind OpenMetrics names:
//! `{count:24,sum:100,schema:0,zero_threshold:0.001,zero_count:4,positive_spans:[0:2,1:2],positive_deltas:[2,1,-2,3]}`.

use super::error::ErrorKind;
use super::number;
use crate::model::{NativeBuckets, NativeHistogram, Number, Span};

/// Reads a native histogram with its braces.
pub(super) fn read(text: &str) -> Result<NativeHistogram, ErrorKind> {
    const BAD: ErrorKind = ErrorKind::InvalidNativeHistogram;
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or(BAD)?;
    let mut histogram = NativeHistogram::default();
    let mut seen = [false; 9];
    let mut rest = inner;
    while !rest.is_empty() {
        let (name, behind) = rest.split_once(':').ok_or(BAD)?;
        let (value, next) = if behind.starts_with('[') {
            let end = behind.find(']').ok_or(BAD)?;
            behind.split_at_checked(end + 1).ok_or(BAD)?
        } else {
            behind.split_at_checked(behind.find(',').unwrap_or(behind.len())).ok_or(BAD)?
        };
        rest = match next.strip_prefix(',') {
            Some(more) if !more.is_empty() => more,
            None if next.is_empty() => "",
            _ => return Err(BAD),
        };
        let index = match name {
            "count" => {
                histogram.count = count(value)?;
                0
            }
            "sum" => {
                histogram.sum = number::value(value)?;
                1
            }
            "schema" => {
                histogram.schema = value.parse().ok().filter(|schema| (-4..=8).contains(schema)).ok_or(BAD)?;
                2
            }
            "zero_threshold" => {
                histogram.zero_threshold = number::value(value).ok().filter(|&width| width >= 0.0).ok_or(BAD)?;
                3
            }
            "zero_count" => {
                histogram.zero_count = count(value)?;
                4
            }
            "positive_spans" => {
                histogram.positive_spans = spans(value)?;
                5
            }
            "negative_spans" => {
                histogram.negative_spans = spans(value)?;
                6
            }
            "positive_deltas" => {
                histogram.positive = deltas(value)?;
                7
            }
            "negative_deltas" => {
                histogram.negative = deltas(value)?;
                8
            }
            _ => return Err(BAD),
        };
        match seen.get_mut(index) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(BAD),
        }
    }
    if !seen.iter().take(5).all(|&seen| seen) {
        return Err(BAD);
    }
    check(&histogram).map(|()| histogram)
}

/// The rules of spans and buckets.
pub(super) fn check(histogram: &NativeHistogram) -> Result<(), ErrorKind> {
    let sides = [(&histogram.positive_spans, &histogram.positive), (&histogram.negative_spans, &histogram.negative)];
    for (spans, buckets) in sides {
        let covered = spans.iter().map(|span| u64::from(span.length)).sum::<u64>();
        let behind_each_other = spans.iter().skip(1).all(|span| span.offset >= 0);
        if covered != buckets.len() as u64 || !behind_each_other || buckets.counts().iter().any(|&count| count < 0.0) {
            return Err(ErrorKind::SpanMismatch);
        }
    }
    Ok(())
}

fn count(value: &str) -> Result<Number, ErrorKind> {
    let count = number::exact(value, number::value(value)?);
    if count.as_f64() >= 0.0 { Ok(count) } else { Err(ErrorKind::InvalidNativeHistogram) }
}

pub(super) fn list<T>(value: &str, one: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ErrorKind> {
    let inner = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).ok_or(ErrorKind::InvalidNativeHistogram)?;
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    inner.split(',').map(one).collect::<Option<_>>().ok_or(ErrorKind::InvalidNativeHistogram)
}

pub(super) fn spans(value: &str) -> Result<Vec<Span>, ErrorKind> {
    list(value, |span| {
        let (offset, length) = span.split_once(':')?;
        Some(Span { offset: offset.parse().ok()?, length: length.parse().ok()? })
    })
}

fn deltas(value: &str) -> Result<NativeBuckets, ErrorKind> {
    list(value, |delta| delta.parse().ok()).map(NativeBuckets::Deltas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_and_what_is_not() {
        let start = "count:3,sum:1,schema:0,zero_threshold:0.1,zero_count:0";
        let good = read(&format!("{{{start},positive_spans:[-1:2],positive_deltas:[1,1]}}")).unwrap();
        assert_eq!((good.positive_spans[0].offset, good.positive.counts()), (-1, vec![1.0, 2.0]));
        assert!(read("{sum:1,count:1,schema:0,zero_threshold:0.1,zero_count:0}").is_ok(), "in any order");
        let invalid =
            ["{}".into(), format!("{{{start}"), format!("{{{start},}}"), format!("{{{start},count:1}}"), format!("{{{start},x:1}}")];
        for text in invalid {
            assert_eq!(read(&text), Err(ErrorKind::InvalidNativeHistogram), "{text}");
        }
        for tail in [
            "positive_spans:[0:2]",
            "positive_deltas:[1]",
            "positive_spans:[0:1,-1:1],positive_deltas:[1,1]",
            "positive_spans:[0:1],positive_deltas:[-1]",
        ] {
            assert_eq!(read(&format!("{{{start},{tail}}}")), Err(ErrorKind::SpanMismatch), "{tail}");
        }
    }
}
