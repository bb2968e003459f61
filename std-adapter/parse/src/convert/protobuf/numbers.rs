//! Counts and distributions in a message.

use picometer::Kind;
use picometer::protobuf::Buffer;

use super::{double, exemplar};
use crate::convert::group::{self, bound};
use crate::convert::loss::{Loss, Losses};
use crate::model::{Family, NativeBuckets, NativeHistogram, Number, Sample, Span};

/// A count that a message can say: an integer, or a positive double.
#[derive(Clone, Copy)]
enum Count {
    Whole(u64),
    Real(f64),
}

fn count(number: Number) -> Option<Count> {
    match unsigned(number) {
        Some(count) => Some(Count::Whole(count)),
        None => Some(number.as_f64()).filter(|&count| count > 0.0).map(Count::Real),
    }
}

/// An integer without a sign: minus zero has one.
fn unsigned(number: Number) -> Option<u64> {
    number.as_u64().filter(|_| !number.as_f64().is_sign_negative())
}

fn put_count(message: &mut Buffer, whole: u32, real: u32, count: Count) {
    match count {
        Count::Whole(count) => message.uint(whole, count),
        Count::Real(count) => message.double(real, count),
    }
}

pub(super) fn summary(family: &Family, point: &[Sample], losses: &mut Losses) -> Option<Buffer> {
    let (mut message, mut quantiles, mut total, mut sum) = (Buffer::default(), Vec::new(), None, None);
    for sample in point {
        if sample.exemplar.is_some() {
            losses.add(Loss::Exemplar, &sample.name);
        }
        match sample.name.strip_prefix(family.name.as_str())? {
            "" => quantiles.push((spelled(sample, "quantile", losses)?, double(sample, losses))),
            "_sum" if sum.is_none() => sum = Some(double(sample, losses)),
            "_count" if total.is_none() => total = Some(unsigned(sample.value)?),
            "_created" => {}
            _ => return None,
        }
    }
    let seen = quantiles.iter().any(|(_, value)| !value.is_nan());
    absent(total.is_none(), sum.is_none(), seen || total.unwrap_or(0) > 0, &family.name, losses)?;
    if let Some(total) = total {
        message.uint(1, total);
    }
    if let Some(sum) = sum {
        message.double(2, sum);
    }
    for (quantile, value) in quantiles {
        let mut inner = Buffer::default();
        inner.double(1, quantile);
        inner.double(2, value);
        message.bytes(3, inner);
    }
    Some(message)
}

/// An absent sum or count is one of zero where nothing else was observed.
fn absent(count: bool, sum: bool, seen: bool, name: &str, losses: &mut Losses) -> Option<()> {
    if !count && !sum {
        return Some(());
    }
    losses.add(Loss::AbsentTotal, name);
    seen.then_some(())
}

/// The number in `le` or `quantile`, whose spelling is not kept.
fn spelled(sample: &Sample, own: &str, losses: &mut Losses) -> Option<f64> {
    let number = bound(sample, own)?;
    if sample.labels.get(own) != Some(picometer::Number::from(number).bound_text().as_str()) {
        losses.add(Loss::BoundText, &sample.name);
    }
    Some(number)
}

pub(super) fn histogram(family: &Family, point: &mut [Sample], losses: &mut Losses) -> Option<Buffer> {
    group::in_order(family, point);
    let gauge = family.kind == Kind::GaugeHistogram;
    let (mut buckets, mut total, mut sum, mut native) = (Vec::new(), None, None, None);
    for sample in point.iter() {
        match (sample.name.strip_prefix(family.name.as_str())?, gauge) {
            ("_bucket", _) => buckets.push((spelled(sample, "le", losses)?, count(sample.value)?, sample.exemplar.as_deref())),
            ("_sum", false) | ("_gsum", true) if sum.is_none() => sum = Some(double(sample, losses)),
            ("_count", false) | ("_gcount", true) if total.is_none() => total = Some(count(sample.value)?),
            ("_created", false) => {}
            ("", _) if native.is_none() => native = Some(sample.native_histogram.as_deref()?),
            _ => return None,
        }
    }
    let infinite = buckets.iter().any(|(bound, ..)| *bound == f64::INFINITY);
    // Readers make the last bucket out of the count.
    if native.is_none() && !infinite {
        return None;
    }
    let positive = |count: &Count| matches!(count, Count::Real(_) | Count::Whole(1..));
    let mut message = Buffer::default();
    match native {
        Some(own) => {
            let same = total.is_none_or(|total| same_count(total, own.count)) && sum.is_none_or(|sum| sum.to_bits() == own.sum.to_bits());
            // Both halves have one sum and one count.
            if !same || (!buckets.is_empty() && (total.is_none() || sum.is_none() || !infinite)) || (buckets.is_empty() && total.is_some())
            {
                return None;
            }
            (total, sum) = (Some(count(own.count)?), Some(own.sum));
        }
        None => {
            let seen = buckets.iter().any(|(_, count, _)| positive(count)) || total.is_some_and(|total| positive(&total));
            absent(total.is_none(), sum.is_none(), seen, &family.name, losses)?;
        }
    }
    if let Some(total) = total {
        put_count(&mut message, 1, 4, total);
    }
    if let Some(sum) = sum {
        message.double(2, sum);
    }
    for (bound, count, own) in buckets {
        let mut bucket = Buffer::default();
        put_count(&mut bucket, 1, 4, count);
        bucket.double(2, bound);
        if let Some(own) = own {
            bucket.bytes(3, exemplar(own));
        }
        message.bytes(3, bucket);
    }
    if let Some(native) = native {
        fields(native, &mut message)?;
    }
    Some(message)
}

fn same_count(one: Count, other: Number) -> bool {
    match one {
        Count::Whole(count) => unsigned(other) == Some(count),
        Count::Real(count) => other.as_f64() == count,
    }
}

/// The exponential half.
fn fields(native: &NativeHistogram, message: &mut Buffer) -> Option<()> {
    message.sint(5, native.schema.into());
    message.double(6, native.zero_threshold);
    put_count(message, 7, 8, count(native.zero_count)?);
    let span = |span: &Span| {
        let mut inner = Buffer::default();
        inner.sint(1, span.offset.into());
        inner.uint(2, span.length.into());
        inner
    };
    for (spans, buckets, fields) in
        [(&native.negative_spans, &native.negative, [9, 10, 11]), (&native.positive_spans, &native.positive, [12, 13, 14])]
    {
        let [span_field, deltas_field, counts_field] = fields;
        spans.iter().for_each(|own| message.bytes(span_field, span(own)));
        match buckets {
            NativeBuckets::Deltas(deltas) => deltas.iter().for_each(|&delta| message.sint(deltas_field, delta)),
            NativeBuckets::Counts(counts) => counts.iter().for_each(|&count| message.double(counts_field, count)),
        }
    }
    // One that says that it is native, where nothing else does.
    if native.positive_spans.is_empty() && native.negative_spans.is_empty() {
        message.bytes(12, span(&Span { offset: 0, length: 0 }));
    }
    native.exemplars.iter().for_each(|own| message.bytes(16, exemplar(own)));
    Some(())
}
