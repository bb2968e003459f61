//! What fails costs its own families, and is seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use picometer_std::exemplar::SpanContext;
use picometer_std::{
    Collector, CounterWithExemplar, Desc, Encoder, Exposition, Format, Gauge, GaugeFn, Label, LabelSet, Metric, Point, Registry,
    Restricted, Stop, render,
};

use crate::samples;

/// Goes wrong in its second family, in a way of the test's choice.
struct Broken<F>(F);

impl<F: Fn(&mut dyn Encoder) -> Result<(), Stop> + Send + Sync> Collector for Broken<F> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const GOOD: Desc = Desc::gauge("good", "");
        out.family(&GOOD)?.gauge(&[("x", "1")], 1)?;
        (self.0)(out)
    }
}

/// A registry with a metric before and one behind a collector that goes wrong once it is registered.
fn around(broken: impl Fn(&mut dyn Encoder) -> Result<(), Stop> + Send + Sync + 'static) -> Registry {
    let registry = Registry::new();
    let armed = Arc::new(AtomicBool::new(false));
    let now = armed.clone();
    registry.register(Metric::<Gauge<i64>>::new("before", "")).unwrap();
    registry.register(Broken(move |out: &mut dyn Encoder| if now.load(Ordering::Relaxed) { broken(out) } else { Ok(()) })).unwrap();
    registry.register(Metric::<Gauge<i64>>::new("behind", "")).unwrap();
    assert_eq!(samples(&registry), ["before 0", "good{x=\"1\"} 1", "behind 0"]);
    armed.store(true, Ordering::Relaxed);
    registry
}

fn shows(registry: &Registry, reason: &str) {
    for count in 1..=2 {
        assert_eq!(
            samples(registry),
            ["before 0", "good{x=\"1\"} 1", "behind 0", &format!("picometer_collector_failures_total{{collector=\"good\"}} {count}")]
        );
        let failures = registry.failures();
        assert_eq!((failures.len(), &*failures[0].collector, failures[0].count, &*failures[0].reason), (1, "good", count, reason));
    }
}

#[test]
fn a_collector_that_panics() {
    shows(&around(|_| panic!("no {}", "disk")), "it panicked: no disk");
    shows(&around(|_| std::panic::panic_any(7)), "it panicked: ");
    shows(&around(|_| std::panic::resume_unwind(Box::new(PanicsAgain))), "it panicked: ");
}

/// What a panic leaves, and panics where it is dropped.
struct PanicsAgain;

impl Drop for PanicsAgain {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("and again"));
    }
}

#[test]
fn payloads_that_panic_stay_inside() {
    struct Always;
    impl Collector for Always {
        fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> {
            std::panic::resume_unwind(Box::new(PanicsAgain))
        }
    }
    let registry = Registry::new();
    registry.register(Always).unwrap();
    let reading = GaugeFn::new(|| -> Option<f64> { std::panic::resume_unwind(Box::new(PanicsAgain)) });
    assert_eq!((reading.get().is_none(), reading.failures()), (true, 1));
    registry.register(picometer_std::Slow::new("slow", Always)).unwrap();
    let exemplars = Metric::<CounterWithExemplar>::new("jobs_total", "");
    let exemplars = exemplars.exemplars(|| -> Option<SpanContext> { std::panic::resume_unwind(Box::new(PanicsAgain)) });
    let exemplars = registry.register(exemplars).unwrap();
    exemplars.inc();
    for _ in 0..2 {
        assert!(samples(&registry).contains(&"jobs_total 1".to_owned()));
    }
    assert_eq!(registry.failures().len(), 1);
}

#[test]
fn a_collector_that_gives_a_reason() {
    shows(&around(|out| Err(out.fail("no disk"))), "no disk");
    shows(&around(|out| "x".parse::<u8>().map(drop).map_err(|error| out.fail(error))), "invalid digit found in string");
}

#[test]
fn collector_that_stops_unasked_is_reported() {
    shows(&around(|_| Err(Stop)), "it stopped, and gave no reason");
}

#[test]
fn labels_that_panic_in_the_middle_of_a_line() {
    struct Bad;
    impl LabelSet for Bad {
        fn label(&self, index: usize) -> Option<Label<'_>> {
            if index == 1 {
                panic!("no label");
            }
            Some(Label { name: "a", value: "1" })
        }
    }
    const TORN: Desc = Desc::gauge("torn", "");
    shows(&around(|out| out.family(&TORN)?.gauge(&Bad, 1)), "it panicked: no label");
    // Also where the line does not fit what is left of the buffer.
    let registry = around(|out| out.family(&TORN)?.gauge(&Bad, 1));
    for size in 60..200 {
        let mut page = Vec::new();
        Exposition::new(&registry, Format::Text004).drain(&mut vec![0; size], &mut |bytes| page.extend_from_slice(bytes));
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("behind 0\n") && !page.contains("torn{"), "{page}");
    }
}

#[test]
fn a_collector_that_fails_while_it_is_registered_is_registered() {
    let registry = Registry::new();
    registry.register(Broken(|out: &mut dyn Encoder| Err(out.fail("not yet")))).unwrap();
    registry.register(Metric::<Gauge<i64>>::new("a", "")).unwrap();
    assert!(registry.register(Metric::<Gauge>::new("good", "")).is_err(), "the names that it gave are its own");
    assert_eq!(samples(&registry)[..2], ["good{x=\"1\"} 1", "a 0"]);
}

#[test]
fn a_page_that_stops_is_not_a_failure() {
    let registry = around(|_| Ok(()));
    for source in [&registry as &dyn Collector, &Restricted::new(&registry, ["before", "good"])] {
        crate::in_pieces(source, Format::Text004, 32, |_, _| ()).unwrap();
        assert_eq!(registry.failures(), []);
    }
}

#[test]
fn a_metric_that_cannot_be_shows_nothing_and_says_why() {
    let registry = Registry::new();
    struct Late(Metric<Gauge<i64>>, AtomicBool);
    impl Collector for Late {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            if self.1.swap(true, Ordering::Relaxed) { self.0.collect(out) } else { Ok(()) }
        }
    }
    registry.register(Late(Metric::new("a b", ""), AtomicBool::new(false))).unwrap();
    render(&registry, Format::Text004, &mut Vec::new());
    assert!(registry.failures()[0].reason.starts_with("metric `a b`: a metric name must match"));
}

#[test]
fn points_of_the_wrong_kind_do_no_harm() {
    const SUMMARY: Desc = Desc::summary("odd", "");
    let registry = around(|out| out.family(&SUMMARY)?.point(&(), &Point::number(1)));
    assert!(samples(&registry).contains(&"behind 0".to_owned()));
}
