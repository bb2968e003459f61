//! No series twice on a page that is written in small pieces, whatever comes and goes meanwhile.

use picometer_std::parse::Dialect;
use picometer_std::{Counter, Family, Format, Histogram, Registry};

use crate::accepted::accept;

/// The page in pieces of this size; `between` is called behind each with its number.
pub fn in_pieces(registry: &Registry, size: usize, mut between: impl FnMut(usize)) -> Result<String, picometer_std::FillError> {
    crate::in_pieces(registry, Format::OpenMetrics100, size, |piece, _| between(piece))
}

/// Families of series 1, 2 and 3 under one name, one for each of these pools.
fn pools(registry: &Registry, pools: &[&str]) -> Vec<std::sync::Arc<Family<Counter, 1>>> {
    let one = |pool: &&str| {
        let nested = registry.nested("", [("pool", *pool)]).unwrap();
        let family = nested.register(Family::<Counter, 1>::new("jobs_total", "", ["id"])).unwrap();
        ["1", "2", "3"].into_iter().for_each(|id| family.with([id]).inc());
        family
    };
    pools.iter().map(one).collect()
}

#[test]
fn members_of_a_group_have_places_of_their_own() {
    for size in [48, 64, 100] {
        for at in 0..12 {
            for change in 0..4 {
                let registry = Registry::new();
                let families = pools(&registry, &["a", "b", "c"]);
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
        let families = pools(&registry, &["a", "b", "c", "d"]);
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
        let families = pools(inner, &[&made.to_string()]);
        self.families.extend(families.into_iter().map(|family| (site, *made, family)));
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
