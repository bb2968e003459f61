//! Once its buffer is large enough, a page takes no memory. A program of its own: what others remove is given back by whoever comes
//! along.

mod limits;

use picometer_std::{ClosedFamily, Counter, Family, Format, Gauge, Histogram, Metric, Registry, Summary, labels, render};

labels! { enum Way as "way" { In = "in", Out = "out" } }

#[test]
fn pages_and_updates_allocate_nothing() {
    let registry = Registry::new();
    let counters = registry.register(Family::<Counter, 3>::new("a_total", "A.", ["x", "y", "z"])).unwrap();
    let histograms = registry.register(Family::<Histogram, 1>::new("b", "B.", ["x"])).unwrap();
    let gauge = registry.register(Metric::<Gauge>::new("c", "C.")).unwrap();
    let summary = registry.register(Metric::<Summary>::new("d", "D.")).unwrap();
    let closed = registry.register(ClosedFamily::<Counter, Way>::new("e_total", "E.")).unwrap();
    let keys: Vec<[String; 3]> = (0..1_000).map(|series| [series.to_string(), "\"y\"".into(), "z".into()]).collect();
    let update = || {
        for key in &keys {
            counters.with(key).inc();
            histograms.with([&key[0]]).observe(0.3);
        }
        gauge.set(1.5);
        summary.observe(2.0);
        closed.with(Way::Out).inc();
    };
    update();
    let mut page = Vec::new();
    // The first pages give back what the families left behind when they grew.
    (0..3).for_each(|_| render(&registry, Format::Text004, &mut page));
    for format in [Format::Text004, Format::OpenMetrics100] {
        page.clear();
        render(&registry, format, &mut page);
        page.reserve(1_000);
        let before = page.len();
        let counted = allocation_counter::measure(|| {
            page.clear();
            update();
            render(&registry, format, &mut page);
        });
        assert!(page.len() >= before);
        assert_eq!(counted.count_total, 0, "{format:?}: {counted:?}");
    }
}
