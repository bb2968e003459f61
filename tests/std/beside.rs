//! Registries side by side on one page: no family twice, in no format, and what they say of themselves together.

use picometer_std::parse::{self, Dialect};
use picometer_std::respond::{RequestParts, respond};
use picometer_std::{
    Collector, Counter, Desc, Encoder, Exposition, Family, Format, Gauge, GaugeHistogram, Histogram, Metric, Registry, Restricted, Slow,
    Stop, statics,
};

use crate::accepted::accept;
use crate::{page, samples};

/// What a program writes that has several registries.
struct All<'a>(Vec<&'a dyn Collector>);

impl Collector for All<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.0.iter().try_for_each(|one| one.collect(out))
    }
}

struct Failing(&'static str);

impl Collector for Failing {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        out.family(&Desc::gauge(self.0, ""))?.gauge(&(), 1)?;
        Err(out.fail("on purpose"))
    }
}

/// Accepted in every format; the page in text.
fn accepted(source: &dyn Collector) -> String {
    let text = crate::accepted::accepted(source);
    let mut bytes = Vec::new();
    picometer_std::render(source, Format::Protobuf, &mut bytes);
    let families = parse::protobuf(&bytes, parse::Limits::default()).unwrap();
    let mut names: Vec<_> = families.iter().map(|family| family.name.to_string()).collect();
    names.sort();
    names.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1]));
    text
}

fn failing(name: &'static str) -> Registry {
    let registry = Registry::new();
    registry.register(Failing(name)).unwrap();
    // The check at registration does not count.
    registry
}

#[test]
fn failures_of_all_registries_are_one_family() {
    let (a, b, c) = (failing("a"), failing("b"), failing("a"));
    let text = accepted(&All(vec![&a, &b]));
    assert!(text.ends_with("{collector=\"a\"} 5\npicometer_collector_failures_total{collector=\"b\"} 5\n"), "{text}");
    assert_eq!(text.matches("# TYPE picometer_collector_failures_total").count(), 1);
    // A name that both have is one series, and one family on the page.
    let text = accepted(&All(vec![&a, &c]));
    assert_eq!(text.matches("\na 1\n").count() + usize::from(text.starts_with("a 1\n")), 1, "{text}");
    assert_eq!(text.matches("picometer_collector_failures_total{").count(), 1, "{text}");
    // Alone, each says what is its own.
    assert_eq!(samples(&b), ["b 1", "picometer_collector_failures_total{collector=\"b\"} 7"]);
}

