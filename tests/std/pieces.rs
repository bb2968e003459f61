//! A page in pieces while collectors come and go: what was there all along is on it once, or it ends with an error.

use std::sync::Barrier;

use picometer_std::{Counter, Exposition, Family, FillError, Format, Gauge, GaugeHistogram, Histogram, Metric, Registry, Summary};

/// The page, a line or a message at a time; `between` sees what was sent so far.
fn line_by_line(registry: &Registry, format: Format, mut between: impl FnMut(&str)) -> Result<String, FillError> {
    let mut page = Exposition::new(registry, format);
    let mut text = String::new();
    while !page.is_done() {
        let needed = match page.fill(&mut []) {
            Err(FillError::BufferTooSmall { needed }) => needed,
            other => other?,
        };
        let mut buffer = vec![0; needed];
        let len = match page.fill(&mut buffer) {
            Ok(len) => len,
            Err(error) => {
                // Another call does not give the rest of the page.
                assert_eq!(page.fill(&mut [0; 4_096]), Err(error));
                return Err(error);
            }
        };
        text += &String::from_utf8_lossy(&buffer[..len]);
        between(&text);
    }
    Ok(text)
}

const TYPES: [&str; 5] = ["counter", "gauge", "histogram", "gaugehistogram", "summary"];

fn register(registry: &Registry, kind: &str, name: &str) {
    match kind {
        "counter" => drop(registry.register(Metric::<Counter>::new(&format!("{name}_total"), "")).unwrap()),
        "gauge" => drop(registry.register(Metric::<Gauge>::new(name, "")).unwrap()),
        "histogram" => drop(registry.register(Metric::<Histogram>::new(name, "")).unwrap()),
        "gaugehistogram" => drop(registry.register(Metric::<GaugeHistogram>::new(name, "")).unwrap()),
        _ => drop(registry.register(Metric::<Summary>::new(name, "")).unwrap()),
    }
}

/// The family behind a cut one gets its number when one in front goes, and is another one, however alike both are: the page goes on
/// in the one that was cut.
#[test]
fn family_is_not_taken_for_a_cut_one() {
    let families: Vec<_> = TYPES.iter().flat_map(|kind| (0..10).map(move |number| (*kind, format!("m{number}")))).collect();
    for format in [Format::OpenMetrics100, Format::Text004, Format::Protobuf] {
        for (kind, name) in &families {
            for (next_kind, next) in families.iter().filter(|(_, next)| next != name) {
                let registry = Registry::new();
                let first = registry.register(Metric::<Gauge>::new("first", "")).unwrap();
                register(&registry, kind, name);
                register(&registry, next_kind, next);
                let whole = line_by_line(&registry, format, |_| {});
                let result = line_by_line(&registry, format, |text| {
                    if text.contains(&**name) {
                        registry.unregister(&first);
                    }
                });
                assert_eq!(result, whole, "{format:?}: {kind} {name} before {next_kind} {next}");
            }
        }
    }
}

fn jobs(registry: &Registry, pool: &str) -> std::sync::Arc<Family<Counter, 1>> {
    let nested = registry.nested("", [("pool", pool)]).unwrap();
    let family = nested.register(Family::<Counter, 1>::new("jobs_total", "", ["id"])).unwrap();
    (0..6).for_each(|id| family.with([id.to_string()]).inc());
    family
}

/// How often each series of a pool is on a page.
fn shown(text: &str, pool: &str) -> Vec<usize> {
    (0..6).map(|id| text.matches(&format!("pool=\"{pool}\",id=\"{id}\"")).count()).collect()
}

#[test]
fn last_of_a_group_keeps_its_places_when_others_go() {
    for goes in ["a", "b"] {
        for lines in 1..15 {
            let registry = Registry::new();
            let pools = ["a", "b"].map(|pool| (pool, jobs(&registry, pool)));
            let text = line_by_line(&registry, Format::OpenMetrics100, |text| {
                if text.lines().count() == lines {
                    pools.iter().filter(|(pool, _)| *pool == goes).for_each(|(_, family)| assert!(registry.unregister(family)));
                }
            });
            let stays = if goes == "a" { "b" } else { "a" };
            assert!(text.is_err() || shown(text.as_ref().unwrap(), stays) == [1; 6], "{goes} goes after {lines}: {text:?}");
        }
    }
}

