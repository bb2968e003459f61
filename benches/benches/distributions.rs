//! Distributions: what an observation costs in each kind of cell, and a page of a thousand histograms in protobuf.

use metrics::Recorder as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use picometer::{Buckets, Exposition, Format, Quantiles, Scaled, SummaryWithQuantiles, UpperBounds};
use picometer_benches::allocator::Counting;
use picometer_benches::{Role, Suite, Unit};
use picometer_std::{Family, Histogram, NativeBuckets, NativeHistogram, Objectives, QuantileSummary, statics};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

enum Seconds {}

impl Buckets for Seconds {
    type Value = f64;
    const BOUNDS: UpperBounds<f64> = UpperBounds::<f64>::new(&[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
}

enum Usual {}

impl Quantiles for Usual {
    const QUANTILES: &'static [f64] = &[0.5, 0.9, 0.99];
}

static CLASSIC: statics::Histogram<Seconds, 11> = statics::Histogram::new();
static NATIVE: statics::NativeHistogram<f64, 160> = statics::NativeHistogram::new();
static TICKS: statics::NativeHistogram<Scaled<u32, 1_000_000>, 160> = statics::NativeHistogram::new();
static SKETCH: SummaryWithQuantiles<Usual, f64, 160> = SummaryWithQuantiles::new();

/// Seconds that requests take: log-normal around 40 ms.
fn durations() -> Vec<f64> {
    let mut seed = 17_u64;
    let mut uniform = move || {
        seed = seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        ((seed ^ seed >> 29) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..1 << 17).map(|_| 0.04 * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0).exp()).collect()
}

/// A summary of the peer, and what takes out of it what it was given.
fn recorded() -> (metrics::Histogram, PrometheusHandle) {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metadata = metrics::Metadata::new("bench", metrics::Level::INFO, None);
    (recorder.register_histogram(&metrics::Key::from_name("seconds"), &metadata), recorder.handle())
}

fn main() {
    let values = durations();
    let values = values.as_slice();
    let micros: Vec<u32> = values.iter().map(|value| (value * 1e6) as u32).collect();
    let micros = micros.as_slice();
    let mut suite = Suite::default();
    let per = values.len() as u64;

    suite.case("native-observe", "observe in a native histogram beside a classic one of 11 buckets", Unit::Nanos("observe"), |case| {
        case.time("native", Role::Ours, per, || values.iter().for_each(|&value| NATIVE.observe(value)));
        case.time("native, microseconds", Role::Ours, per, || micros.iter().for_each(|&value| TICKS.observe(Scaled(value))));
        case.time("classic", Role::Peer, per, || values.iter().for_each(|&value| CLASSIC.observe(value)));
        let native = NativeHistogram::default();
        case.time("native of std", Role::Ours, per, move || values.iter().for_each(|&value| native.observe(value)));
        let classic = Histogram::default();
        case.time("classic of std", Role::Peer, per, move || values.iter().for_each(|&value| classic.observe(value)));
    });

    suite.case("quantile-observe", "observe in a summary with three quantiles", Unit::Nanos("observe"), |case| {
        let exact = QuantileSummary::new(&Objectives::default());
        case.time("exact ranks", Role::Ours, per, move || values.iter().for_each(|&value| exact.observe(value)));
        case.time("fixed memory", Role::Ours, per, || values.iter().for_each(|&value| SKETCH.observe(value)));
        let (histogram, handle) = recorded();
        case.time("metrics-exporter-prometheus", Role::Peer, per, move || {
            values.iter().for_each(|&value| histogram.record(value));
            // It keeps what it is given until a page asks, which one does.
            handle.run_upkeep();
        });
    });

    suite.case("quantile-observe-2T", "the same summary from two threads", Unit::Nanos("observe"), |case| {
        let exact = QuantileSummary::new(&Objectives::default());
        let observe = move |thread: usize, runs: u64| {
            let mut values = values.iter().cycle().skip(thread * 1_000);
            (0..runs).filter_map(|_| values.next()).for_each(|&value| exact.observe(value));
        };
        case.threads("exact ranks", Role::Ours, 2, observe);
        case.threads("fixed memory", Role::Ours, 2, |thread, runs| {
            let mut values = values.iter().cycle().skip(thread * 1_000);
            (0..runs).filter_map(|_| values.next()).for_each(|&value| SKETCH.observe(value));
        });
        let (histogram, handle) = recorded();
        case.threads("metrics-exporter-prometheus", Role::Peer, 2, move |thread, runs| {
            let mut values = values.iter().cycle().skip(thread * 1_000);
            (0..runs).filter_map(|_| values.next()).for_each(|&value| histogram.record(value));
            // One of them asks.
            if thread == 0 {
                handle.run_upkeep();
            }
        });
    });

    let classic = Family::<Histogram, 1>::new("http_request_seconds", "Time taken.", ["path"]);
    let native = Family::<NativeHistogram, 1>::new("http_request_seconds", "Time taken.", ["path"]).config(NativeBuckets::new());
    for series in 0..1_000_u32 {
        let path = format!("/api/v1/resource/{series}");
        for &value in values.iter().skip(series as usize).step_by(41) {
            classic.with([path.as_str()]).observe(value);
            native.with([path.as_str()]).observe(value);
        }
    }
    suite.case("protobuf-1000-histograms", "a page of 1,000 histograms", Unit::Nanos("page"), |case| {
        let sources: [(&str, &dyn picometer::Collector, Format); 3] = [
            ("classic, protobuf", &classic, Format::Protobuf),
            ("native, protobuf", &native, Format::Protobuf),
            ("classic, text", &classic, Format::Text004),
        ];
        for (name, source, format) in sources {
            let page = Exposition::new(source, format);
            let bytes = page.content_length() as f64;
            let mut buffer = vec![0; 2 * bytes as usize];
            let write = move || {
                let mut page = page;
                page.fill(&mut buffer).expect("the buffer is as long as two pages")
            };
            case.time(name, Role::Ours, 1, write).bytes(bytes);
        }
    });
}
