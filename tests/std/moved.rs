//! Families and series that change their places while a page is cut.

use picometer_std::parse::Dialect;
use picometer_std::{Collector, Counter, Desc, Encoder, Family, Gauge, Info, Metric, Registry, Stop};

use crate::accepted::accept;
use crate::twice::in_pieces;

#[test]
fn families_that_come_and_go_end_the_page_or_do_no_harm() {
    let mut whole = 0;
    for size in 112..160 {
        let registry = Registry::new();
        registry.register(Sometimes(Default::default())).unwrap();
        let family = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["id"])).unwrap();
        (0..20).for_each(|id| family.with([id.to_string()]).inc());
        registry.register(Metric::<Gauge>::new("behind", "")).unwrap();
        match in_pieces(&registry, size, |_| ()) {
            Ok(text) => {
                accept(&text, Dialect::OpenMetrics100);
                assert_eq!(text.matches("\njobs_total{").count(), 20, "{text}");
                whole += 1;
            }
            Err(error) => assert_eq!(error, picometer_std::FillError::SeriesRemoved),
        }
        let target = |piece: usize| registry.set_target_info([("piece", piece.to_string())]).unwrap();
        if let Ok(text) = in_pieces(&registry, size, target) {
            accept(&text, Dialect::OpenMetrics100);
        }
    }
    // A page goes on where all families are back, or the one that was cut is gone for good.
    assert!(whole > 12, "{whole}");
}

/// Gauges of three series each, by their names.
fn gauges(registry: &Registry, names: &[&str]) -> Vec<std::sync::Arc<Family<Gauge<i64>, 1>>> {
    let one = |name: &&str| {
        let family = registry.register(Family::<Gauge<i64>, 1>::new(name, "", ["id"])).unwrap();
        ["1", "2", "3"].into_iter().for_each(|id| family.with([id]).set(1));
        family
    };
    names.iter().map(one).collect()
}

#[test]
fn page_goes_on_where_one_family_is_gone() {
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    for size in [32, 50, 90] {
        for gone in 0..NAMES.len() {
            for at in 0..20 {
                let registry = Registry::new();
                let families = gauges(&registry, &NAMES);
                let text = in_pieces(&registry, size, |piece| {
                    if piece == at {
                        assert!(registry.unregister(&families[gone]));
                    }
                });
                // Not even the family that was cut, of which no metric has more than a line.
                let text = text.unwrap_or_else(|error| panic!("{error}: {size} {gone} {at}"));
                accept(&text, Dialect::OpenMetrics100);
                for name in NAMES.iter().enumerate().filter(|(place, _)| *place != gone).map(|(_, name)| name) {
                    assert_eq!(text.matches(&format!("\n{name}{{id=")).count(), 3, "{name} {size} {gone} {at}\n{text}");
                }
            }
        }
    }
}

#[test]
fn page_in_which_more_is_moved_repeats_nothing() {
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let (mut whole, mut ended) = (0, 0);
    for change in 0..8 {
        for at in 0..14 {
            let registry = Registry::new();
            let inner = Registry::new();
            registry.register(inner.clone()).unwrap();
            let inside = gauges(&inner, &["x", "y"]);
            let families = gauges(&registry, &NAMES);
            let text = in_pieces(&registry, 50, |piece| {
                // One that goes, and comes back behind the cut when the page went on.
                let comes_back = [1, 3].contains(&(piece as i64 - at as i64));
                match change {
                    6 if piece == at => assert!(registry.unregister(&families[0])),
                    6 if comes_back && piece == at + 3 => registry.register_shared(families[0].clone()).unwrap(),
                    7 if piece == at => assert!(registry.unregister(&families[2])),
                    7 if comes_back && piece == at + 1 => registry.register_shared(families[2].clone()).unwrap(),
                    _ => {}
                }
                if piece != at {
                    return;
                }
                let again = |family: usize| {
                    assert!(registry.unregister(&families[family]));
                    registry.register_shared(families[family].clone()).unwrap();
                };
                match change {
                    // In front of the cut, and then behind it.
                    0 => again(0),
                    1 => (0..3).for_each(again),
                    2 => {
                        assert!(registry.unregister(&families[0]) && registry.unregister(&families[1]));
                    }
                    3 => _ = gauges(&inner, &["z"]),
                    4 => {
                        gauges(&inner, &["z"]);
                        again(0);
                        assert!(inner.unregister(&inside[0]));
                    }
                    5 => {
                        assert!(inner.unregister(&inside[0]));
                        inner.register_shared(inside[0].clone()).unwrap();
                    }
                    _ => {}
                }
            });
            match text {
                Ok(text) => {
                    whole += 1;
                    accept(&text, Dialect::OpenMetrics100);
                    for name in NAMES.iter().skip(3).chain(&["y"]) {
                        assert_eq!(text.matches(&format!("\n{name}{{id=")).count(), 3, "{name} {change} {at}\n{text}");
                    }
                }
                Err(error) => {
                    ended += 1;
                    assert_eq!(error, picometer_std::FillError::SeriesRemoved);
                }
            }
        }
    }
    assert!(whole > 20 && ended > 10, "{whole} {ended}");
}

