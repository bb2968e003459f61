//! Native histograms as encoders take them: bucket by bucket.

use picometer::NativeBucket;

use crate::model::{Exemplar, NativeBuckets, NativeHistogram, Span};

/// The half of a native histogram that is no classic one.
#[derive(Debug)]
pub(super) struct Native {
    pub(super) schema: i8,
    pub(super) zero_threshold: f64,
    pub(super) zero_count: u64,
    pub(super) positive: Vec<NativeBucket>,
    pub(super) negative: Vec<NativeBucket>,
    pub(super) exemplars: Vec<Exemplar>,
}

impl Native {
    /// Nothing where counts are no integers, or the schema is none.
    pub(super) fn new(histogram: &NativeHistogram) -> Option<Self> {
        Some(Self {
            schema: i8::try_from(histogram.schema).ok().filter(|schema| (-4..=8).contains(schema))?,
            zero_threshold: histogram.zero_threshold,
            zero_count: histogram.zero_count.as_u64()?,
            positive: buckets(&histogram.positive_spans, &histogram.positive)?,
            negative: buckets(&histogram.negative_spans, &histogram.negative)?,
            exemplars: histogram.exemplars.clone(),
        })
    }
}

/// The buckets that counted something.
fn buckets(spans: &[Span], buckets: &NativeBuckets) -> Option<Vec<NativeBucket>> {
    let NativeBuckets::Deltas(deltas) = buckets else { return buckets.is_empty().then(Vec::new) };
    let (mut index, mut count, mut deltas, mut found) = (0_i32, 0_i64, deltas.iter(), Vec::new());
    for span in spans {
        index = index.checked_add(span.offset)?;
        for _ in 0..span.length {
            count = count.checked_add(*deltas.next()?)?;
            match u64::try_from(count).ok()? {
                0 => {}
                count => found.push(NativeBucket { index, count }),
            }
            index = index.checked_add(1)?;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_name_buckets() {
        // Native histograms E6.
        let spans = [(-2, 2), (2, 1), (1, 2)].map(|(offset, length)| Span { offset, length });
        let found = buckets(&spans, &NativeBuckets::Deltas(vec![3, 2, -4, 2, -1])).unwrap();
        let found: Vec<_> = found.into_iter().map(|bucket| (bucket.index, bucket.count)).collect();
        assert_eq!(found, [(-2, 3), (-1, 5), (2, 1), (4, 3), (5, 2)]);
        assert_eq!(buckets(&spans[..1], &NativeBuckets::Deltas(vec![1, -2])), None, "a count is not negative");
    }
}
