//! Registries: order, nesting, `target_info`, one metric for all who ask for it, views.

use std::sync::Arc;

use picometer_std::{
    ClosedFamily, Collector, ConstFamily, ConstPoint, Counter, Desc, Encoder, Family, Format, Gauge, Histogram, Kind, Metric,
    RegisterError, Registry, Restricted, Stop, Timestamp, default_registry, labels, sample_value,
};

use crate::{in_format, page, samples};

labels! { enum Way as "way" { In = "in", Out = "out" } }

#[test]
fn collectors_are_exposed_in_the_order_in_which_they_were_registered() {
    let registry = Registry::new();
    for name in ["z", "a", "m"] {
        registry.register(Metric::<Gauge<i64>>::new(name, "")).unwrap();
    }
    assert_eq!(samples(&registry), ["z 0", "a 0", "m 0"]);
    assert_eq!(format!("{registry:?}"), r#"["z", "a", "m"]"#);
}

#[test]
fn one_metric_for_all_who_ask_for_it() {
    let registry = Registry::new();
    let family = |names| registry.get_or_register(Family::<Counter, 1>::new("a_total", "", names));
    let first = family(["x"]).unwrap();
    assert!(Arc::ptr_eq(&first, &family(["x"]).unwrap()));
    assert!(matches!(family(["y"]), Err(RegisterError::Collision { .. })), "other labels are another metric");
    assert!(registry.get_or_register(Family::<Counter<f64>, 1>::new("a_total", "", ["x"])).is_err());
    assert!(registry.get_or_register(Metric::<Counter>::new("a_total", "")).is_err());
    assert!(matches!(registry.get_or_register(Metric::<Counter>::new("a b", "")), Err(RegisterError::Metric(_))));
    let closed = || registry.get_or_register(ClosedFamily::<Counter, Way>::new("b_total", "").namespace("ns"));
    assert!(Arc::ptr_eq(&closed().unwrap(), &closed().unwrap()));
    // Also from several threads at once.
    let made: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| registry.get_or_register(Metric::<Counter>::new("c_total", "")))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
    });
    assert!(made.iter().all(|other| Arc::ptr_eq(other, &made[0])));
    assert!(registry.unregister(&first));
    assert!(!Arc::ptr_eq(&first, &family(["x"]).unwrap()));
}

#[test]
fn nested_handles_put_prefixes_and_labels_on_what_they_register() {
    let registry = Registry::new();
    let pool = registry.nested("db_", [("pool", "us\"ers")]).unwrap();
    let inner = pool.nested("read_", [("replica", "1")]).unwrap();
    pool.register(Metric::<Gauge<i64>>::new("connections", "Open.")).unwrap().set(3);
    let queries = inner.register(Family::<Histogram, 1>::new("seconds", "", ["kind"]).unit("seconds").buckets([1.0]));
    assert!(matches!(queries, Err(RegisterError::Metric(_))), "the prefix does not bring the unit's underscore");
    let queries = inner.register(Family::<Histogram, 1>::new("query_seconds", "", ["kind"]).unit("seconds").buckets([1.0])).unwrap();
    queries.with(["a"]).observe(0.5);
    assert_eq!(
        page(&registry),
        "# HELP db_connections Open.\n# TYPE db_connections gauge\ndb_connections{pool=\"us\\\"ers\"} 3\n\
         # TYPE db_read_query_seconds histogram\n\
         db_read_query_seconds_bucket{pool=\"us\\\"ers\",replica=\"1\",kind=\"a\",le=\"1.0\"} 1\n\
         db_read_query_seconds_bucket{pool=\"us\\\"ers\",replica=\"1\",kind=\"a\",le=\"+Inf\"} 1\n\
         db_read_query_seconds_sum{pool=\"us\\\"ers\",replica=\"1\",kind=\"a\"} 0.5\n\
         db_read_query_seconds_count{pool=\"us\\\"ers\",replica=\"1\",kind=\"a\"} 1\n"
    );
    // Names are checked as they are exposed, across handles.
    assert!(matches!(registry.register(Metric::<Gauge>::new("db_connections", "")), Err(RegisterError::Collision { .. })));
    registry.register(Metric::<Gauge>::new("connections", "")).unwrap();
    assert!(!Arc::ptr_eq(
        &registry.get_or_register(Metric::<Counter>::new("a_total", "")).unwrap(),
        &pool.get_or_register(Metric::<Counter>::new("a_total", "")).unwrap()
    ));
    let none: [(&str, &str); 0] = [];
    assert!(registry.nested("a-", none).is_err() && registry.nested("", [("__a", "")]).is_err());
    assert!(pool.nested("", [("pool", "again")]).is_err());
    assert!(pool.unregister(&queries));
}

