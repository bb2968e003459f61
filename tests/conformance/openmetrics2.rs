//! OpenMetrics 2.0: the examples of its specification (exposition formats, section 7), from points.

use picometer::{
    BucketExemplars, Desc, Exemplar, Exposition, FillError, Format, HistogramPoint, NativeBucket, NativeHistogramPoint, Point, PointValue,
    Quantile, SummaryPoint, Timestamp,
};

use crate::fixture::text;
use crate::support::collector;

/// The one line that a point is.
macro_rules! line {
    ($desc:expr, $point:expr) => {{
        let one = collector(|out| out.family(&$desc)?.point(&(), &$point));
        let page = text(&Exposition::new(&one, Format::OpenMetrics200));
        let mut lines = page.lines().filter(|line| !line.starts_with('#'));
        let line = lines.next().expect("a sample").to_owned();
        assert_eq!(lines.next(), None, "{page}");
        line
    }};
}

const FOO: Desc<'_> = Desc::histogram("foo", "");

fn classic<'a>(exemplars: Option<&'a dyn BucketExemplars>) -> HistogramPoint<'a> {
    HistogramPoint { counts: &[0, 8, 3], beyond: 6, sum: Some(324_789.3.into()), bounds: &[0.01, 0.1, 1.0], exemplars }
}

#[test]
fn histograms_of_both_kinds() {
    let created = Timestamp::from_millis(1_520_430_000_123);
    let of = |counts: &[(i32, u64)]| counts.iter().map(|&(index, count)| NativeBucket { index, count }).collect::<Vec<_>>();
    let (positive, negative) = (of(&[(-1, 5), (0, 7), (4, 10), (5, 9), (6, 8), (7, 8)]), of(&[(1, 5), (2, 7)]));
    let native = || NativeHistogramPoint {
        classic: HistogramPoint { counts: &[], beyond: 59, sum: Some(120.0.into()), bounds: &[0.0; 0], exemplars: None },
        schema: 7,
        zero_threshold: 1e-4,
        zero_count: 0,
        positive: &positive,
        negative: &negative,
        exemplars: &[],
    };
    let both = || NativeHistogramPoint { classic: classic(None), positive: &[], negative: &[], zero_count: 17, ..native() };
    assert_eq!(
        line!(FOO, Point::new(PointValue::Histogram(classic(None))).since(created)),
        "foo {count:17,sum:324789.3,bucket:[0.01:0,0.1:8,1.0:11,+Inf:17]} st@1520430000.123"
    );
    assert_eq!(
        line!(FOO, Point::new(PointValue::NativeHistogram(&native()))),
        "foo {count:59,sum:120.0,schema:7,zero_threshold:0.0001,zero_count:0,negative_spans:[1:2],negative_buckets:[5,7],\
         positive_spans:[-1:2,3:4],positive_buckets:[5,7,10,9,8,8]}"
    );
    assert_eq!(
        line!(FOO, Point::new(PointValue::NativeHistogram(&both())).at(Timestamp::from_seconds(5)).since(created)),
        "foo {count:17,sum:324789.3,schema:7,zero_threshold:0.0001,zero_count:17,bucket:[0.01:0,0.1:8,1.0:11,+Inf:17]} 5 st@1520430000.123"
    );
    assert_eq!(
        line!(Desc::gauge_histogram("foo", ""), Point::new(PointValue::Histogram(classic(None))).since(created)),
        "foo {gcount:17,gsum:324789.3,bucket:[0.01:0,0.1:8,1.0:11,+Inf:17]}",
        "what shrinks has no start"
    );
    let unknown = || HistogramPoint { sum: None, ..classic(None) };
    assert!(line!(FOO, Point::new(PointValue::Histogram(unknown()))).starts_with("foo {count:17,sum:NaN,"));
}

#[test]
fn summaries() {
    let of = |quantile: f64, value: f64| Quantile { quantile: quantile.into(), value: value.into() };
    let quantiles = [of(0.95, 123.7), of(0.99, 150.0)];
    let summary = |quantiles| SummaryPoint { quantiles, count: 17, sum: 324_789.3.into() };
    let foo = Desc::summary("foo", "");
    assert_eq!(
        line!(foo, Point::new(PointValue::Summary(summary(&quantiles)))),
        "foo {count:17,sum:324789.3,quantile:[0.95:123.7,0.99:150.0]}"
    );
    assert_eq!(line!(foo, Point::new(PointValue::Summary(summary(&[])))), "foo {count:17,sum:324789.3,quantile:[]}");
}

/// An exemplar for every bucket, of which one has no timestamp.
struct Everywhere;

impl BucketExemplars for Everywhere {
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        let labels = [("trace_id", ["a", "b", "c", "d"][bucket])];
        let exemplar = Exemplar::new(&labels, [0.005, 0.05, 0.5, 2.0][bucket]);
        see(&if bucket == 2 { exemplar } else { exemplar.at(Timestamp::from_seconds(bucket as i64)) });
    }
}

#[test]
fn exemplars_have_timestamps_and_are_of_buckets_that_counted() {
    let line = line!(FOO, Point::new(PointValue::Histogram(classic(Some(&Everywhere)))));
    assert!(line.ends_with("+Inf:17]} # {trace_id=\"b\"} 0.05 1 # {trace_id=\"d\"} 2.0 3"), "{line}");
    fn number<'a>(exemplar: &'a Exemplar<'a>) -> Point<'a> {
        Point::new(PointValue::Number { value: 3_u32.into(), exemplar: Some(exemplar) })
    }
    let total = Desc::counter("c_total", "");
    assert_eq!(line!(total, number(&Exemplar::new(&[("trace_id", "x")], 1_u32))), "c_total 3");
    assert_eq!(line!(total, number(&Exemplar::new(&(), 1_u32).at(Timestamp::from_millis(1_500)))), "c_total 3 # {} 1 1.5");
}

#[test]
fn a_histogram_is_never_cut() {
    let one = collector(|out| out.family(&FOO)?.point(&(), &Point::new(PointValue::Histogram(classic(None)))));
    let mut page = Exposition::new(&one, Format::OpenMetrics200);
    let mut buffer = [0; 64];
    assert_eq!(page.fill(&mut buffer), Ok(21));
    assert_eq!(page.fill(&mut buffer), Err(FillError::BufferTooSmall { needed: 65 }));
    assert_eq!(page.fill(&mut [0; 65]), Ok(65));
    assert_eq!(page.fill(&mut buffer), Ok(6));
}