#[test]
fn last_of_a_group_keeps_its_places_when_others_come() {
    for lines in 1..9 {
        let registry = Registry::new();
        let gone = jobs(&registry, "a");
        jobs(&registry, "b");
        registry.unregister(&gone);
        let text = line_by_line(&registry, Format::OpenMetrics100, |text| {
            if text.lines().count() == lines {
                jobs(&registry, "c");
            }
        });
        assert!(text.is_err() || shown(text.as_ref().unwrap(), "b") == [1; 6], "c comes after {lines}: {text:?}");
    }
}
/// A family that was sent goes to the end, and one that comes in front of the cut one takes its number.
#[test]
fn family_that_moves_is_not_shown_twice() {
    for lines in 1..20 {
        let (registry, inner) = (Registry::new(), Registry::new());
        inner.register(Metric::<Gauge>::new("inner", "")).unwrap();
        registry.register(inner.clone()).unwrap();
        let moves = registry.register(Metric::<Gauge>::new("moves", "")).unwrap();
        jobs(&registry, "a");
        let text = line_by_line(&registry, Format::OpenMetrics100, |text| {
            if text.lines().count() == lines && registry.unregister(&moves) {
                inner.register(Metric::<Gauge>::new("new", "")).unwrap();
                registry.register_shared(moves.clone()).unwrap();
            }
        });
        let text = text.unwrap_or_default();
        assert!(text.matches("# TYPE moves").count() <= 1, "it moves after {lines}:\n{text}");
        assert!(text.is_empty() || shown(&text, "a") == [1; 6], "it moves after {lines}:\n{text}");
    }
}

/// Counts and observes as often as `turns` in each thread, and then makes pages while the threads live: whole, and in pieces.
fn pages_behind(threads: usize, turns: usize) -> Vec<String> {
    let registry = Registry::new();
    let counters = registry.register(Family::<Counter, 1>::new("a_total", "", ["id"])).unwrap();
    let floats = registry.register(Family::<Counter<f64>, 1>::new("b_total", "", ["id"])).unwrap();
    let histograms = registry.register(Family::<Histogram, 1>::new("c", "", ["id"]).buckets([1.0, 5.0, 20.0])).unwrap();
    let summaries = registry.register(Family::<Summary, 1>::new("d", "", ["id"])).unwrap();
    let ids: Vec<String> = (0..70).map(|id| id.to_string()).collect();
    for id in &ids {
        counters.with([id]);
        floats.with([id]);
        histograms.with([id]);
        summaries.with([id]);
    }
    ["0", "33", "69"].iter().for_each(|id| assert!(histograms.remove([id]) && counters.remove([id])));
    let all = Barrier::new(threads + 1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                // Those that were removed come again, behind the others.
                for (id, value) in (0..turns).flat_map(|_| ids.iter().zip(0_u32..)) {
                    counters.with([id]).inc_by(u64::from(value));
                    floats.with([id]).inc_by(f64::from(value) + 0.5);
                    histograms.with([id]).observe(f64::from(value % 30) + 0.25);
                    summaries.with([id]).observe(f64::from(value));
                }
                all.wait();
                all.wait();
            });
        }
        all.wait();
        let mut whole = Vec::new();
        picometer_std::render(&registry, Format::Text004, &mut whole);
        let whole = String::from_utf8(whole).unwrap();
        let mut pages = vec![line_by_line(&registry, Format::Text004, |_| {}).unwrap()];
        for size in [700, 5_000] {
            let (mut page, mut text, mut buffer) = (Exposition::new(&registry, Format::Text004), String::new(), vec![0; size]);
            while !page.is_done() {
                let len = page.fill(&mut buffer).unwrap();
                text += &String::from_utf8_lossy(&buffer[..len]);
            }
            pages.push(text);
        }
        pages.push(whole);
        all.wait();
        pages
    })
}

/// Of many threads numbers are read in columns, and of one they are not.
#[test]
fn pages_behind_many_threads_are_those_of_one() {
    // Series that come again do so in any order where several threads make them.
    let sorted = |page: &String| {
        let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let one = pages_behind(1, 12);
    let many = pages_behind(12, 1);
    assert!(one.iter().chain(&many).all(|page| sorted(page) == sorted(&one[0])));
    assert!(many.iter().all(|page| *page == many[0]));
    assert!(one[0].contains("c_bucket{id=\"29\",le=\"20.0\"} 0\n") && one[0].contains("c_count{id=\"33\"} 12\n"), "{}", one[0]);
}
