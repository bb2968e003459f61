//! Native histograms of several workers.

use std::time::Duration;

use picometer_std::multiprocess::Collector;
use picometer_std::{
    Desc, Encoder, LabelSet, Metric, NativeBucket, NativeBuckets, NativeHistogram, Point, PointValue, Registry, Run, Stop,
};

use super::Folder;
use super::child::{self, Worker};

/// Native histograms of a page by the name of their family: schema, zero threshold, how many are zero, count, sum, and buckets.
#[derive(Default)]
struct Natives(Vec<(String, Native)>);

#[derive(Debug, PartialEq)]
struct Native {
    schema: i8,
    zero_threshold: f64,
    zero_count: u64,
    count: u64,
    sum: f64,
    classic: Vec<u64>,
    positive: Vec<(i32, u64)>,
    negative: Vec<(i32, u64)>,
}

impl Encoder for Natives {
    fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
        Ok(true)
    }

    fn metric(&mut self, desc: &Desc<'_>, _: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if let PointValue::NativeHistogram(point) = &point.value {
            let buckets = |side: &[NativeBucket]| side.iter().map(|bucket| (bucket.index, bucket.count)).collect();
            let native = Native {
                schema: point.schema,
                zero_threshold: point.zero_threshold,
                zero_count: point.zero_count,
                count: point.classic.count(),
                sum: point.classic.sum.unwrap().as_f64(),
                classic: point.classic.counts.to_vec(),
                positive: buckets(point.positive),
                negative: buckets(point.negative),
            };
            self.0.push((desc.name().to_string(), native));
        }
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}

fn natives(collector: &impl picometer_std::Collector) -> Vec<(String, Native)> {
    let mut seen = Natives::default();
    collector.collect(&mut seen).unwrap();
    seen.0
}

/// What one of the two workers observes; whole numbers, so that sums are exact.
fn observed(who: usize) -> impl Iterator<Item = f64> {
    (0..400_u32).map(move |step| f64::from(step * 7 + who as u32) * if step % 3 == 0 { -1.0 } else { 1.0 }).chain([0.0, f64::NAN])
}

fn sizes(factor: f64) -> Metric<NativeHistogram> {
    let config = NativeBuckets::new().factor(factor).classic([10.0, 1e3]).unwrap();
    Metric::<NativeHistogram>::new("sizes", "").config(&config)
}

fn native() {
    let registry = Registry::new();
    let shared: std::cell::OnceCell<_> = Default::default();
    let resets = NativeBuckets::new().factor(1.01).max_buckets(8).min_reset(Duration::ZERO);
    let resets = registry.register(Metric::<NativeHistogram>::new("resets", "").config(&resets)).unwrap();
    child::serve(|command| match command {
        ["with", factor] => assert!(shared.set(registry.register(sizes(factor.parse().unwrap())).unwrap()).is_ok()),
        ["observe", who] => {
            observed(who.parse().unwrap()).for_each(|value| shared.get().unwrap().observe(value));
            (0..100).for_each(|value| resets.observe(f64::from(value)));
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn native_histograms_are_as_fine_as_the_coarsest() {
    child::role!(role, native());
    let folder = Folder::new();
    let (mut one, mut other) = (Worker::start(role, &folder), Worker::start(role, &folder));
    one.ask("with 1.02");
    other.ask("with 1.3");
    let all = sizes(1.3);
    let collector = Collector::new(&*folder).unwrap();
    let shown = || natives(&collector).into_iter().find(|(name, _)| name == "sizes").unwrap().1;
    one.ask("observe 0");
    observed(0).for_each(|value| all.observe(value));
    let expected = natives(&all).remove(0).1;
    assert_eq!(shown(), expected, "one has nothing yet, but is coarser");
    assert!(expected.schema < 4 && expected.zero_count == 2 && expected.positive.len() > 20 && expected.negative.len() > 10);
    other.ask("observe 1");
    observed(1).for_each(|value| all.observe(value));
    let expected = natives(&all).remove(0).1;
    assert_eq!(shown(), expected);
    let resets = natives(&collector).into_iter().find(|(name, _)| name == "resets").unwrap().1;
    assert!(resets.count > 0 && resets.count < 200, "{resets:?}");
    one.kill();
    for _ in 0..3 {
        assert_eq!(shown(), expected, "the dead are folded");
    }
    other.end();
    for _ in 0..2 {
        assert_eq!(shown(), expected);
    }
}
