//! Native histograms as points, of any collector.

use super::decode::{decode, messages};
use super::support::collector;
use super::written;
use picometer::{
    Collector, Desc, Exemplar, Exposition, Format, HistogramPoint, NativeBucket, NativeHistogramPoint, Point, PointValue, Timestamp,
};

/// The two buckets of the specification's example that are far apart, and a classic part.
fn both() -> impl Collector {
    collector(|out| {
        let of = |index, count| NativeBucket { index, count };
        let (bounds, labels) = ([0.5, 1.0], [("trace_id", "abc")]);
        let exemplars = [Exemplar::new(&labels, 0.3).at(Timestamp::from_millis(1_500)), Exemplar::new(&labels, 0.4)];
        let native = NativeHistogramPoint {
            classic: HistogramPoint { counts: &[3, 6], beyond: 11, sum: Some(12.5.into()), bounds: &bounds, exemplars: None },
            schema: -4,
            zero_threshold: 0.0,
            zero_count: 2,
            positive: &[of(-2, 3), of(-1, 5), of(2, 1), of(9, 3)],
            negative: &[of(0, 6)],
            exemplars: &exemplars,
        };
        out.family(const { &Desc::histogram("both", "") })?.point(&(), &Point::new(PointValue::NativeHistogram(&native)))
    })
}

/// Nothing observed, and an exact zero bucket: the case that looks like a classic histogram.
fn nothing() -> impl Collector {
    collector(|out| {
        let classic = HistogramPoint { counts: &[], beyond: 0, sum: Some(0_u32.into()), bounds: &[0.0; 0], exemplars: None };
        let native =
            NativeHistogramPoint { classic, schema: 8, zero_threshold: 0.0, zero_count: 0, positive: &[], negative: &[], exemplars: &[] };
        out.family(const { &Desc::histogram("nothing", "") })?.point(&(), &Point::new(PointValue::NativeHistogram(&native)))
    })
}

#[test]
fn native_and_classic_parts_in_one_message() {
    let page = written(&Exposition::new(&both(), Format::Protobuf));
    let Some(shown) = decode(messages(&page)[0]) else { return };
    super::check("native", &shown);
}

#[test]
fn nothing_observed_is_still_native() {
    let page = written(&Exposition::new(&nothing(), Format::Protobuf));
    let Some(shown) = decode(messages(&page)[0]) else { return };
    assert!(shown.contains("positive_span {\n      offset: 0\n      length: 0\n    }"), "{shown}");
    assert!(shown.contains("schema: 8\n"), "{shown}");
}

#[test]
fn text_shows_the_classic_part() {
    let page = super::fixture::page(&both(), Format::Text004);
    let lines = ["both_bucket{le=\"0.5\"} 3", "both_bucket{le=\"1.0\"} 9", "both_bucket{le=\"+Inf\"} 20", "both_sum 12.5", "both_count 20"];
    assert_eq!(page, format!("# TYPE both histogram\n{}\n", lines.join("\n")));
    let page = super::fixture::page(&nothing(), Format::OpenMetrics100);
    assert_eq!(page, "# TYPE nothing histogram\nnothing_bucket{le=\"+Inf\"} 0\nnothing_sum 0\nnothing_count 0\n# EOF\n");
}
