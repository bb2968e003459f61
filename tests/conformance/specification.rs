//! Single rules, each with the section of the exposition formats or the defect of another library that it comes from.

use crate::fixture::{Fixture, page, text};
use picometer::{
    BoundedFamily, Collector, Collision, Counter, Desc, Encoder, Escaping, Exposition, Family, Format, Gauge, Histogram, Kind, Label,
    Metric, Registry, Stop, Summary, buckets, labels,
};

/// F7, anchors 6.1: counts are integers in every format, never through a float.
#[test]
fn counts_are_exact_integers() {
    static DESC: Desc = Desc::counter("a_total", "");
    let counter = Metric::<Counter<u64>>::new(&DESC);
    counter.inc_by(u64::MAX);
    for format in [Format::Text004, Format::OpenMetrics100] {
        assert!(page(&counter, format).contains("\na_total 18446744073709551615\n"));
    }
}

/// T8, traps 2: buckets are cumulative, end with `+Inf`, and `_count` is that bucket.
#[test]
fn buckets_are_cumulative() {
    buckets! { Bounds: u32 = [1, 2, 5]; }
    static DESC: Desc = Desc::histogram("h", "");
    let histogram = Metric::<Histogram<Bounds, 3>>::new(&DESC);
    for value in [0, 1, 2, 3, 5, 6, 7] {
        histogram.observe(value);
    }
    let expected = "# TYPE h histogram\nh_bucket{le=\"1.0\"} 2\nh_bucket{le=\"2.0\"} 3\nh_bucket{le=\"5.0\"} 5\nh_bucket{le=\"+Inf\"} 7\n\
                    h_sum 24\nh_count 7\n";
    assert_eq!(page(&histogram, Format::Text004), expected);
    assert_eq!(page(&histogram, Format::OpenMetrics100), format!("{expected}# EOF\n"));
}

/// F6: `le` has the same text in every format, so that a series keeps its identity whatever is negotiated.
#[test]
fn bounds_do_not_depend_on_the_format() {
    buckets! { Bounds: u32 / 1_000_000 = [10, 1_000_000, 2_000_000_000]; }
    static DESC: Desc = Desc::histogram("h", "");
    let histogram = Metric::<Histogram<Bounds, 3>>::new(&DESC);
    let bounds =
        |format| page(&histogram, format).lines().filter_map(|line| line.split("le=").nth(1)).map(String::from).collect::<Vec<_>>();
    assert_eq!(bounds(Format::Text004), ["\"1e-05\"} 0", "\"1.0\"} 0", "\"2000.0\"} 0", "\"+Inf\"} 0"]);
    assert_eq!(bounds(Format::Text004), bounds(Format::OpenMetrics100));
}

/// Anchors 6.1: one line per label set, also for a metric without labels, whose value is there from the start.
#[test]
fn one_line_per_label_set() {
    labels! { enum A as "a" { X = "x", Y = "y" } }
    labels! { enum B as "b" { Z = "z" } }
    static PAIR: Desc = Desc::gauge("pair", "");
    let family = Family::<Gauge<i32>, (A, B), 2>::new(&PAIR);
    assert_eq!(page(&family, Format::Text004), "# TYPE pair gauge\npair{a=\"x\",b=\"z\"} 0\npair{a=\"y\",b=\"z\"} 0\n");
    static PLAIN: Desc = Desc::gauge("plain", "");
    assert_eq!(page(&Metric::<Gauge<i32>>::new(&PLAIN), Format::Text004), "# TYPE plain gauge\nplain 0\n");
}

/// T3: a family without series shows nothing, not even its header. Anchors 6.1: the first and the last metric are shown.
#[test]
fn empty_families_show_nothing() {
    static DESC: Desc = Desc::counter("peers_total", "Peers.");
    let peers = BoundedFamily::<Counter<u32>, 1, 2, 8>::new(&DESC, &["peer"]);
    assert_eq!(page(&peers, Format::Text004), "");
    assert_eq!(page(&peers, Format::OpenMetrics100), "# EOF\n");
    drop(peers.with(["a"]));
    assert_eq!(page(&peers, Format::Text004), "# HELP peers_total Peers.\n# TYPE peers_total counter\npeers_total{peer=\"a\"} 0\n");
    assert!(peers.remove(["a"]));
    assert_eq!(page(&peers, Format::Text004), "");
}

