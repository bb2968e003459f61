//! The messages of both versions. What their labels are written from is the caller's: a collector's metrics here, series that were
//! prepared in `picometer-push`.

use crate::desc::Kind;
#[cfg(feature = "alloc")]
use crate::protobuf::Buffer;
use crate::protobuf::Fields;
use crate::push::sample::Sample;

/// What messages are written into.
pub trait Out {
    fn uint(&mut self, field: u32, value: u64);
    fn double(&mut self, field: u32, bits: u64);
    /// A field whose content is written by a function, which is called for its length too where nothing can be put in front later.
    fn within(&mut self, field: u32, content: impl Fn(&mut Self));
}

impl Out for Fields<'_> {
    fn uint(&mut self, field: u32, value: u64) {
        self.uint(field, value);
    }

    fn double(&mut self, field: u32, bits: u64) {
        self.fixed64(field, bits);
    }

    fn within(&mut self, field: u32, content: impl Fn(&mut Self)) {
        self.within(field, content);
    }
}

#[cfg(feature = "alloc")]
impl Out for Buffer {
    fn uint(&mut self, field: u32, value: u64) {
        self.uint(field, value);
    }

    fn double(&mut self, field: u32, bits: u64) {
        self.fixed64(field, bits);
    }

    fn within(&mut self, field: u32, content: impl Fn(&mut Self)) {
        self.message(field, |out| content(out));
    }
}

/// The value of a sample that ends its series: a NaN that is no other sample's.
pub const STALE: u64 = 0x7ff0_0000_0000_0002;
const NAN: u64 = 0x7ff8_0000_0000_0001;

/// A series with one sample. `labels` writes the fields of number 1: texts in 1.0, numbers of symbols in 2.0. `rest` writes what stands
/// behind the sample: an exemplar, and in 2.0 metadata. The sample has the bits of an `f64`, the moment, and in 2.0 when the series
/// began at zero; moments that are zero are left out.
pub fn series<O: Out>(out: &mut O, labels: impl Fn(&mut O), (value, millis, started): (u64, i64, i64), rest: impl Fn(&mut O)) {
    labels(out);
    out.within(2, |out| {
        out.double(1, value);
        known(out, 2, millis as u64);
        known(out, 3, started as u64);
    });
    rest(out);
}

/// An exemplar: field 3 of a series in 1.0, field 4 in 2.0.
pub fn exemplar<O: Out>(out: &mut O, labels: impl Fn(&mut O), value: f64, millis: i64) {
    labels(out);
    out.double(2, value.to_bits());
    known(out, 3, millis as u64);
}

/// What a series of 2.0 says about its family, field 5; texts by the numbers of symbols.
pub fn metadata(out: &mut impl Out, kind: Kind, help: u32, unit: u32) {
    let kind = match kind {
        Kind::Unknown => 0,
        Kind::Counter => 1,
        Kind::Gauge => 2,
        Kind::Histogram => 3,
        Kind::GaugeHistogram => 4,
        Kind::Summary => 5,
        Kind::Info => 6,
        Kind::StateSet => 7,
    };
    for (field, value) in [(1, kind), (3, help), (4, unit)] {
        known(out, field, value.into());
    }
}

/// A number that is left out where it is zero.
pub fn known(out: &mut impl Out, field: u32, value: u64) {
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
