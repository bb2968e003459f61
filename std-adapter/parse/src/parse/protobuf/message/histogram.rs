//! The message of a histogram, classic and native.

use picometer::Timestamp;

use super::super::super::budget::Budget;
use super::super::super::error::{Error, ErrorKind};
use super::super::wire::{Value, Wire, zigzag};
use super::{exemplar, timestamp};
use crate::model::{self, NativeBuckets, NativeHistogram, Number, Span};

#[derive(Default)]
pub(super) struct Histogram {
    pub(super) count: Option<u64>,
    pub(super) count_float: f64,
    pub(super) sum: Option<f64>,
    pub(super) buckets: Vec<Bucket>,
    pub(super) created: Option<Timestamp>,
    schema: i32,
    zero_threshold: f64,
    zero_count: u64,
    zero_count_float: f64,
    negative: Side,
    positive: Side,
    exemplars: Vec<model::Exemplar>,
}

#[derive(Default)]
struct Side {
    spans: Vec<Span>,
    deltas: Vec<i64>,
    counts: Vec<f64>,
}

impl Side {
    fn buckets(&mut self) -> NativeBuckets {
        if self.counts.is_empty() {
            NativeBuckets::Deltas(std::mem::take(&mut self.deltas))
        } else {
            NativeBuckets::Counts(std::mem::take(&mut self.counts))
        }
    }
}

pub(super) struct Bucket {
    pub(super) bound: f64,
    pub(super) count: Number,
    pub(super) exemplar: Option<model::Exemplar>,
}

impl Histogram {
    pub(super) fn field(&mut self, number: u32, field: Value<'_>, at: &Wire<'_>, budget: &mut Budget) -> Result<(), Error> {
        let size = match number {
            // Each becomes a sample.
            3 if self.buckets.len() >= budget.samples_left() => return at.error(ErrorKind::PageTooLong),
            3 => size_of::<Bucket>(),
            9 | 12 => size_of::<Span>(),
            // As many as there are bytes, where they are packed.
            10 | 11 | 13 | 14 => size_of::<i64>() * field.len().max(1),
            16 => size_of::<model::Exemplar>() + field.len(),
            _ => 0,
        };
        budget.memory(size).or_else(|kind| at.error(kind))?;
        match number {
            1 => self.count = Some(field.uint(at)?),
            2 => self.sum = Some(field.float(at)?),
            3 => self.buckets.push(bucket(field.bytes(at)?)?),
            4 => self.count_float = field.float(at)?,
            5 => self.schema = zigzag(field.uint(at)?) as i32,
            6 => self.zero_threshold = field.float(at)?,
            7 => self.zero_count = field.uint(at)?,
            8 => self.zero_count_float = field.float(at)?,
            9 => self.negative.spans.push(span(field.bytes(at)?)?),
            10 => field.push_signed(at, &mut self.negative.deltas)?,
            11 => field.push_doubles(at, &mut self.negative.counts)?,
            12 => self.positive.spans.push(span(field.bytes(at)?)?),
            13 => field.push_signed(at, &mut self.positive.deltas)?,
            14 => field.push_doubles(at, &mut self.positive.counts)?,
            15 => self.created = Some(timestamp(field.bytes(at)?)?),
            16 => self.exemplars.push(exemplar(field.bytes(at)?)?),
            _ => {}
        }
        Ok(())
    }

    /// The native half, if there is one. The span that says nothing but that is left out.
    pub(super) fn native(&mut self, count: Number) -> Option<NativeHistogram> {
        let spans = !self.negative.spans.is_empty() || !self.positive.spans.is_empty();
        if !(spans || self.zero_threshold > 0.0 || self.zero_count > 0 || self.zero_count_float > 0.0) {
            return None;
        }
        let without_empty = |spans: &mut Vec<Span>| {
            let mut spans = std::mem::take(spans);
            spans.retain(|span| *span != Span { offset: 0, length: 0 });
            spans
        };
        Some(NativeHistogram {
            count,
            sum: self.sum.unwrap_or(0.0),
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: if self.zero_count_float > 0.0 { Number::Float(self.zero_count_float) } else { self.zero_count.into() },
            negative_spans: without_empty(&mut self.negative.spans),
            negative: self.negative.buckets(),
            positive_spans: without_empty(&mut self.positive.spans),
            positive: self.positive.buckets(),
            exemplars: std::mem::take(&mut self.exemplars),
        })
    }
}

fn bucket(mut wire: Wire<'_>) -> Result<Bucket, Error> {
    let (mut bucket, mut float) = (Bucket { bound: 0.0, count: 0_u64.into(), exemplar: None }, 0.0);
    while let Some((number, field)) = wire.field()? {
        match number {
            1 => bucket.count = field.uint(&wire)?.into(),
            2 => bucket.bound = field.float(&wire)?,
            3 => bucket.exemplar = Some(exemplar(field.bytes(&wire)?)?),
            4 => float = field.float(&wire)?,
            _ => {}
        }
    }
    if float > 0.0 {
        bucket.count = Number::Float(float);
    }
    Ok(bucket)
}

fn span(mut wire: Wire<'_>) -> Result<Span, Error> {
    let mut span = Span { offset: 0, length: 0 };
    while let Some((number, field)) = wire.field()? {
        match number {
            1 => span.offset = zigzag(field.uint(&wire)?) as i32,
            2 => match u32::try_from(field.uint(&wire)?) {
                Ok(length) => span.length = length,
                Err(_) => return wire.error(ErrorKind::SpanMismatch),
            },
            _ => {}
        }
    }
    Ok(span)
}
