//! What a page shows of several workers.

use std::sync::Arc;

use picometer_std::multiprocess::{Collector, GaugeMode, Page, Status};
use picometer_std::{Counter, Family, Gauge, Histogram, Info, Metric, NamedStates, Registry, Snapshot, Summary};

use super::Folder;
use super::child::{self, Worker};

pub const MODES: [(GaugeMode, &str); 10] = [
    (GaugeMode::All, "all"),
    (GaugeMode::LiveAll, "liveall"),
    (GaugeMode::Min, "min"),
    (GaugeMode::LiveMin, "livemin"),
    (GaugeMode::Max, "max"),
    (GaugeMode::LiveMax, "livemax"),
    (GaugeMode::Sum, "sum"),
    (GaugeMode::LiveSum, "livesum"),
    (GaugeMode::MostRecent, "mostrecent"),
    (GaugeMode::LiveMostRecent, "livemostrecent"),
];

fn worker() {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "Jobs done.", ["kind"])).unwrap();
    let joules = registry.register(Metric::<Counter<f64>>::new("spent_joules_total", "Energy.").unit("joules")).unwrap();
    let nested = registry.nested("db_", [("pool", "users")]).unwrap();
    let queries = nested.register(Family::<Counter, 1>::new("queries_total", "Queries.", ["table"])).unwrap();
    let gauges = MODES.map(|(mode, name)| registry.register(Metric::<Gauge>::new(&format!("gauge_{name}"), "").config(&mode)).unwrap());
    let busy = registry.register(Metric::<Gauge<i64>>::new("busy", "").config(&GaugeMode::LiveSum)).unwrap();
    let seconds = registry.register(Metric::<Histogram>::new("seconds", "").buckets([0.5, 1.0])).unwrap();
    let sizes = registry.register(Metric::<Summary>::new("sizes", "")).unwrap();
    let build = registry.register(Metric::<Info>::new("build_info", "")).unwrap();
    let states: Arc<[Box<str>]> = ["idle".into(), "busy".into()].into();
    let state = registry.register(Metric::<NamedStates>::new("state", "").config(&states)).unwrap();
    let kept = jobs.handle(["removed"]);
    child::serve(|command| match command {
        ["inc", kind, amount] => jobs.with([*kind]).inc_by(amount.parse().unwrap()),
        ["remove", kind] => assert!(jobs.remove([*kind])),
        ["count", "unseen"] => kept.inc_by(1_000),
        ["clear"] => jobs.clear(),
        ["joules", amount] => joules.inc_by(amount.parse().unwrap()),
        ["query", table] => queries.with([*table]).inc(),
        ["gauge", value] => gauges.iter().for_each(|gauge| gauge.set(value.parse().unwrap())),
        ["busy", value] => busy.inc_by(value.parse().unwrap()),
        ["observe", value] => {
            seconds.observe(value.parse().unwrap());
            sizes.observe(value.parse().unwrap());
        }
        ["build", version] => build.set([("version", version)]).unwrap(),
        ["state", name] => assert!(state.set(name)),
        ["page"] => {
            registry.register(Metric::<picometer_std::statics::Gauge>::new("own", "")).unwrap().set(7.0);
            let page = super::support::page(&Page::new(&registry).unwrap());
            assert_eq!(page.matches("# TYPE jobs_total ").count(), 1, "{page}");
            assert!(page.contains("\nown 7\n") && page.contains("jobs_total{kind=\"a\"} 12\n"), "{page}");
        }
        ["status"] => {
            let status = Status::now();
            assert!(status.directory.is_some() && status.is_seen && status.unshared == 0, "{status:?}");
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn all_types_are_merged() {
    child::role!(role, worker());
    let folder = Folder::new();
    let (mut one, mut other) = (Worker::start(role, &folder), Worker::start(role, &folder));
    for line in ["status", "inc a 5", "inc é\"\\ 1", "joules 0.5", "query t", "gauge 3", "busy 4", "observe 0.25", "build 1", "state busy"]
    {
        one.ask(line);
    }
    for line in ["inc a 7", "joules 1.25", "query t", "query u", "gauge -2", "busy -1", "observe 0.75", "observe 9", "build 2", "build 1"] {
        other.ask(line);
    }
    let (first, second) = (one.pid(), other.pid());
    let page = folder.page();
    let value = |name: &str, labels: &[(&str, &str)]| page.value(name, labels);
    assert_eq!(value("jobs_total", &[("kind", "a")]), Some(12.0));
    assert_eq!(value("jobs_total", &[("kind", "é\"\\")]), Some(1.0));
    assert_eq!(value("spent_joules_total", &[]), Some(1.75));
    assert_eq!(
        page.families
            .iter()
            .find(|family| &*family.name == "spent_joules_total" || &*family.name == "spent_joules")
            .unwrap()
            .unit
            .to_string(),
        "joules"
    );
    assert_eq!(value("db_queries_total", &[("table", "t"), ("pool", "users")]), Some(2.0));
    assert_eq!(value("db_queries_total", &[("table", "u"), ("pool", "users")]), Some(1.0));
    for mode in ["all", "liveall"] {
        assert_eq!(value(&format!("gauge_{mode}"), &[("pid", &first)]), Some(3.0));
        assert_eq!(value(&format!("gauge_{mode}"), &[("pid", &second)]), Some(-2.0));
    }
    for (mode, expected) in [("min", -2.0), ("max", 3.0), ("sum", 1.0), ("mostrecent", -2.0)] {
        assert_eq!(value(&format!("gauge_{mode}"), &[]), Some(expected), "{mode}");
        assert_eq!(value(&format!("gauge_live{mode}"), &[]), Some(expected), "live{mode}");
    }
    assert_eq!(value("busy", &[]), Some(3.0));
    assert_eq!((value("seconds_count", &[]), value("seconds_sum", &[])), (Some(3.0), Some(10.0)));
    assert_eq!(value("seconds_bucket", &[("le", "0.5")]), Some(1.0));
    assert_eq!(value("seconds_bucket", &[("le", "1")]).or(value("seconds_bucket", &[("le", "1.0")])), Some(2.0));
    assert_eq!((value("sizes_count", &[]), value("sizes_sum", &[])), (Some(3.0), Some(10.0)));
    assert_eq!(value("build_info", &[("version", "1")]), Some(1.0));
    assert_eq!(value("build_info", &[("version", "2")]), None);
    assert_eq!(value("state", &[("pid", &first), ("state", "busy")]), Some(1.0));
    assert_eq!(value("state", &[("pid", &second), ("state", "busy")]), Some(0.0));
    assert_eq!(value("picometer_multiprocess_workers", &[]), Some(2.0));
    one.ask("page");

    // What is removed stays away, also when a handle goes on counting; made again it starts anew.
    one.ask("remove a");
    one.ask("remove removed");
    one.ask("count unseen");
    assert_eq!(folder.page().value("jobs_total", &[("kind", "a")]), Some(7.0));
    one.ask("inc a 2");
    assert_eq!(folder.page().value("jobs_total", &[("kind", "a")]), Some(9.0));

    // The dead keep their counts, and no live gauges.
    one.kill();
    for _ in 0..3 {
        let page = folder.page();
        let value = |name: &str, labels: &[(&str, &str)]| page.value(name, labels);
        assert_eq!(value("jobs_total", &[("kind", "a")]), Some(9.0));
        assert_eq!((value("seconds_count", &[]), value("seconds_sum", &[])), (Some(3.0), Some(10.0)));
        assert_eq!((value("busy", &[]), value("gauge_livesum", &[]), value("gauge_sum", &[])), (Some(-1.0), Some(-2.0), Some(1.0)));
        assert_eq!((value("gauge_max", &[]), value("gauge_livemax", &[])), (Some(3.0), Some(-2.0)));
        assert_eq!(value("gauge_all", &[("pid", &first)]), Some(3.0));
        assert_eq!(value("gauge_liveall", &[("pid", &first)]), None);
        assert_eq!(value("state", &[("pid", &first), ("state", "busy")]), None);
        assert_eq!(value("picometer_multiprocess_workers", &[]), Some(1.0));
    }
    assert_eq!(folder.files(".pico").len(), 2, "the dead are folded");
    other.ask("clear");
    assert_eq!(folder.page().value("jobs_total", &[("kind", "a")]), Some(2.0), "what the dead counted stays");
    other.end();
    assert_eq!(folder.page().value("jobs_total", &[("kind", "a")]), Some(2.0));
}

fn different(kind: &str) {
    let registry = Registry::new();
    let same = registry.register(Metric::<Counter>::new("same_total", "")).unwrap();
    same.inc();
    match kind {
        "counter" => _ = registry.register(Metric::<Counter>::new("x_total", "")).unwrap(),
        "gauge" => _ = registry.register(Metric::<Gauge>::new("x_total", "")).unwrap(),
        _ => {}
    }
    let bounds: &[f64] = if kind == "counter" { &[1.0, 2.0] } else { &[1.0, 3.0] };
    registry.register(Metric::<Histogram>::new("h", "").buckets(bounds)).unwrap().observe(1.5);
}

#[test]
fn conflicts_name_both_files() {
    child::role!(role, child::serve(|command| different(command[0])));
    let folder = Folder::new();
    let (mut one, mut other) = (Worker::start(role, &folder), Worker::start(role, &folder));
    one.ask("counter");
    other.ask("gauge");
    for _ in 0..2 {
        let collector = Collector::new(&*folder).unwrap();
        let conflicts = collector.conflicts().unwrap();
        assert_eq!(conflicts.len(), 2, "{conflicts:?}");
        for conflict in conflicts {
            assert!(conflict.shown.ends_with(".pico") && conflict.left_out.ends_with(".pico") && conflict.shown != conflict.left_out);
        }
        let page = Snapshot::of(&collector);
        assert_eq!(page.value("same_total", &[]), Some(2.0));
        assert_eq!(page.value("h_count", &[]), Some(1.0));
        assert_eq!(page.families.iter().find(|family| &*family.name == "picometer_multiprocess_conflict").unwrap().samples.len(), 2);
        if one.process.try_wait().unwrap().is_none() {
            one.process.kill().unwrap();
            one.process.wait().unwrap();
        }
    }
    other.end();
}

#[test]
fn a_process_that_shares_nothing_counts_by_itself() {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["kind"])).unwrap();
    jobs.with(["a"]).inc();
    let page = Snapshot::of(&Page::new(&registry).unwrap());
    assert_eq!(page.value("jobs_total", &[("kind", "a")]), Some(1.0));
    assert!(jobs.remove(["a"]));
    assert_eq!(Snapshot::of(&registry).value("jobs_total", &[("kind", "a")]), None);
}
