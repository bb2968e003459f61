//! How far off each type is, which is no more than its documentation says.

use picometer_std::model::NativeHistogram as Read;
use picometer_std::parse::{Limits, protobuf};
use picometer_std::{Collector, Format, Metric, NativeBuckets, NativeHistogram, Objectives, QuantileSummary, render, statics};
use proptest::prelude::*;

use crate::streams::{exact, sorted, streams};

statics::quantiles! { Usual = [0.0, 0.25, 0.5, 0.9, 0.99, 1.0] in 60_000; }

const SHOWN: [f64; 7] = [0.01, 0.1, 0.25, 0.5, 0.9, 0.99, 1.0];

/// The native histogram of a page, as a server reads it.
fn read(metric: &dyn Collector) -> Read {
    let mut page = Vec::new();
    render(metric, Format::Protobuf, &mut page);
    let families = protobuf(&page, Limits::default()).expect("a page");
    *families[0].samples.iter().find_map(|sample| sample.native_histogram.clone()).expect("a native histogram")
}

/// What a server makes of positive buckets: within the bucket of the rank, as far as that is into it, in exponential steps.
fn quantile(histogram: &Read, quantile: f64) -> f64 {
    let base = 2_f64.powf(2_f64.powi(-histogram.schema));
    let rank = quantile * histogram.count.as_f64();
    let (mut index, mut counts, mut below) = (0, histogram.positive.counts().into_iter(), histogram.zero_count.as_f64());
    for span in &histogram.positive_spans {
        index += span.offset;
        for _ in 0..span.length {
            let count = counts.next().expect("a count for each bucket");
            if count > 0.0 && below + count >= rank {
                return base.powf(f64::from(index - 1) + (rank - below) / count);
            }
            below += count;
            index += 1;
        }
    }
    f64::NAN
}

/// Every quantile is in the bucket that the exact one is in, so off by less than a bucket is wide.
fn within_a_bucket(name: &str, histogram: &Read, values: &[f64]) {
    let base = 2_f64.powf(2_f64.powi(-histogram.schema)) * (1.0 + 1e-9);
    let sorted = sorted(values);
    assert_eq!(histogram.count.as_f64(), values.len() as f64, "{name}");
    assert!((histogram.sum / values.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{name}");
    for shown in SHOWN {
        let (found, exact) = (quantile(histogram, shown), exact(&sorted, shown));
        assert!(found <= exact * base && found >= exact / base, "{name}, {shown} at schema {}: {found} for {exact}", histogram.schema);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn native_histograms((name, values) in streams(4_000), factor in 1.004_f64..4.0, most in 16_u32..200) {
        let metric = Metric::<NativeHistogram>::new("a", "").config(&NativeBuckets::new().factor(factor).max_buckets(most));
        values.iter().for_each(|&value| metric.observe(value));
        let histogram = read(&metric);
        within_a_bucket(name, &histogram, &values);
        prop_assert!(histogram.positive.counts().iter().filter(|&&count| count > 0.0).count() <= most as usize);
    }

    #[test]
    fn native_histograms_in_fixed_memory((name, values) in streams(4_000)) {
        static DESC: statics::Desc = statics::Desc::histogram("a", "");
        let fine = statics::Metric::<statics::NativeHistogram<f64, 160, 5>>::new(&DESC);
        let few = statics::Metric::<statics::NativeHistogram<f64, 24, 8>>::new(&DESC);
        for &value in &values {
            fine.observe(value);
            few.observe(value);
        }
        within_a_bucket(name, &read(&fine), &values);
        within_a_bucket(name, &read(&few), &values);
    }

    /// Five octaves of the usual table fit it at the resolution that was asked for; what is wider lowers that, by as much as it takes.
    #[test]
    fn summaries_in_fixed_memory((name, values) in streams(4_000)) {
        let summary = statics::SummaryWithQuantiles::<Usual, f64, 64, 3, 3>::new();
        for (at, &value) in values.iter().enumerate() {
            summary.advance(1 + at as u64 * 59_000 / values.len() as u64);
            summary.observe(value);
        }
        let sorted = sorted(&values);
        let octaves = (sorted[sorted.len() - 1] / sorted[0]).log2() + 1.0;
        // 56 buckets are 7 octaves at schema 3.
        let schema = 3 - (octaves / 7.0).log2().ceil().max(0.0) as i32;
        let base = 2_f64.powf(2_f64.powi(-schema));
        let error = (base - 1.0) / (base + 1.0) + 1e-9;
        for shown in SHOWN {
            let (found, exact) = (summary.quantile(shown), exact(&sorted, shown));
            prop_assert!((found / exact - 1.0).abs() <= error, "{name}, {shown}: {found} for {exact}, {octaves} octaves");
        }
    }

    #[test]
    fn summaries_with_exact_ranks(
        (name, values) in streams(12_000),
        targets in prop::collection::vec((0.0..=1.0, 0.0005..0.2), 1..5),
        asked in 1_usize..5_000,
    ) {
        let Ok(objectives) = Objectives::new(targets.clone()) else { return Ok(()) };
        let summary = QuantileSummary::new(&objectives);
        for (at, &value) in values.iter().enumerate() {
            summary.observe(value);
            // A scrape comes now and then, which takes in what waits.
            if at % asked == 0 {
                prop_assert!(summary.quantile(0.5) <= sorted(&values[..=at])[at]);
            }
        }
        let sorted = sorted(&values);
        for (quantile, error) in targets {
            let found = summary.quantile(quantile);
            let wanted = (quantile * values.len() as f64).ceil().max(1.0);
            let least = sorted.partition_point(|&other| other < found) as f64 + 1.0;
            let most = sorted.partition_point(|&other| other <= found) as f64;
            let off = (least - wanted).max(wanted - most).max(0.0);
            prop_assert!(most >= least && off <= error * values.len() as f64, "{name}, {quantile} within {error}: {off} ranks off of {}", values.len());
        }
        prop_assert_eq!((summary.quantile(0.0), summary.quantile(1.0)), (sorted[0], sorted[sorted.len() - 1]));
        prop_assert_eq!(summary.count(), values.len() as u64);
    }
}
