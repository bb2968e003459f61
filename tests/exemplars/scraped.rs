//! A real Prometheus stores the exemplars that metrics took by themselves, from text and from protobuf.

use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry_sdk::trace::Sampler;
use picometer_std::exemplar::{ExemplarSampling, OpenTelemetry};
use picometer_std::exporter::Exporter;
use picometer_std::{
    BucketsWithExemplars, CounterWithExemplar, Family, HistogramWithExemplars, Metric, NativeBuckets, NativeHistogram, Registry,
};

use crate::peers::{Prometheus, job, newer, program, version, wait_for};
use crate::spans::provider;

/// Labels and value of every exemplar that the server has of these series.
fn found(server: &Prometheus, series: &str) -> Vec<(String, String, f64)> {
    let parameters = [("query", series), ("start", "2001-01-01T00:00:00Z"), ("end", "2199-01-01T00:00:00Z")];
    let data = server.api("/api/v1/query_exemplars", &parameters);
    let exemplars = data.as_array().expect("a list").iter().flat_map(|series| series["exemplars"].as_array().expect("a list"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let read = |one: &serde_json::Value| {
        let value = text(&one["value"]).parse().expect("a number");
        (text(&one["labels"]["trace_id"]) + &text(&one["labels"]["request"]), text(&one["labels"]["span_id"]), value)
    };
    exemplars.map(read).collect()
}

#[test]
fn spans_are_found_at_the_server() {
    let programs: Vec<_> = program("prometheus").into_iter().chain(newer("prometheus")).collect();
    if programs.is_empty() {
        return;
    }
    let registry = Registry::new();
    let seconds = Family::<HistogramWithExemplars, 1>::new("request_seconds", "How long requests take.", ["method"]);
    let config = BucketsWithExemplars { sampling: ExemplarSampling::new(OpenTelemetry), ..Default::default() };
    let seconds = registry.register(seconds.config(config).buckets([0.1, 1.0])).unwrap();
    let errors = Metric::<CounterWithExemplar>::new("errors_total", "Errors.").exemplars(OpenTelemetry);
    let errors = registry.register(errors).unwrap();
    // Servers before 2.50 take exemplars only where classic buckets are.
    let sizes = Metric::<NativeHistogram>::new("sizes_bytes", "Sizes.").config(&NativeBuckets::new().classic([100.0]).unwrap());
    let sizes = registry.register(sizes.exemplars(OpenTelemetry)).unwrap();
    let exporter = Exporter::bind("127.0.0.1:0").unwrap().spawn(registry.clone()).unwrap();
    let address = exporter.local_addr().unwrap();

    let count = || {
        seconds.with(["GET"]).observe(0.5);
        errors.inc_by(3);
        sizes.observe(17.0);
    };
    // Neither without a span nor in one that is not kept is there an exemplar: it would be the first, and stay.
    count();
    provider(Sampler::AlwaysOff).tracer("test").in_span("not kept", |_| count());
    let (trace, span) = provider(Sampler::AlwaysOn).tracer("test").in_span("request", |context| {
        count();
        // Not so soon again.
        seconds.with(["GET"]).observe(0.6);
        let span = context.span().span_context().clone();
        (span.trace_id().to_string(), span.span_id().to_string())
    });
    seconds.with(["GET"]).observe_with(8.0, &[("request", "KOO5S4vxi0o")]).unwrap();

    for program in programs {
        let name = program.display();
        for features in ["exemplar-storage", "exemplar-storage,native-histograms"] {
            let native = features.ends_with("native-histograms");
            // From 3.8 on the flag of older versions says nothing.
            let more: &[&str] = if native && version(&program) >= (3, 8) { &["scrape_native_histograms: true"] } else { &[] };
            let features_flag = format!("--enable-feature={features}");
            let jobs = [job("exporter", address, more)];
            let server = Prometheus::start_with(&program, &jobs, "", &[&features_flag]);
            server.until_up(&jobs);
            let expect = |series: &str, expected: &[(&str, &str, f64)]| {
                let all: Vec<_> = expected.iter().map(|&(ids, span, value)| (ids.to_owned(), span.to_owned(), value)).collect();
                wait_for(&format!("{name}, {features}: {series}: {expected:?}"), || {
                    let mut now = found(&server, series);
                    now.sort_by(|a, b| a.2.total_cmp(&b.2));
                    (now == all).then_some(())
                });
            };
            expect("errors_total", &[(&trace, &span, 3.0)]);
            expect("request_seconds_bucket", &[(&trace, &span, 0.5), ("KOO5S4vxi0o", "", 8.0)]);
            if native {
                expect("sizes_bytes", &[(&trace, &span, 17.0)]);
            }
        }
    }
    exporter.shutdown();
}
