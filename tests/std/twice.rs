//! No series twice on a page that is written in small pieces, whatever comes and goes meanwhile.

use picometer_std::parse::Dialect;
use picometer_std::{Collector, Counter, Desc, Encoder, Exposition, Family, Format, Gauge, Histogram, Info, Metric, Registry, Stop};

use crate::accepted::accept;

/// The page in pieces of this size; `between` is called behind each with its number.
fn in_pieces(registry: &Registry, size: usize, mut between: impl FnMut(usize)) -> Result<String, picometer_std::FillError> {
    let mut page = Exposition::new(registry, Format::OpenMetrics100);
    let (mut text, mut buffer, mut pieces) = (String::new(), vec![0; size], 0);
    while !page.is_done() {
        let len = page.fill(&mut buffer)?;
        text += std::str::from_utf8(&buffer[..len]).unwrap();
        between(pieces);
        pieces += 1;
    }
    Ok(text)
}

#[test]
fn members_of_a_group_have_places_of_their_own() {
    for size in [48, 64, 100] {
        for at in 0..12 {
            for change in 0..4 {
                let registry = Registry::new();
                let families: Vec<_> = ["a", "b", "c"]
                    .into_iter()
                    .map(|pool| {
                        let nested = registry.nested("", [("pool", pool)]).unwrap();
                        let family = nested.register(Family::<Counter, 1>::new("jobs_total", "", ["id"])).unwrap();
                        ["1", "2", "3"].into_iter().for_each(|id| family.with([id]).inc());
                        family
                    })
                    .collect();
                let text = in_pieces(&registry, size, |piece| {
                    if piece != at {
                        return;
                    }
                    match change {
                        0 => families[0].with(["new"]).inc(),
                        1 => families.iter().for_each(|family| assert!(family.remove(["1"]))),
                        2 => families.iter().for_each(|family| {
                            family.remove(["2"]);
                            family.with(["2"]).inc();
                        }),
                        _ => {
                            families[1].clear();
                            (0..9).for_each(|id| families[1].with([id.to_string()]).inc());
                        }
                    }
                });
                let text = text.unwrap();
                accept(&text, Dialect::OpenMetrics100);
                // What stayed is there.
                for pool in ["a", "c"] {
                    assert!(text.contains(&format!("{{pool=\"{pool}\",id=\"3\"}} 1\n")), "{size} {at} {change}\n{text}");
                }
            }
        }
    }
}

#[test]
fn member_that_goes_takes_no_other_along() {
    for at in 0..10 {
        let registry = Registry::new();
        let families: Vec<_> = ["a", "b", "c", "d"]
            .into_iter()
            .map(|pool| {
                let nested = registry.nested("", [("pool", pool)]).unwrap();
                let family = nested.register(Family::<Gauge<i64>, 1>::new("jobs", "", ["id"])).unwrap();
                ["1", "2", "3"].into_iter().for_each(|id| family.with([id]).inc());
                family
            })
            .collect();
        let text = in_pieces(&registry, 48, |piece| {
            if piece == at {
                assert!(registry.unregister(&families[1]));
            }
        });
        let text = text.unwrap();
        accept(&text, Dialect::OpenMetrics100);
        for (pool, id) in ["a", "c", "d"].into_iter().flat_map(|pool| ["1", "2", "3"].map(|id| (pool, id))) {
            assert!(text.contains(&format!("pool=\"{pool}\",id=\"{id}\"")), "{at}\n{text}");
        }
    }
}

#[test]
fn group_of_histograms_survives_churn() {
    let registry = Registry::new();
    let families: Vec<_> = (0..5)
        .map(|pool| {
            let nested = registry.nested("p_", [("pool", pool.to_string())]).unwrap();
            nested.register(Family::<Histogram, 1>::new("took_seconds", "", ["id"]).buckets([0.1, 1.0])).unwrap()
        })
        .collect();
    for seed in 0..60_usize {
        families.iter().for_each(|family| (0..3).for_each(|id| family.with([id.to_string()]).observe(0.5)));
        let mut step = seed;
        let text = in_pieces(&registry, 80 + seed, |piece| {
            // A page that grows as fast as it is read has no end.
            if piece > 40 {
                return;
            }
            step += 1;
            let family = &families[step % 5];
            match step % 3 {
                0 => family.with([format!("new{step}")]).observe(0.2),
                1 => drop(family.remove([(step % 3).to_string()])),
                _ => family.with([(step % 4).to_string()]).observe(2.0),
            }
        });
        match text {
            Ok(text) => accept(&text, Dialect::OpenMetrics100),
            // A histogram that is gone while half of it is sent ends the page.
            Err(error) => assert_eq!(error, picometer_std::FillError::SeriesRemoved),
        }
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

/// Families of one name in pools of several registries, each of which is one of a group of registries itself.
struct Pools {
    outer: Registry,
    /// The registries of the outer group, and how many pools each has had.
    inner: Vec<(Registry, usize)>,
    families: Vec<(usize, usize, std::sync::Arc<Family<Counter, 1>>)>,
}

impl Pools {
    fn new() -> Self {
        let outer = Registry::new();
        let mut pools = Self { outer, inner: Vec::new(), families: Vec::new() };
        for site in 0..3 {
            let inner = Registry::new();
            // Names are there when it is registered.
            pools.inner.push((inner, 0));
            pools.add(site);
            pools.add(site);
            let nested = pools.outer.nested("", [("site", site.to_string())]).unwrap();
            nested.register(pools.inner[site].0.clone()).unwrap();
        }
        pools
    }

    fn add(&mut self, site: usize) {
        let (inner, made) = &mut self.inner[site];
        let nested = inner.nested("", [("pool", made.to_string())]).unwrap();
        let family = nested.register(Family::<Counter, 1>::new("jobs_total", "", ["id"])).unwrap();
        ["1", "2", "3"].into_iter().for_each(|id| family.with([id]).inc());
        self.families.push((site, *made, family));
        *made += 1;
    }

    fn remove(&mut self, site: usize, at: usize) {
        let place = self.families.iter().position(|(of, pool, _)| (*of, *pool) == (site, at)).unwrap();
        let (_, _, family) = self.families.remove(place);
        assert!(self.inner[site].0.unregister(&family));
    }
}

#[test]
fn groups_within_a_group_come_and_go_between_pieces() {
    for size in [56, 90, 200] {
        for at in 0..16 {
            for change in 0..6 {
                let mut pools = Pools::new();
                let outer = pools.outer.clone();
                let text = in_pieces(&outer, size, |piece| {
                    if piece != at {
                        return;
                    }
                    match change {
                        0 => pools.add(0),
                        1 => pools.remove(0, 0),
                        2 => pools.remove(0, 1),
                        3 => (0..3).for_each(|site| pools.add(site)),
                        4 => {
                            pools.remove(1, 0);
                            pools.add(1);
                        }
                        _ => (0..3).for_each(|site| pools.remove(site, 1)),
                    }
                });
                let text = text.unwrap_or_else(|error| panic!("{error}: {size} {at} {change}"));
                accept(&text, Dialect::OpenMetrics100);
                // What was there all along is there.
                for (site, pool, _) in pools.families.iter().filter(|(_, pool, _)| *pool < 2) {
                    for id in 1..=3 {
                        let series = format!("jobs_total{{site=\"{site}\",pool=\"{pool}\",id=\"{id}\"}} 1\n");
                        assert!(text.contains(&series), "{series}{size} {at} {change}\n{text}");
                    }
                }
            }
        }
    }
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
