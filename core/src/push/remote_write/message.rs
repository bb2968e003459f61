//! The messages of both versions. What their labels are written from is the caller's: a collector's metrics here, series that were
//! prepared in `picometer-push`.

#![allow(missing_debug_implementations, reason = "they are written, and seen by no program")]

use crate::desc::Kind;
use crate::protobuf::{Fields, Message};
use crate::push::sample::Sample;

/// The value of a sample that ends its series: a NaN that is no other sample's.
pub const STALE: u64 = 0x7ff0_0000_0000_0002;
const NAN: u64 = 0x7ff8_0000_0000_0001;

/// A series with one sample. Zero is unknown, and is left out.
pub struct TimeSeries<'a> {
    /// Fields of number 1: labels by their text in 1.0, by the numbers of symbols in 2.0.
    pub labels: &'a dyn Message,
    /// The bits of a `f64`.
    pub value: u64,
    pub millis: i64,
    /// When the series began at zero; 2.0 only.
    pub started: i64,
    /// Fields behind the sample: an exemplar, and in 2.0 the metadata.
    pub rest: &'a dyn Message,
}

impl Message for TimeSeries<'_> {
    fn fields(&self, out: &mut Fields<'_>) {
        self.labels.fields(out);
        out.message(2, &|out: &mut Fields<'_>| {
            out.fixed64(1, self.value);
            known(out, 2, self.millis as u64);
            known(out, 3, self.started as u64);
        });
        self.rest.fields(out);
    }
}

/// An exemplar: field 3 of a series in 1.0, field 4 in 2.0.
pub struct ExemplarMessage<'a> {
    /// As those of the series.
    pub labels: &'a dyn Message,
    pub value: f64,
    pub millis: i64,
}

impl Message for ExemplarMessage<'_> {
    fn fields(&self, out: &mut Fields<'_>) {
        self.labels.fields(out);
        out.double(2, self.value);
        known(out, 3, self.millis as u64);
    }
}

/// What a series of 2.0 says about its family, field 5; texts by the numbers of symbols.
pub struct Metadata {
    pub kind: Kind,
    pub help: u32,
    pub unit: u32,
}

impl Message for Metadata {
    fn fields(&self, out: &mut Fields<'_>) {
        let kind = match self.kind {
            Kind::Unknown => 0,
            Kind::Counter => 1,
            Kind::Gauge => 2,
            Kind::Histogram => 3,
            Kind::GaugeHistogram => 4,
            Kind::Summary => 5,
            Kind::Info => 6,
            Kind::StateSet => 7,
        };
        for (field, value) in [(1, kind), (3, self.help), (4, self.unit)] {
            known(out, field, value.into());
        }
    }
}

/// A number that is left out where it is zero.
pub fn known(out: &mut Fields<'_>, field: u32, value: u64) {
    if value != 0 {
        out.uint(field, value);
    }
}

/// The bits of a value, which never end a series.
pub fn bits(value: f64) -> u64 {
    if value.is_nan() { NAN } else { value.to_bits() }
}

/// When the series of a sample began at zero: what its point says, or `otherwise`; zero for types that do not begin.
pub fn started(sample: &Sample<'_>, otherwise: i64) -> i64 {
    match sample.desc().kind() {
        Kind::Counter | Kind::Histogram | Kind::Summary => sample.created().map_or(otherwise, |moment| nonzero(moment.millis())),
        _ => 0,
    }
}

/// A start time of zero means that it is not known, so the epoch itself moves by a millisecond.
pub(super) const fn nonzero(millis: i64) -> i64 {
    if millis == 0 { 1 } else { millis }
}
