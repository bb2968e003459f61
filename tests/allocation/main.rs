//! Once its buffer is large enough, a page takes no memory. A program of its own: what others remove is given back by the one that comes
//! along.

mod limits;

use picometer_std::{
    ClosedFamily, Counter, Family, FamilyOf, Format, Gauge, Histogram, LabelValue, Labels, Metric, Registry, Summary, labels, render,
};

labels! { enum Way as "way" { In = "in", Out = "out" } }

#[derive(LabelValue)]
enum Method {
    Get,
}

#[derive(Labels)]
struct Route<'a> {
    method: Method,
    path: &'a str,
    code: u64,
    tenant: Option<&'a String>,
}

#[test]
fn pages_and_updates_allocate_nothing() {
    let registry = Registry::new();
    let counters = registry.register(Family::<Counter, 3>::new("a_total", "A.", ["x", "y", "z"])).unwrap();
    let histograms = registry.register(Family::<Histogram, 1>::new("b", "B.", ["x"])).unwrap();
    let gauge = registry.register(Metric::<Gauge>::new("c", "C.")).unwrap();
    let summary = registry.register(Metric::<Summary>::new("d", "D.")).unwrap();
    let closed = registry.register(ClosedFamily::<Counter, Way>::new("e_total", "E.")).unwrap();
    let typed = registry.register(FamilyOf::<Counter, Route>::new("f_total", "F.")).unwrap();
    let timed = registry.register(FamilyOf::<Histogram, Route>::new("g", "G.")).unwrap();
    let running = registry.register(Family::<Gauge<i64>, 2>::new("h", "H.", ["x", "y"])).unwrap();
    let keys: Vec<[String; 3]> = (0..1_000).map(|series| [series.to_string(), "\"y\"".into(), "z".into()]).collect();
    let update = || {
        for key in &keys {
            counters.with(key).inc();
            histograms.with([&key[0]]).observe(0.3);
        }
        for (code, key) in (0..).step_by(1_000_003).zip(&keys) {
            typed.with(Route { method: Method::Get, path: "/", code, tenant: Some(&key[0]) }).inc();
            timed.timer(Route { method: Method::Get, path: &key[0], code: 200, tenant: None }).code += code;
            drop(running.track_in_progress((&key[0], code)));
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
