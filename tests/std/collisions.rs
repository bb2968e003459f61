//! Names that two families would share on a page are found when the second is registered.

use picometer_std::{
    Collector, ConstFamily, Counter, Desc, Encoder, Family, Gauge, GaugeHistogram, Histogram, Info, Kind, Metric, Point, RegisterError,
    Registry, Stop, Summary,
};

use crate::samples;

fn families(result: Result<(), RegisterError>) -> (String, String, String) {
    match result {
        Err(RegisterError::Collision { sample, first, second }) => (sample.into(), first.family().into(), second.family().into()),
        other => panic!("{other:?}"),
    }
}

fn kinds() -> [(Kind, &'static [&'static str]); 8] {
    [
        (Kind::Counter, &["", "_total", "_created"]),
        (Kind::Gauge, &[""]),
        (Kind::Histogram, &["", "_bucket", "_sum", "_count", "_created"]),
        (Kind::GaugeHistogram, &["", "_bucket", "_gsum", "_gcount"]),
        (Kind::Summary, &["", "_sum", "_count", "_created"]),
        (Kind::Info, &["", "_info"]),
        (Kind::StateSet, &[""]),
        (Kind::Unknown, &[""]),
    ]
}

#[test]
fn every_type_keeps_its_suffixes_to_itself() {
    let all: Vec<&str> = ["", "_total", "_created", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_info"].into();
    for (kind, suffixes) in kinds() {
        for suffix in &all {
            let registry = Registry::new();
            registry.register(ConstFamily::new(kind, &format!("a{}", kind.suffix()), "", [])).unwrap();
            let result = registry.register(Metric::<Gauge>::new(&format!("a{suffix}"), "")).map(drop);
            if suffixes.contains(suffix) {
                assert_eq!(families(result), (format!("a{suffix}"), format!("a{}", kind.suffix()), format!("a{suffix}")));
            } else {
                assert_eq!(result, Ok(()), "{kind:?} {suffix}");
            }
        }
    }
}

#[test]
fn names_that_are_one_after_escaping() {
    let registry = Registry::new();
    registry.register(Metric::<Gauge>::new("a.b", "").utf8()).unwrap();
    for name in ["a_b", "a b", "a-b", "a.b"] {
        let clash = registry.register(Metric::<Gauge>::new(name, "").utf8()).map(drop);
        assert_eq!(families(clash), ("a_b".into(), "a.b".into(), name.into()));
    }
    registry.register(Metric::<Gauge>::new("a:b", "")).unwrap();
}

#[test]
fn both_owners_are_named_with_their_places() {
    let registry = Registry::new();
    let line = line!() + 1;
    registry.register(Family::<Histogram, 1>::new("wait", "", ["x"])).unwrap();
    let error = registry.register(Metric::<Counter>::new("wait_count_total", "")).map(drop).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("`wait` and `wait_count_total` would both be exposed as `wait_count`; registered at "), "{text}");
    assert!(text.contains(&format!("collisions.rs:{line}:")) && text.contains(&format!("collisions.rs:{}:", line + 1)), "{text}");
}

#[test]
fn nothing_is_registered_by_what_collides() {
    let registry = Registry::new();
    registry.register(Metric::<Gauge>::new("a", "")).unwrap();

    struct Two;
    impl Collector for Two {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            const NEW: Desc = Desc::gauge("new", "");
            const OLD: Desc = Desc::gauge("a", "");
            out.family(&NEW)?.gauge(&(), 1)?;
            out.family(&OLD)?.gauge(&(), 1)
        }
    }
    assert_eq!(families(registry.register(Two).map(drop)), ("a".into(), "a".into(), "a".into()));
    registry.register(Metric::<Gauge>::new("new", "")).unwrap();
    assert_eq!(samples(&registry), ["a 0", "new 0"]);
}

#[test]
fn a_collector_does_not_collide_with_itself() {
    struct Twice(&'static str);
    impl Collector for Twice {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            let desc = Desc::try_new(picometer_std::DescParts { name: self.0, ..picometer_std::DescParts::new(Kind::Gauge) }).unwrap();
            const SUM: Desc = Desc::summary("a", "");
            out.begin(&SUM)?;
            out.family(&desc)?.point(&(), &Point::number(1))
        }
    }
    let registry = Registry::new();
    assert_eq!(families(registry.register(Twice("a_sum")).map(drop)), ("a_sum".into(), "a".into(), "a_sum".into()));
    assert_eq!(families(registry.register(Twice("a")).map(drop)), ("a".into(), "a".into(), "a".into()), "a family is begun once");
    registry.register(Twice("a_summary")).unwrap();
}

#[test]
fn names_come_back() {
    let registry = Registry::new();
    let histogram = registry.register(Metric::<Histogram>::new("a", "")).unwrap();
    assert!(registry.register(Metric::<Summary>::new("a", "")).is_err());
    assert!(registry.unregister(&histogram) && !registry.unregister(&histogram));
    let summary = registry.register(Metric::<Summary>::new("a", "")).unwrap();
    assert!(!registry.unregister(&histogram) && registry.register(Metric::<GaugeHistogram>::new("a", "")).is_err());
    assert!(registry.unregister(&summary));
    assert_eq!(samples(&registry), [] as [&str; 0]);
}

#[test]
fn capped_families_and_target_info_have_names_too() {
    let registry = Registry::new();
    registry.register(Family::<Counter, 1>::new("a_total", "", ["x"]).max_series(1)).unwrap();
    assert_eq!(families(registry.register(Metric::<Counter>::new("a_folded_total", "")).map(drop)).1, "a_folded_total");
    registry.set_target_info([("service", "shop")]).unwrap();
    assert_eq!(families(registry.register(Metric::<Info>::new("target_info", "")).map(drop)).1, "target_info");
    registry.set_target_info([("service", "other")]).unwrap();
    registry.set_target_info([] as [(&str, &str); 0]).unwrap();
    registry.register(Metric::<Info>::new("target_info", "")).unwrap();
    assert_eq!(families(registry.set_target_info([("service", "shop")])).2, "target_info");
}