#[test]
fn family_of_an_earlier_registry_is_left_out() {
    let registries: Vec<_> = (0..3).map(|_| Registry::new()).collect();
    for registry in &registries {
        registry.register(Metric::<Counter>::new("jobs_total", "Jobs.")).unwrap().inc();
        registry.register(Family::<GaugeHistogram, 1>::new("sizes", "", ["x"]).buckets([1.0])).unwrap().with(["a"]).insert(0.5);
        registry.register(Family::<Histogram, 1>::new("seconds", "", ["x"]).buckets([1.0])).unwrap().with(["a"]).observe(0.5);
        for pool in ["1", "2"] {
            let nested = registry.nested("db_", [("pool", pool)]).unwrap();
            nested.register(Metric::<Gauge>::new("open", "")).unwrap();
        }
        registry.set_target_info([("version", "1")]).unwrap();
    }
    registries[1].register(Metric::<Gauge>::new("own", "")).unwrap();
    registries[2].register(Metric::<Gauge>::new("seconds_sum", "")).unwrap_err();
    let all = All(registries.iter().map(|one| one as &dyn Collector).collect());
    let text = accepted(&all);
    assert!(text.contains("\nown 0\n") && text.contains("\njobs_total 1\n"), "{text}");
    for left_out in ["jobs_total", "sizes", "seconds", "db_open"] {
        let line = format!("picometer_collector_failures_total{{collector=\"{left_out}\"}}");
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(registries[0].failures().is_empty());
    assert!(registries[1].failures()[0].reason.contains("another registry"), "{:?}", registries[1].failures());
    // The same registry twice, and in front of itself by another handle.
    let first = &registries[0];
    let nested = first.nested("x_", [("y", "z")]).unwrap();
    assert_eq!(accepted(&All(vec![first, first, &nested])).matches("\njobs_total 1\n").count(), 1);
}

#[test]
fn samples_of_other_families_count_as_names() {
    let (a, b) = (Registry::new(), Registry::new());
    a.register(Metric::<Histogram>::new("seconds", "").buckets([1.0])).unwrap().observe(0.5);
    a.register(Metric::<Gauge>::new("a.b", "").utf8()).unwrap();
    b.register(Metric::<Gauge>::new("seconds_count", "")).unwrap();
    b.register(Metric::<Gauge>::new("a_b", "")).unwrap();
    b.register(Metric::<Gauge>::new("c", "")).unwrap();
    let text = accepted(&All(vec![&a, &b]));
    assert!(text.contains("\nc 0\n") && text.matches("\nseconds_count ").count() == 1 && text.matches("\na_b 0").count() == 1, "{text}");
}

#[test]
fn prefixes_in_front_of_registries_keep_them_apart() {
    let (a, b) = (Registry::new(), Registry::new());
    for registry in [&a, &b] {
        registry.register(Metric::<Counter>::new("jobs_total", "")).unwrap();
        registry.register(Failing("odd")).unwrap();
    }
    let (one, other) = ([&a as &dyn Collector], [&b as &dyn Collector]);
    let (one, other) = (statics::Registry::new(&one).prefix("a_"), statics::Registry::new(&other).prefix("b_"));
    let members: [&dyn Collector; 2] = [&one, &other];
    let text = accepted(&statics::Registry::new(&members));
    assert!(text.contains("\na_jobs_total 0\n") && text.contains("\nb_jobs_total 0\n"), "{text}");
    // The same labels and names, put on from outside: what comes second is left out.
    let label = [statics::Label::new("of", "a")];
    let (one, other) = ([&a as &dyn Collector], [&a as &dyn Collector]);
    let (one, other) = (statics::Registry::new(&one).labels(&label), statics::Registry::new(&other));
    assert_eq!(accepted(&All(vec![&one, &other])).matches("# TYPE jobs_total").count(), 1);
}

#[test]
fn faulty_statics_beside_a_registry_show_failures_once() {
    static JOBS: statics::Metric<statics::Counter> = statics::Metric::new(&Desc::counter("jobs_total", ""));
    let members: [&dyn Collector; 2] = [&JOBS, &JOBS];
    let faulty = statics::Registry::new(&members);
    let dynamic = failing("a");
    for all in [vec![&faulty as &dyn Collector, &dynamic], vec![&dynamic, &faulty]] {
        let text = accepted(&All(all));
        assert_eq!(text.matches("# TYPE picometer_collector_failures_total").count(), 1, "{text}");
    }
    let within: [&dyn Collector; 3] = [&JOBS, &JOBS, &dynamic];
    accepted(&statics::Registry::new(&within));
}

#[test]
fn slow_collectors_of_all_registries_are_shown_together() {
    let (a, b) = (Registry::new(), Registry::new());
    a.register(Slow::new("one", Failing("x"))).unwrap();
    b.register(Slow::new("two", Failing("y"))).unwrap();
    let text = accepted(&All(vec![&a, &b]));
    assert_eq!(text.matches("# TYPE picometer_slow_collector_errors_total").count(), 1, "{text}");
    assert!(text.contains("{collector=\"one\",reason=") && text.contains("{collector=\"two\",reason="), "{text}");
}

#[test]
fn parts_of_registries_side_by_side_are_asked_for_by_name() {
    let (a, b) = (failing("a"), failing("b"));
    a.register(Metric::<Counter>::new("jobs_total", "")).unwrap();
    b.register(Metric::<Counter>::new("jobs_total", "")).unwrap();
    b.register(Metric::<Counter>::new("more_total", "")).unwrap();
    let all = All(vec![&a, &b]);
    let ask = |query: &str| String::from_utf8(respond(&RequestParts::new("GET", query), &all).body).unwrap();
    assert_eq!(ask("/metrics?name[]=jobs_total"), "# TYPE jobs_total counter\njobs_total 0\n");
    assert_eq!(ask("/metrics?name[]=more_total"), "# TYPE more_total counter\nmore_total 0\n");
    assert!(ask("/metrics?name[]=picometer_collector_failures_total").contains("collector=\"b\""));
    let mut text = Vec::new();
    picometer_std::render(&Restricted::new(&all, ["more_total"]), Format::Text004, &mut text);
    assert_eq!(String::from_utf8(text).unwrap(), "# TYPE more_total counter\nmore_total 0\n");
}

#[test]
fn pages_in_pieces_and_within_pages_are_as_whole_ones() {
    struct Inner(Registry);
    impl Collector for Inner {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            // A page of its own, with the same names.
            let page = page(&All(vec![&self.0, &self.0]));
            assert_eq!(page.matches("# TYPE jobs_total").count(), 1);
            out.family(&const { Desc::gauge("inner_bytes", "") })?.gauge(&(), page.len() as u64)
        }
    }
    let (a, b) = (Registry::new(), Registry::new());
    for registry in [&a, &b] {
        let inner = Registry::new();
        inner.register(Metric::<Counter>::new("jobs_total", "")).unwrap();
        registry.register(Metric::<Counter>::new("jobs_total", "")).unwrap();
        registry.register(Inner(inner)).unwrap();
    }
    b.register(Metric::<Counter>::new("last_total", "")).unwrap();
    let all = All(vec![&a, &b]);
    for size in [80, 100, 200, 1_000] {
        let mut text = String::new();
        let mut exposition = Exposition::new(&all, Format::OpenMetrics100);
        let mut buffer = vec![0; size];
        while !exposition.is_done() {
            let len = match exposition.fill(&mut buffer) {
                Ok(len) => len,
                Err(picometer_std::FillError::BufferTooSmall { needed }) => {
                    buffer.resize(needed, 0);
                    continue;
                }
                Err(error) => panic!("{error}"),
            };
            text += std::str::from_utf8(&buffer[..len]).unwrap();
        }
        accept(&text, Dialect::OpenMetrics100);
        assert_eq!((text.matches("\njobs_total 0").count(), text.matches("\nlast_total 0").count()), (1, 1), "{text}");
    }
}

#[test]
fn failure_between_two_pieces_comes_behind_those_that_were_sent() {
    struct Moody(&'static str, std::sync::Arc<std::sync::atomic::AtomicBool>);
    impl Collector for Moody {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            out.family(&Desc::gauge(self.0, ""))?.gauge(&(), 1)?;
            if self.1.load(std::sync::atomic::Ordering::Relaxed) { Err(out.fail("on purpose")) } else { Ok(()) }
        }
    }
    for at in 0..12 {
        let late = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (a, b) = (Registry::new(), failing("b"));
        a.register(Moody("late", late.clone())).unwrap();
        a.register(Failing("early")).unwrap();
        b.register(Failing("c")).unwrap();
        let all = All(vec![&a, &b]);
        let fails_from = |piece| late.store(piece >= at, std::sync::atomic::Ordering::Relaxed);
        fails_from(0);
        let text = crate::in_pieces(&all, Format::OpenMetrics100, 150, |piece, _| fails_from(piece + 1)).unwrap();
        accept(&text, Dialect::OpenMetrics100);
        for name in ["early", "b", "c"] {
            assert!(text.contains(&format!("_failures_total{{collector=\"{name}\"}}")), "{name} {at}\n{text}");
        }
    }
}