/// Anchors 6.1, 6.3: values are escaped, also those with NUL and characters of four bytes.
#[test]
fn label_values_are_escaped() {
    static DESC: Desc = Desc::counter("peers_total", "");
    let peers = BoundedFamily::<Counter<u32>, 1, 2, 16>::new(&DESC, &["peer"]);
    peers.with(["\"\\\n\0\r😱"]).inc();
    assert_eq!(page(&peers, Format::Text004), "# TYPE peers_total counter\npeers_total{peer=\"\\\"\\\\\\n\0\r😱\"} 1\n");
}

/// Traps 3: values are the shortest decimals, not six places of `%f`.
#[test]
fn small_and_large_values_keep_their_digits() {
    static DESC: Desc = Desc::gauge("a", "");
    let gauge = Metric::<Gauge<f64>>::new(&DESC);
    for (value, text, open_metrics) in [
        (1e-9, "1e-09", "1e-09"),
        (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
        (1.0, "1", "1.0"),
        (f64::NEG_INFINITY, "-Inf", "-Inf"),
    ] {
        gauge.set(value);
        assert_eq!(page(&gauge, Format::Text004), format!("# TYPE a gauge\na {text}\n"));
        assert_eq!(page(&gauge, Format::OpenMetrics100), format!("# TYPE a gauge\na {open_metrics}\n# EOF\n"));
    }
}

/// O19: with a negative bound OpenMetrics has neither sum nor count; text has both.
#[test]
fn negative_bounds_cost_the_sum_in_openmetrics() {
    let fixture = Fixture::filled();
    let text = page(&fixture.levels, Format::Text004);
    assert!(text.ends_with("levels_sum 99\nlevels_count 4\n"), "{text}");
    let open_metrics = page(&fixture.levels, Format::OpenMetrics100);
    assert!(open_metrics.ends_with("levels_bucket{le=\"+Inf\"} 4\n# EOF\n"), "{open_metrics}");
}

/// N10: no family twice, and `target_info` in front.
#[test]
fn target_info_comes_first_and_families_once() {
    Fixture::filled().with_registry(|registry| {
        let page = page(registry, Format::OpenMetrics100);
        assert!(page.starts_with("# HELP target What is scraped.\n# TYPE target info\ntarget_info{device=\"d42\"} 1\n"));
        let mut families: Vec<_> = page.lines().filter(|line| line.starts_with("# TYPE ")).collect();
        let count = families.len();
        families.sort_unstable();
        families.dedup();
        assert_eq!(families.len(), count, "a family is there twice");
        assert_eq!(registry.check(), Ok(()));
    });
}

/// N11: two families must not claim one sample name, whatever the suffix and the escaping.
#[test]
fn collisions_are_found() {
    struct Named(Kind, &'static str);
    impl Collector for Named {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            out.family(&Desc::utf8(self.0, self.1, ""))?.gauge(&(), 1)
        }
    }
    let collide = |first: (Kind, &'static str), second: (Kind, &'static str)| {
        let (first, second) = (Named(first.0, first.1), Named(second.0, second.1));
        Registry::new(&[&first, &second]).check()
    };
    let pairs = [
        ((Kind::Gauge, "a_created"), (Kind::Counter, "a_total")),
        ((Kind::Gauge, "foo_count"), (Kind::Histogram, "foo")),
        ((Kind::Gauge, "events_total"), (Kind::Counter, "events_total")),
        ((Kind::Gauge, "events"), (Kind::Counter, "events_total")),
        ((Kind::Summary, "s"), (Kind::Gauge, "s_sum")),
        ((Kind::GaugeHistogram, "g"), (Kind::Unknown, "g_gcount")),
        ((Kind::Info, "x_info"), (Kind::Gauge, "x_info")),
        ((Kind::Gauge, "a.b"), (Kind::Gauge, "a_b")),
        ((Kind::Gauge, "a"), (Kind::Gauge, "a")),
    ];
    for (first, second) in pairs {
        for (first, second) in [(first, second), (second, first)] {
            let found = collide(first, second).unwrap_err();
            let Collision::Name { first: a, second: b } = &found else { panic!("{found}") };
            assert_eq!((a.as_str(), b.as_str()), (first.1, second.1));
        }
    }
    for (first, second) in [((Kind::Gauge, "a_count"), (Kind::Counter, "a_total")), ((Kind::Gauge, "a_bucket"), (Kind::Summary, "a"))] {
        assert_eq!(collide(first, second), Ok(()));
    }
}

/// N6: label names are unique within a sample, `le` and the labels of the registry included.
#[test]
fn labels_given_twice_are_found() {
    labels! { enum Port as "port" { Zero = "0" } }
    static COUNT: Desc = Desc::counter("frames_total", "");
    static SIZES: Desc = Desc::summary("sizes", "");
    let frames = Family::<Counter<u32>, Port, 1>::new(&COUNT);
    let sizes = Metric::<Summary<u32>>::new(&SIZES);
    let twice = Registry::new(&[&frames]).labels(&[Label::new("port", "1")]).check().unwrap_err();
    assert!(twice.to_string().starts_with("`frames_total` has label `port` twice"), "{twice}");
    let reserved = Registry::new(&[&sizes]).labels(&[Label::new("quantile", "1")]).check().unwrap_err();
    assert!(reserved.to_string().starts_with("`sizes` has label `quantile` twice"), "{reserved}");
    assert_eq!(Registry::new(&[&frames, &sizes]).labels(&[Label::new("device", "1")]).check(), Ok(()));
}

/// Counters that wrap start again at zero, which a server takes for a restart.
#[test]
fn counters_wrap() {
    static DESC: Desc = Desc::counter("a_total", "");
    let counter = Metric::<Counter<u32>>::new(&DESC);
    counter.inc_by(u32::MAX);
    counter.inc_by(2);
    assert!(page(&counter, Format::Text004).ends_with("a_total 1\n"));
}

/// Reference behaviour D3, O7, O19: under every scheme a sample is named like its family with a suffix behind it, in every format alike,
/// or it is none of its family; and a unit ends the name of the family.
#[test]
fn samples_are_named_like_their_family() {
    buckets! { Bounds: u32 = [1]; }
    static SECONDS: Metric<Counter<u32>> = Metric::new(&Desc::utf8(Kind::Counter, "my.busy_seconds_total", "").unit("seconds"));
    static SIZES: Metric<Histogram<Bounds, 1>> = Metric::new(&Desc::utf8(Kind::Histogram, "my.page_sizes", ""));
    static ALL: Registry = Registry::new(&[&SECONDS, &SIZES]);
    let names = [
        (Escaping::Underscores, "my_busy_seconds", "my_page_sizes"),
        (Escaping::Dots, "my_dot_busy__seconds", "my_dot_page__sizes"),
        (Escaping::Values, "U__my_2e_busy__seconds", "U__my_2e_page__sizes"),
    ];
    for (scheme, seconds, sizes) in names {
        let buckets = format!("# TYPE {sizes} histogram\n{sizes}_bucket{{le=\"1.0\"}} 0\n{sizes}_bucket{{le=\"+Inf\"}} 0\n{sizes}_sum 0\n");
        let page = |format| text(&Exposition::new(&ALL, format).escaping(scheme));
        let expected = format!("# TYPE {seconds}_total counter\n{seconds}_total 0\n{buckets}{sizes}_count 0\n");
        assert_eq!(page(Format::Text004), expected);
        let header = format!("# TYPE {seconds} counter\n# UNIT {seconds} seconds\n");
        assert_eq!(page(Format::OpenMetrics100), format!("{header}{seconds}_total 0\n{buckets}{sizes}_count 0\n# EOF\n"));
        let mut protobuf = Vec::new();
        Exposition::new(&ALL, Format::Protobuf).escaping(scheme).write_to(&mut protobuf).unwrap();
        let name = format!("{seconds}_total");
        // Behind its tag and its length, which end where the page begins to be text.
        assert_eq!(protobuf.get(1..3 + name.len()).map(|start| &start[2..]), Some(name.as_bytes()));
    }
}
