//! Names that a program and its exporter both have, and programs of several registries.

use picometer_std::{Collector, Counter, Family, Gauge, Metric, Registry};

use crate::client::{exporter, get, started};
use crate::support::collector;

#[test]
fn names_of_the_exporter_and_of_registries_are_there_once() {
    let (one, other) = (Registry::new(), Registry::new());
    for registry in [&one, &other] {
        registry.register(Family::<Counter, 1>::new("jobs_total", "", ["x"])).unwrap().with(["1"]).inc();
    }
    other.register(Metric::<Gauge>::new("picometer_exporter_connections", "")).unwrap().set(7.0);
    let first = one.clone();
    let both = collector(move |out| first.collect(out).and_then(|()| other.collect(out)));
    let (handle, address) = started(exporter(), both);
    let (beside, there) = (started(exporter(), one.clone()), started(exporter(), one));
    let page = get(address, "/metrics", &[]);
    let types: Vec<&str> = page.text().lines().filter(|line| line.starts_with("# TYPE")).collect();
    let mut names = types.clone();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), types.len(), "{types:?}");
    assert!(page.text().contains("\npicometer_exporter_connections 7\n") && page.text().contains("{collector=\"jobs_total\"} 1\n"));
    // One registry has several exporters.
    for (_, address) in [&beside, &there] {
        assert!(get(*address, "/metrics", &[]).text().contains("jobs_total{x=\"1\"} 1\n"));
    }
    for handle in [handle, beside.0, there.0] {
        assert!(handle.handle().shutdown().is_clean());
    }
}