/// A collector that gives its series as a map has them, which is changed from outside.
struct Given(std::sync::Mutex<Vec<u32>>);

impl Collector for Given {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const GIVEN: Desc = Desc::gauge("given", "");
        let mut family = out.family(&GIVEN)?;
        let all = self.0.lock().unwrap().clone();
        all.iter().try_for_each(|id| family.gauge(&[("id", id.to_string().as_str())], *id))
    }
}

#[test]
fn series_of_a_collector_that_change_places_come_once_or_end_the_page() {
    type Change = fn(&mut Vec<u32>);
    let changes: [Change; 6] = [
        |all| all.reverse(),
        |all| all.rotate_left(1),
        |all| _ = all.remove(0),
        |all| _ = all.pop(),
        |all| all.insert(0, 99),
        |all| all.push(99),
    ];
    let (mut whole, mut ended) = (0, 0);
    for (number, change) in changes.iter().enumerate() {
        for size in [32, 60] {
            for at in 0..12 {
                let registry = Registry::new();
                let given = registry.register(Given(std::sync::Mutex::new((0..8).collect()))).unwrap();
                let behind = registry.register(Metric::<Gauge>::new("behind", "")).unwrap();
                let text = in_pieces(&registry, size, |piece| {
                    if piece == at {
                        change(&mut given.0.lock().unwrap());
                    }
                });
                match text {
                    Ok(text) => {
                        whole += 1;
                        accept(&text, Dialect::OpenMetrics100);
                        let now = given.0.lock().unwrap().clone();
                        for id in now.iter().filter(|id| **id != 99) {
                            assert!(text.contains(&format!("\ngiven{{id=\"{id}\"}} {id}\n")), "{id} {number} {size} {at}\n{text}");
                        }
                        assert!(text.contains("\nbehind 0.0\n"), "{number} {size} {at}\n{text}");
                    }
                    Err(error) => {
                        ended += 1;
                        assert_eq!(error, picometer_std::FillError::SeriesRemoved);
                    }
                }
                drop(behind);
            }
        }
    }
    assert!(whole > 40 && ended > 10, "{whole} {ended}");
}

#[test]
fn facts_that_change_between_pieces_end_no_page() {
    for at in 0..10 {
        let (outer, inner) = (Registry::new(), Registry::new());
        let nested = outer.nested("", [("site", "a")]).unwrap();
        let families = [("here_info", &outer), ("nested_info", &nested), ("within_info", &inner)].map(|(name, registry)| {
            let family = registry.register(Family::<Info, 1>::new(name, "", ["id"])).unwrap();
            (0..4).for_each(|id| family.with([id.to_string()]).set([("version", "1")]).unwrap());
            family
        });
        nested.register(inner.clone()).unwrap();
        let text = in_pieces(&outer, 70, |piece| {
            if piece == at {
                families.iter().for_each(|family| (0..4).for_each(|id| family.with([id.to_string()]).set([("version", "2")]).unwrap()));
            }
        });
        let text = text.unwrap_or_else(|error| panic!("{error}: {at}"));
        accept(&text, Dialect::OpenMetrics100);
        assert_eq!(text.matches("version=").count(), 12, "{at}\n{text}");
    }
}

/// A collector that has its first family sometimes.
struct Sometimes(std::sync::atomic::AtomicU32);

impl picometer_std::Collector for Sometimes {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const FIRST: Desc = Desc::gauge("first", "");
        const SECOND: Desc = Desc::gauge("second", "");
        let turn = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if turn % 3 == 1 {
            return Err(out.fail("not now"));
        }
        for desc in [&FIRST, &SECOND] {
            let mut family = out.family(desc)?;
            (0..9_u32).try_for_each(|number| family.gauge(&[("number", number.to_string().as_str())], number))?;
        }
        Ok(())
    }
}
