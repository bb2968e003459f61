//! What may be shared with code that panics: nothing of it is left half changed.

use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;

use picometer_std::exporter::ExporterHandle;
use picometer_std::serve::HttpMetrics;
use picometer_std::{
    ClosedFamily, ConstFamily, Counter, CounterWithExemplar, Created, Curried, Family, Gauge, GaugeHistogram, Handle, Histogram,
    HistogramWithExemplars, InProgress, Info, Metric, NamedStates, NativeHistogram, QuantileSummary, Registry, Series, Snapshot, StateSet,
    Summary, Timer, labels,
};

labels! { enum Code as "code" { Ok = "200", Broken = "500" } }

fn is_safe<T: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn public_types_are_unwind_safe() {
    is_safe::<Registry>();
    is_safe::<Counter>();
    is_safe::<Counter<f64>>();
    is_safe::<CounterWithExemplar>();
    is_safe::<Created<Counter>>();
    is_safe::<Gauge<i64>>();
    is_safe::<Gauge>();
    is_safe::<Histogram>();
    is_safe::<HistogramWithExemplars>();
    is_safe::<GaugeHistogram>();
    is_safe::<NativeHistogram>();
    is_safe::<QuantileSummary>();
    is_safe::<Summary>();
    is_safe::<Info>();
    is_safe::<NamedStates>();
    is_safe::<StateSet<Code>>();
    is_safe::<Metric<Counter>>();
    is_safe::<Metric<QuantileSummary>>();
    is_safe::<Family<Histogram, 3>>();
    is_safe::<Arc<Family<NativeHistogram, 1>>>();
    is_safe::<ClosedFamily<Counter, Code>>();
    is_safe::<ConstFamily<2>>();
    is_safe::<Series<'static, Counter, 1>>();
    is_safe::<Handle<Counter>>();
    is_safe::<Curried<'static, Counter, 2, 1>>();
    is_safe::<Timer<Handle<Histogram>>>();
    is_safe::<InProgress<Arc<Metric<Gauge<i64>>>>>();
    is_safe::<Snapshot>();
    is_safe::<ExporterHandle>();
    is_safe::<HttpMetrics>();
}

#[test]
fn registry_is_whole_after_a_panic_beside_it() {
    let registry = Registry::new();
    let requests =
        registry.register(Family::<Counter, 1>::new("requests_total", "", ["code"]).normalize_label("code", |code| match code {
            "?" => panic!("no such code"),
            code => code.to_owned(),
        }));
    let requests = requests.unwrap();
    catch_unwind(|| {
        requests.with(["200"]).inc();
        requests.with(["?"]).inc();
    })
    .unwrap_err();
    catch_unwind(|| registry.register(Metric::<Counter>::new("bad", "")).unwrap()).unwrap_err();
    requests.with(["200"]).inc();
    assert_eq!(crate::samples(&registry), ["requests_total{code=\"200\"} 2"]);
}