#[test]
fn registries_and_statics_are_collectors_too() {
    static BOOTS: picometer_std::statics::Metric<picometer_std::statics::Counter> =
        picometer_std::statics::Metric::new(&Desc::counter("boots_total", ""));
    static DRIVER: picometer_std::statics::Registry = picometer_std::statics::Registry::new(&[&BOOTS]).prefix("nic_");
    let inner = Registry::new();
    inner.register(Metric::<Gauge<i64>>::new("b", "")).unwrap();
    let outer = Registry::new();
    outer.register(DRIVER).unwrap();
    outer.register(inner.clone()).unwrap();
    assert!(outer.register(Metric::<Gauge>::new("b", "")).is_err());
    inner.register(Metric::<Gauge<i64>>::new("late", "")).unwrap();
    assert_eq!(samples(&outer), ["nic_boots_total 0", "b 0", "late 0"]);
}

#[test]
fn target_info_comes_first() {
    let registry = Registry::new();
    registry.register(Metric::<Gauge<i64>>::new("a", "")).unwrap();
    assert_eq!(registry.target_info(), None);
    registry.set_target_info([("service", "shop"), ("zone", "\"1\"")]).unwrap();
    assert!(registry.set_target_info([("__x", "")]).is_err());
    assert_eq!(registry.target_info().unwrap().len(), 2);
    assert_eq!(
        in_format(&registry, Format::OpenMetrics100),
        "# HELP target What is scraped.\n# TYPE target info\ntarget_info{service=\"shop\",zone=\"\\\"1\\\"\"} 1\n# TYPE a gauge\na 0\n# EOF\n"
    );
}

