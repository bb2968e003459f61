//! Scrapes that ask for some families: collectors that have none of them are left alone, and none that has is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use picometer_std::respond::{RequestParts, respond};
use picometer_std::{Collector, Counter, Desc, Encoder, Family, Metric, Registry, Restricted, Stop, statics};

/// Counts how often it is asked; shows a gauge of its name, and later another.
struct Asked {
    name: &'static str,
    asked: Arc<AtomicU32>,
    more: Arc<AtomicBool>,
}

impl Asked {
    fn new(name: &'static str) -> (Self, Arc<AtomicU32>, Arc<AtomicBool>) {
        let (asked, more) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        (Self { name, asked: asked.clone(), more: more.clone() }, asked, more)
    }
}

impl Collector for Asked {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        out.family(&Desc::gauge(self.name, ""))?.gauge(&(), 1)?;
        if self.more.load(Ordering::SeqCst) {
            out.family(const { &Desc::gauge("later", "") })?.gauge(&(), 2)?;
        }
        Ok(())
    }
}

fn get(metrics: &dyn Collector, query: &str) -> String {
    let response = respond(&RequestParts::new("GET", format!("/metrics{query}")), metrics);
    assert_eq!(response.status, 200);
    let page = String::from_utf8(response.body).unwrap();
    page.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

/// A registry of a counter and a collector that is watched.
fn watched() -> (Registry, Arc<AtomicU32>, Arc<AtomicBool>) {
    let registry = Registry::new();
    let (collector, asked, more) = Asked::new("watched");
    registry.register(Metric::<Counter>::new("fast_total", "")).unwrap();
    registry.register(collector).unwrap();
    asked.store(0, Ordering::SeqCst);
    (registry, asked, more)
}

#[test]
fn collectors_without_the_family_are_left_alone() {
    let (registry, asked, _) = watched();
    for query in ["?name[]=fast_total", "?name[]=fast", "?name%5B%5D=fast_created", "?name[]=nothing", "?x=1&name[]=fast&name[]=no"] {
        get(&registry, query);
        assert_eq!(asked.load(Ordering::SeqCst), 0, "{query}");
    }
    assert_eq!(get(&registry, "?name[]=watched"), "watched 1\n");
    assert_eq!(get(&registry, "?name[]=watched&name[]=fast"), "fast_total 0\nwatched 1\n");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(get(&registry, ""), "fast_total 0\nwatched 1\n");
}

#[test]
fn families_that_come_later_are_found() {
    let (registry, asked, more) = watched();
    more.store(true, Ordering::SeqCst);
    // A page of everything shows that there are more than were claimed.
    get(&registry, "");
    assert_eq!(get(&registry, "?name[]=later"), "later 2\n");
    assert_eq!(get(&registry, "?name[]=fast"), "fast_total 0\n");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[test]
fn collector_that_failed_at_registration_is_asked() {
    struct Late(AtomicBool);
    impl Collector for Late {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            if !self.0.swap(true, Ordering::SeqCst) {
                return Err(out.fail("not yet"));
            }
            out.family(const { &Desc::gauge("late", "") })?.gauge(&(), 3)
        }
    }
    let (registry, ..) = watched();
    registry.register(Late(AtomicBool::new(false))).unwrap();
    assert_eq!(get(&registry, "?name[]=late"), "late 3\n");
}

#[test]
fn prefixes_in_front_are_taken_into_account() {
    let (registry, asked, _) = watched();
    let nested = registry.nested("db_", [("pool", "a")]).unwrap();
    nested.register(Family::<Counter, 1>::new("rows_total", "", ["table"])).unwrap().with(["x"]).inc();
    assert_eq!(get(&registry, "?name[]=db_rows"), "db_rows_total{pool=\"a\",table=\"x\"} 1\n");
    assert_eq!(get(&registry, "?name[]=rows"), "");
    // The core's registry puts its own in front, and the names asked for have it.
    let members: [&dyn Collector; 1] = [&registry];
    let outer = statics::Registry::new(&members).prefix("app_");
    // Names are checked with the first page, for which all are asked.
    get(&outer, "");
    asked.store(0, Ordering::SeqCst);
    assert_eq!(get(&outer, "?name[]=app_fast_total"), "app_fast_total 0\n");
    assert_eq!(get(&outer, "?name[]=app_db_rows"), "app_db_rows_total{pool=\"a\",table=\"x\"} 1\n");
    assert_eq!(get(&outer, "?name[]=fast_total"), "");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(get(&outer, "?name[]=app_watched"), "app_watched 1\n");
}

#[test]
fn registries_in_registries_are_asked() {
    let (inner, asked, _) = watched();
    let outer = Registry::new();
    outer.register(Metric::<Counter>::new("outer_total", "")).unwrap();
    // Two of them, which show one family together.
    for pool in ["a", "b"] {
        outer.nested("p_", [("pool", pool)]).unwrap().register(inner.clone()).unwrap();
    }
    asked.store(0, Ordering::SeqCst);
    assert_eq!(get(&outer, "?name[]=outer"), "outer_total 0\n");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(get(&outer, "?name[]=p_fast_total"), "p_fast_total{pool=\"a\"} 0\np_fast_total{pool=\"b\"} 0\n");
    assert_eq!(get(&outer, "?name[]=p_watched"), "p_watched{pool=\"a\"} 1\np_watched{pool=\"b\"} 1\n");
}

#[test]
fn restricted_views_show_what_is_asked_for() {
    let (registry, ..) = watched();
    let view = Restricted::new(&registry, ["fast", "watched"]);
    assert_eq!(get(&view, "?name[]=watched"), "watched 1\n");
    assert_eq!(get(&view, "?name[]=fast_total"), "fast_total 0\n");
}

#[test]
fn utf8_names_are_found() {
    let (registry, asked, _) = watched();
    registry.register(Metric::<Counter>::new("jobs.done_total", "").utf8()).unwrap();
    assert_eq!(get(&registry, "?name[]=jobs.done_total"), "jobs_done_total 0\n");
    assert_eq!(get(&registry, "?name[]=%ff"), "");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
