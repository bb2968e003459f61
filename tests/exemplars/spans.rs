//! What the sources see of tracers that others wrote.

use opentelemetry::trace::{Span as _, TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry::{Context, trace};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use picometer_std::exemplar::{ExemplarSource, OpenTelemetry, SpanContext, Tracing};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use super::support::page_in;

/// A tracer as programs have it; its spans go nowhere.
pub fn provider(sampler: Sampler) -> SdkTracerProvider {
    SdkTracerProvider::builder().with_sampler(sampler).build()
}

fn ids(span: &trace::SpanContext) -> Option<SpanContext> {
    let (trace_id, span_id) = (span.trace_id().to_string(), span.span_id().to_string());
    SpanContext::new(u128::from_str_radix(&trace_id, 16).unwrap(), u64::from_str_radix(&span_id, 16).unwrap())
}

#[test]
fn opentelemetry_has_the_innermost_span_that_is_sampled() {
    let tracer = provider(Sampler::AlwaysOn).tracer("test");
    assert_eq!(OpenTelemetry.current(), None);
    tracer.in_span("outer", |outer| {
        let outer = ids(outer.span().span_context());
        assert!(outer.is_some());
        assert_eq!(OpenTelemetry.current(), outer);
        tracer.in_span("inner", |inner| {
            assert_eq!(OpenTelemetry.current(), ids(inner.span().span_context()));
            assert_eq!(OpenTelemetry.current().unwrap().trace_id(), outer.unwrap().trace_id());
            assert_ne!(OpenTelemetry.current(), outer);
        });
        // Another thread is not in the span.
        assert_eq!(std::thread::spawn(|| OpenTelemetry.current()).join().unwrap(), None);
    });
    assert_eq!(OpenTelemetry.current(), None);
    let unsampled = provider(Sampler::AlwaysOff).tracer("test").start("not kept");
    assert!(!unsampled.span_context().is_sampled());
    let _guard = Context::current_with_span(unsampled).attach();
    assert_eq!(OpenTelemetry.current(), None);
}

#[test]
fn the_layer_of_tracing_opentelemetry_makes_its_spans_current() {
    let tracer = provider(Sampler::AlwaysOn).tracer("test");
    let subscriber = Registry::default().with(tracing_opentelemetry::layer().with_tracer(tracer));
    tracing::subscriber::with_default(subscriber, || {
        assert_eq!(OpenTelemetry.current(), None);
        let request = tracing::info_span!("request").entered();
        let outer = OpenTelemetry.current().unwrap();
        tracing::info_span!("query").in_scope(|| {
            let inner = OpenTelemetry.current().unwrap();
            assert_eq!(inner.trace_id(), outer.trace_id());
            assert_ne!(inner, outer);
        });
        drop(request);
        assert_eq!(OpenTelemetry.current(), None);
    });
}

/// A layer that has ids for spans of one name only.
struct Requests;

/// What that layer keeps.
struct TraceId(u128);

impl<S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>> tracing_subscriber::Layer<S> for Requests {
    fn on_new_span(&self, span: &tracing::span::Attributes<'_>, id: &tracing::Id, context: tracing_subscriber::layer::Context<'_, S>) {
        if span.metadata().name() == "request" {
            context.span(id).unwrap().extensions_mut().insert(TraceId(7));
        }
    }
}

#[test]
fn tracing_has_the_nearest_span_that_has_ids() {
    let source = Tracing::with(|extensions| SpanContext::new(extensions.get::<TraceId>()?.0, 9));
    assert_eq!(source.current(), None);
    // What is filtered for one layer is there for others, and none of them hides the registry.
    let subscriber = Registry::default().with(Requests).with(tracing_subscriber::filter::LevelFilter::INFO);
    tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!("other").in_scope(|| assert_eq!(source.current(), None));
        tracing::info_span!("request").in_scope(|| {
            assert_eq!(source.current(), SpanContext::new(7, 9));
            tracing::info_span!("query").in_scope(|| assert_eq!(source.current(), SpanContext::new(7, 9)));
        });
    });
    // A subscriber without a registry has no spans that could be looked up.
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || assert_eq!(source.current(), None));
}

/// Observes in a layer that holds the extensions of the span, with a subscriber of the whole program.
#[test]
#[ignore = "a part of the test below"]
fn observe_under_the_lock_of_a_span() {
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
    use tracing_subscriber::registry::LookupSpan;

    static SECONDS: std::sync::LazyLock<picometer_std::Metric<picometer_std::HistogramWithExemplars>> = std::sync::LazyLock::new(|| {
        picometer_std::Metric::<picometer_std::HistogramWithExemplars>::new("took_seconds", "").exemplars(Tracing::new())
    });

    struct Observes;
    impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Observes {
        fn on_new_span(&self, _: &tracing::span::Attributes<'_>, id: &tracing::span::Id, context: Context<'_, S>) {
            let span = context.span(id).unwrap();
            span.extensions_mut().insert(SpanContext::new(7, id.into_u64()).unwrap());
        }

        fn on_exit(&self, id: &tracing::span::Id, context: Context<'_, S>) {
            let span = context.span(id).unwrap();
            let _held = span.extensions_mut();
            SECONDS.observe(0.5);
        }

        fn on_event(&self, _: &tracing::Event<'_>, context: Context<'_, S>) {
            let span = context.lookup_current().unwrap();
            let _held = span.extensions_mut();
            SECONDS.observe(0.25);
        }
    }

    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Observes)).unwrap();
    {
        let _span = tracing::info_span!("request").entered();
        SECONDS.observe(100.0);
        tracing::info!("observed");
    }
    for _ in 0..20 {
        drop(tracing::info_span!("request").entered());
    }
    assert_eq!(SECONDS.count(), 23);
    let page = page_in(&*SECONDS, picometer_std::Format::OpenMetrics100);
    assert!(page.contains("trace_id=\"00000000000000000000000000000007\""), "outside of the lock there are exemplars: {page}");
}

#[test]
fn observing_under_the_lock_of_a_span_ends() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "spans::observe_under_the_lock_of_a_span", "--ignored"])
        .spawn()
        .unwrap();
    // It takes a second; a hang takes for ever.
    for _ in 0..1_200 {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    child.kill().unwrap();
    panic!("the observation does not end");
}
