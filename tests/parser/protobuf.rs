//! Delimited protobuf, byte by byte.

use picometer_std::Kind;
use picometer_std::model::{NativeBuckets, Number, Span};
use picometer_std::parse::{ErrorKind, Limits, protobuf};

/// A field with a length in front.
fn bytes(number: u32, content: &[u8]) -> Vec<u8> {
    let mut out = varint(u64::from(number << 3 | 2));
    out.extend(varint(content.len() as u64));
    out.extend(content);
    out
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn uint(number: u32, value: u64) -> Vec<u8> {
    [varint(u64::from(number << 3)), varint(value)].concat()
}

fn double(number: u32, value: f64) -> Vec<u8> {
    [varint(u64::from(number << 3 | 1)), value.to_le_bytes().to_vec()].concat()
}

fn sint(number: u32, value: i64) -> Vec<u8> {
    uint(number, (value << 1 ^ value >> 63) as u64)
}

fn label(name: &str, value: &str) -> Vec<u8> {
    bytes(1, &[bytes(1, name.as_bytes()), bytes(2, value.as_bytes())].concat())
}

fn page(name: &str, kind: u64, metrics: &[Vec<u8>]) -> Vec<u8> {
    let metrics = metrics.iter().map(|metric| bytes(4, metric)).collect::<Vec<_>>().concat();
    let family = [bytes(1, name.as_bytes()), bytes(2, b"Help."), uint(3, kind), metrics, bytes(5, b"seconds")].concat();
    [varint(family.len() as u64), family].concat()
}

#[test]
fn every_type() {
    let moment = bytes(3, &[uint(1, 1_700_000_000), uint(2, 500_000_000)].concat());
    let exemplar = |number| bytes(number, &[label("trace_id", "x"), double(2, 0.5), moment.clone()].concat());
    let stamp = uint(6, 1_500);
    let counter = [label("a", "b"), bytes(3, &[double(1, 7.0), exemplar(2), moment.clone()].concat()), stamp.clone()].concat();
    let quantile = |which, value| bytes(3, &[double(1, which), double(2, value)].concat());
    let summary = bytes(4, &[uint(1, 3), double(2, 9.5), quantile(0.5, 2.0), quantile(1.0, 4.0)].concat());
    let bucket = |count, bound: f64| bytes(3, &[uint(1, count), double(2, bound), exemplar(3)].concat());
    let histogram = bytes(7, &[uint(1, 5), double(2, 1.25), bucket(2, 0.1), bucket(4, 1.0)].concat());
    let pages = [
        page("c_seconds_total", 0, &[counter]),
        page("g_seconds", 1, &[bytes(2, &double(1, -1.5)), Vec::new()]),
        page("s_seconds", 2, &[summary]),
        page("u_seconds", 3, &[bytes(5, &double(1, 2.0))]),
        page("h_seconds", 4, std::slice::from_ref(&histogram)),
        page("gh_seconds", 5, &[histogram]),
    ];
    let families = protobuf(&pages.concat(), Limits::default()).unwrap();
    let kinds: Vec<_> = families.iter().map(|family| (family.name.as_str(), family.kind, family.samples.len())).collect();
    assert_eq!(
        kinds,
        [
            ("c_seconds", Kind::Counter, 2),
            ("g_seconds", Kind::Gauge, 2),
            ("s_seconds", Kind::Summary, 4),
            ("u_seconds", Kind::Unknown, 1),
            ("h_seconds", Kind::Histogram, 5),
            ("gh_seconds", Kind::GaugeHistogram, 5),
        ]
    );
    assert!(families.iter().all(|family| family.help == "Help." && family.unit == "seconds"));
    let counter = families[0].sample("c_seconds_total", &[("a", "b")]).unwrap();
    assert_eq!((counter.value, counter.timestamp.unwrap().seconds()), (Number::Float(7.0), 1.5));
    assert_eq!(counter.exemplar.as_ref().unwrap().timestamp.unwrap().seconds(), 1_700_000_000.5);
    assert_eq!(families[0].sample("c_seconds_created", &[("a", "b")]).unwrap().value.as_f64(), 1_700_000_000.5);
    assert_eq!(families[1].samples[1].value.as_f64(), 0.0, "an absent message is one of zeros");
    assert!(families[2].sample("s_seconds", &[("quantile", "0.5")]).is_some());
    let infinite = families[4].sample("h_seconds_bucket", &[("le", "+Inf")]).unwrap();
    assert_eq!(infinite.value, Number::Integer(5), "made of the count");
    assert!(families[4].sample("h_seconds_bucket", &[("le", "1.0")]).unwrap().exemplar.is_some());
    assert!(families[5].sample("gh_seconds_gsum", &[]).is_some());
}

#[test]
fn native_histograms() {
    let span = |number, offset, length| bytes(number, &[sint(1, offset), uint(2, length)].concat());
    let head = || [uint(1, 9), double(2, 3.5), sint(5, -2), double(6, 0.001), uint(7, 1)].concat();
    let unpacked = [head(), span(12, -2, 2), span(12, 3, 1), sint(13, 3), sint(13, 2), sint(13, -4), span(9, 0, 1), sint(10, 2)].concat();
    let zigzag = |values: &[i64]| values.iter().flat_map(|&value| varint((value << 1 ^ value >> 63) as u64)).collect::<Vec<_>>();
    let packed =
        [head(), span(12, -2, 2), span(12, 3, 1), bytes(13, &zigzag(&[3, 2, -4])), span(9, 0, 1), bytes(10, &zigzag(&[2]))].concat();
    for histogram in [unpacked, packed] {
        let families = protobuf(&page("h", 4, &[bytes(7, &histogram)]), Limits::default()).unwrap();
        assert_eq!(families[0].samples.len(), 1);
        let native = families[0].samples[0].native_histogram.as_ref().unwrap();
        assert_eq!((native.count, native.sum, native.schema, native.zero_count), (Number::Integer(9), 3.5, -2, Number::Integer(1)));
        assert_eq!(native.positive_spans, [Span { offset: -2, length: 2 }, Span { offset: 3, length: 1 }]);
        assert_eq!(native.positive, NativeBuckets::Deltas(vec![3, 2, -4]));
        assert_eq!(native.negative.counts(), [2.0]);
    }
    // Nothing observed, and yet native (native histograms E7).
    let empty = protobuf(&page("h", 4, &[bytes(7, &span(12, 0, 0))]), Limits::default()).unwrap();
    assert!(empty[0].samples[0].native_histogram.as_ref().unwrap().positive_spans.is_empty());
    // Float counts.
    let floats = [double(4, 2.5), span(12, 0, 2), double(14, 1.0), double(14, 1.5)].concat();
    let families = protobuf(&page("h", 4, &[bytes(7, &floats)]), Limits::default()).unwrap();
    let native = families[0].samples[0].native_histogram.as_ref().unwrap();
    assert_eq!((native.count, native.positive.clone()), (Number::Float(2.5), NativeBuckets::Counts(vec![1.0, 1.5])));
    let mismatch = [head(), span(12, 0, 2), sint(13, 1)].concat();
    assert_eq!(protobuf(&page("h", 4, &[bytes(7, &mismatch)]), Limits::default()).unwrap_err().kind, ErrorKind::SpanMismatch);
}

#[test]
fn every_cut_is_an_error() {
    let page = page("a_total", 0, &[[label("b", "c"), bytes(3, &double(1, 1.0))].concat()]);
    for end in 1..page.len() {
        let error = protobuf(&page[..end], Limits::default()).unwrap_err();
        assert_eq!((error.kind, error.line), (ErrorKind::Truncated, 0), "{end}");
        assert!(error.to_string().starts_with("byte "));
    }
    assert!(protobuf(&[], Limits::default()).unwrap().is_empty());
}

#[test]
fn unknown_fields_and_long_varints_are_passed_over() {
    let group = [vec![99 << 3 & 0x7f | 3 | 0x80, 6], uint(1, 5), vec![99 << 3 & 0x7f | 4 | 0x80, 6]].concat();
    let family = [bytes(1, b"a"), uint(3, 1), uint(77, 1), double(78, 1.0), bytes(79, b"x"), group, vec![5 | 0x80, 5, 1, 2, 3, 4]].concat();
    let metric = bytes(4, &[bytes(2, &double(1, 4.0)), vec![0x30, 0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]].concat());
    let whole = [family, metric].concat();
    let families = protobuf(&[varint(whole.len() as u64), whole].concat(), Limits::default()).unwrap();
    assert_eq!((families[0].samples[0].value.as_f64(), families[0].samples[0].timestamp.unwrap().seconds()), (4.0, 0.005));
}

#[test]
fn what_is_wrong_has_its_kind() {
    let delimited = |family: &[u8]| [varint(family.len() as u64), family.to_vec()].concat();
    let table = [
        (delimited(&uint(3, 1)), ErrorKind::MissingName),
        (delimited(&[bytes(1, b"a"), uint(3, 9)].concat()), ErrorKind::UnknownType),
        (delimited(&uint(1, 5)), ErrorKind::InvalidField),
        (delimited(&bytes(1, b"\xff")), ErrorKind::InvalidUtf8),
        (delimited(&[0x0f]), ErrorKind::InvalidField),
        (delimited(&[0x00]), ErrorKind::InvalidField),
        (delimited(&[0xff; 11]), ErrorKind::InvalidVarint),
        (vec![0xff; 6], ErrorKind::InvalidVarint),
        (delimited(&[0x0b; 40]), ErrorKind::TooDeep),
        (page("a", 1, &[bytes(1, &bytes(2, b"value"))]), ErrorKind::EmptyName),
    ];
    for (page, kind) in table {
        assert_eq!(protobuf(&page, Limits::default()).unwrap_err().kind, kind, "{page:?}");
    }
    let two = [page("a", 1, &[Vec::new()]), page("b", 1, &[Vec::new()])].concat();
    let kind = |limits| protobuf(&two, limits).unwrap_err().kind;
    assert_eq!(kind(Limits { message: 5, ..Limits::default() }), ErrorKind::MessageTooLong);
    assert_eq!(kind(Limits { families: 1, ..Limits::default() }), ErrorKind::PageTooLong);
    assert_eq!(kind(Limits { samples: 1, ..Limits::default() }), ErrorKind::PageTooLong);
}
