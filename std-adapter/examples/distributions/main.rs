//! How far off the quantiles of each distribution are, as a picture: `error.svg` beside this file.
//!
//! `cargo run --release -p picometer-std --features parse --example distributions > std-adapter/examples/distributions/error.svg`
//!
//! A stream of a hundred thousand durations, log-normal around 40 ms, is observed in every type. Each tells its quantiles: a summary
//! by itself, a histogram as Prometheus makes them of its buckets. They are compared with the exact ones, of the sorted stream.

mod picture;

use picometer_std::parse::{Limits, protobuf};
use picometer_std::{
    Collector, DEFAULT_BUCKETS, Format, Histogram, Metric, NativeBuckets, NativeHistogram, Objectives, QuantileSummary, render, statics,
};
use picture::{Curve, draw};

statics::quantiles! { Usual = [0.5] in 60_000; }

/// Where the curves have points: as far from 1 as from 0, as many below as above.
fn shown() -> Vec<f64> {
    (-60..=60).map(|step| 1.0 / (1.0 + (-f64::from(step) * 0.115).exp())).collect()
}

fn main() {
    let values = durations(100_000);
    let classic = Metric::<Histogram>::new("classic_seconds", "");
    let native = Metric::<NativeHistogram>::new("native_seconds", "");
    let fine = Metric::<NativeHistogram>::new("fine_seconds", "").config(&NativeBuckets::new().factor(1.01).max_buckets(1_000));
    let fixed = statics::SummaryWithQuantiles::<Usual, f64, 160>::new();
    let exact = QuantileSummary::new(&Objectives::default());
    for &value in &values {
        classic.observe(value);
        native.observe(value);
        fine.observe(value);
        fixed.observe(value);
        exact.observe(value);
    }
    let mut sorted = values;
    sorted.sort_by(f64::total_cmp);
    let error = |quantile: f64, found: f64| {
        let rank = (quantile * sorted.len() as f64).ceil().max(1.0) as usize;
        (found / sorted.get(rank - 1).copied().unwrap_or(f64::NAN) - 1.0).abs()
    };
    let curve = |name: &'static str, found: &dyn Fn(f64) -> f64| Curve {
        name,
        points: shown().into_iter().map(|quantile| (quantile, error(quantile, found(quantile)))).collect(),
    };
    let (native, fine) = (buckets(&native), buckets(&fine));
    let counts = classic.counts();
    print!(
        "{}",
        draw(&[
            curve("Histogram, the 11 default bounds", &|quantile| of_classic(&counts, quantile)),
            curve("NativeHistogram, as it is: factor 1.1", &|quantile| of_native(&native, quantile)),
            curve("SummaryWithQuantiles, in fixed memory", &|quantile| fixed.quantile(quantile)),
            curve("NativeHistogram, factor 1.01", &|quantile| of_native(&fine, quantile)),
            curve("QuantileSummary: 0.5, 0.9, 0.99 as it is", &|quantile| exact.quantile(quantile)),
        ])
    );
}

/// The same durations in every run.
fn durations(count: usize) -> Vec<f64> {
    let mut seed = 17_u64;
    let mut uniform = move || {
        seed = seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        ((seed ^ seed >> 29) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| 0.04 * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0).exp()).collect()
}

/// What `histogram_quantile` makes of classic buckets: within the bucket of the rank, linearly.
fn of_classic(counts: &[u64], quantile: f64) -> f64 {
    let rank = quantile * counts.iter().sum::<u64>() as f64;
    let (mut below, mut lower) = (0.0, 0.0);
    for (&count, &upper) in counts.iter().zip(&DEFAULT_BUCKETS) {
        if below + count as f64 >= rank {
            return lower + (upper - lower) * (rank - below) / count as f64;
        }
        (below, lower) = (below + count as f64, upper);
    }
    lower
}

/// Logarithms of the upper bounds of native buckets, their counts, and how wide they are.
struct Native {
    buckets: Vec<(f64, f64)>,
    width: f64,
}

fn buckets(metric: &dyn Collector) -> Native {
    let mut page = Vec::new();
    render(metric, Format::Protobuf, &mut page);
    let families = protobuf(&page, Limits::default()).unwrap_or_default();
    let mut native = Native { buckets: Vec::new(), width: 0.0 };
    for histogram in families.iter().flat_map(|family| &family.samples).filter_map(|sample| sample.native_histogram.as_deref()) {
        native.width = 2_f64.powi(-histogram.schema);
        let (mut index, mut counts) = (0, histogram.positive.counts().into_iter());
        for span in &histogram.positive_spans {
            index += span.offset;
            for count in counts.by_ref().take(span.length as usize) {
                native.buckets.push((f64::from(index) * native.width, count));
                index += 1;
            }
        }
    }
    native
}

/// What `histogram_quantile` makes of native buckets: within the bucket of the rank, exponentially.
fn of_native(native: &Native, quantile: f64) -> f64 {
    let mut left = quantile * native.buckets.iter().map(|(_, count)| count).sum::<f64>();
    for &(upper, count) in &native.buckets {
        if count > 0.0 && count >= left {
            return (upper - native.width * (1.0 - left / count)).exp2();
        }
        left -= count;
    }
    f64::NAN
}