#[test]
fn views_keep_order_and_units() {
    let registry = Registry::new();
    registry.register(Metric::<Counter>::new("a_total", "")).unwrap();
    registry.register(Metric::<Histogram>::new("b_seconds", "").unit("seconds").buckets([1.0])).unwrap();
    registry.register(Metric::<Gauge<i64>>::new("c", "")).unwrap();
    let view = |names: &[&str]| {
        let page = in_format(&Restricted::new(&registry, names), Format::OpenMetrics100);
        page.lines()
            .filter(|line| line.starts_with("# TYPE") || line.starts_with("# UNIT"))
            .map(|line| line[2..].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(view(&["c", "b_seconds_count"]), ["TYPE b_seconds histogram", "UNIT b_seconds seconds", "TYPE c gauge"]);
    assert_eq!(view(&["a"]), ["TYPE a counter"]);
    assert_eq!(view(&["a_total"]), ["TYPE a counter"]);
    assert_eq!(view(&["a_totals", ""]), [] as [&str; 0]);
    assert_eq!(in_format(&Restricted::new(&registry, ["nothing"]), Format::OpenMetrics100), "# EOF\n");
}

#[test]
fn values_are_found_by_name_and_labels() {
    let registry = Registry::new();
    let family = registry.register(Family::<Counter, 2>::new("a_total", "", ["x", "y"])).unwrap();
    family.with(["1", "2"]).inc_by(7);
    assert_eq!(sample_value(&registry, "a_total", &[("y", "2"), ("x", "1")]), Some(7.0), "in any order");
    for labels in [&[("x", "1")][..], &[("x", "1"), ("y", "3")], &[("x", "1"), ("y", "2"), ("z", "")]] {
        assert_eq!(sample_value(&registry, "a_total", labels), None, "exactly these");
    }
    assert_eq!(sample_value(&registry, "a", &[("x", "1"), ("y", "2")]), None);
}

#[test]
fn constant_metrics_have_moments() {
    let mut family = ConstFamily::new(Kind::Counter, "a_total", "", []);
    family.insert((), ConstPoint::number(3_u32).at(Timestamp::from_millis(5_500)).since(Timestamp::from_seconds(2))).unwrap();
    assert_eq!(samples(&family), ["a_total 3 5500"]);
    assert_eq!(in_format(&family, Format::OpenMetrics100), "# TYPE a counter\na_total 3 5.5\na_created 2 5.5\n# EOF\n");
}

#[test]
fn the_default_registry_is_one() {
    let metric = || default_registry().get_or_register(Metric::<Counter>::new("std_tests_default_total", ""));
    metric().unwrap().inc();
    assert_eq!(metric().unwrap().get(), 1);
    assert!(page(default_registry()).contains("std_tests_default_total 1\n"));
}

#[test]
fn several_of_a_component_show_their_families_together() {
    let registry = Registry::new();
    let pool = |name: &str| registry.nested("db_", [("pool", name)]).unwrap();
    let register = |registry: &Registry| {
        let open = registry.register(Metric::<Gauge<i64>>::new("connections", "Open."))?;
        let waits = registry.register(Family::<Counter, 1>::new("waits_total", "Waits.", ["kind"]))?;
        Ok::<_, RegisterError>((open, waits))
    };
    let users = register(&pool("users")).unwrap();
    registry.register(Metric::<Gauge<i64>>::new("between", "")).unwrap();
    let orders = register(&pool("orders")).unwrap();
    assert!(register(&pool("users")).is_err(), "the same labels are the same series");
    let other = registry.nested("db_", [("zone", "1")]).unwrap();
    assert!(register(&other).is_err(), "these could have the same series");
    assert!(pool("third").register(Metric::<Gauge<i64>>::new("waits_total", "")).is_err(), "another type");
    users.0.set(1);
    orders.0.set(2);
    orders.1.with(["a"]).inc();
    users.1.with(["b"]).inc();
    let expected = "# HELP db_connections Open.\n# TYPE db_connections gauge\n\
        db_connections{pool=\"users\"} 1\ndb_connections{pool=\"orders\"} 2\n\
        # HELP db_waits_total Waits.\n# TYPE db_waits_total counter\n\
        db_waits_total{pool=\"users\",kind=\"b\"} 1\ndb_waits_total{pool=\"orders\",kind=\"a\"} 1\n\
        # TYPE between gauge\nbetween 0\n";
    assert_eq!(page(&registry), expected);
    // Also a buffer at a time.
    for size in 60..120 {
        assert_eq!(crate::in_pieces(&registry, Format::Text004, size, |_, _| ()).as_deref(), Ok(expected));
    }
    assert!(registry.unregister(&users.0));
    assert_eq!(samples(&registry)[0], "db_connections{pool=\"orders\"} 2");
    register(&pool("orders")).unwrap_err();
    assert!(registry.unregister(&orders.0));
    pool("orders").register(Metric::<Gauge>::new("connections", "")).unwrap();
}

#[test]
fn a_component_of_several_families_is_shown_family_by_family() {
    struct Pool(u32);
    impl Collector for Pool {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            const OPEN: Desc = Desc::gauge("open", "");
            const IDLE: Desc = Desc::gauge("idle", "");
            out.family(&OPEN)?.gauge(&(), self.0)?;
            out.family(&IDLE)?.gauge(&(), self.0 + 1)
        }
    }
    let registry = Registry::new();
    for pool in 1..=3_u32 {
        registry.nested("", [("pool", pool.to_string())]).unwrap().register(Pool(pool)).unwrap();
    }
    assert_eq!(
        page(&registry),
        "# TYPE open gauge\nopen{pool=\"1\"} 1\nopen{pool=\"2\"} 2\nopen{pool=\"3\"} 3\n\
         # TYPE idle gauge\nidle{pool=\"1\"} 2\nidle{pool=\"2\"} 3\nidle{pool=\"3\"} 4\n"
    );
}

#[test]
fn created_has_one_switch_per_registry() {
    let registry = Registry::new();
    let nested = registry.nested("n_", [("a", "1")]).unwrap();
    registry.register(Metric::<Counter>::new("plain_total", "")).unwrap();
    nested.register(Family::<picometer_std::Created<Counter>, 1>::new("late_total", "", ["x"])).unwrap().with(["1"]).inc();
    registry.register(Metric::<Histogram>::new("wait", "").buckets([1.0])).unwrap();
    registry.register(Metric::<Gauge>::new("depth", "")).unwrap();
    let created = || {
        let page = in_format(&registry, Format::OpenMetrics100);
        let lines = page.lines().filter_map(|line| line.split_once("_created")).filter(|(name, _)| !name.starts_with('#'));
        lines.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(created(), ["n_late"], "who knows shows it");
    let before = in_format(&registry, Format::OpenMetrics100);
    nested.set_created(true);
    assert_eq!(created(), ["plain", "n_late", "wait"]);
    let shown = in_format(&registry, Format::OpenMetrics100);
    let own = |page: &str| page.lines().find(|line| line.starts_with("n_late_created")).map(str::to_owned);
    assert_eq!(own(&shown), own(&before), "its own moment stays");
    assert!(!page(&registry).contains("_created"), "text 0.0.4 has none");
    registry.set_created(false);
    assert_eq!(created(), [""; 0]);
    assert!(in_format(&registry, Format::OpenMetrics100).contains("n_late_total{"), "{shown}");
}
