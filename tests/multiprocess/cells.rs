//! The ordinary cells, shared by themselves: every kind, from any number of threads, while series come and go.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use picometer_std::multiprocess::{Collector, GaugeMode, Status, join};
use picometer_std::{
    ClosedFamily, Counter, CounterWithExemplar, Created, Family, Format, Gauge, GaugeHistogram, GaugeHistogramWithExemplars, Histogram,
    HistogramWithExemplars, Metric, Registry, Scaled, Snapshot, StateSet, Summary, labels, statics,
};

use super::Folder;
use super::child::{self, Worker};
use super::support::{self, beside};

labels! { pub enum Phase as "phase" { Start = "start", Run = "run", Stop = "stop" } }

fn every_kind() {
    let registry = Registry::new();
    let millis = registry.register(Metric::<Counter<Scaled<u64, 1_000>>>::new("busy_seconds_total", "").unit("seconds")).unwrap();
    let small = registry.register(Metric::<Counter<u32>>::new("small_total", "")).unwrap();
    let level = registry.register(Metric::<Gauge<Scaled<i32, 10>>>::new("level", "").config(&GaugeMode::Sum)).unwrap();
    let heat = registry.register(Metric::<Gauge<f32>>::new("heat", "").config(&GaugeMode::Min)).unwrap();
    let phases = registry.register(ClosedFamily::<Counter, Phase>::new("phases_total", "")).unwrap();
    let phase = registry.register(Metric::<StateSet<Phase>>::new("job", "")).unwrap();
    let ages = registry.register(Metric::<GaugeHistogram>::new("ages", "").buckets([1.0, 10.0])).unwrap();
    let traced = registry.register(Metric::<GaugeHistogramWithExemplars>::new("traced_ages", "").buckets([1.0, 10.0])).unwrap();
    let created = registry.register(Metric::<Created<Counter>>::new("made_total", "")).unwrap();
    let own = registry.register(Family::<Gauge, 1>::new("own", "", ["pid"])).unwrap();
    let once = registry.register(Metric::<Counter>::new("once_total", "")).unwrap();
    child::serve(|command| match command {
        ["count"] => {
            millis.inc_by(Scaled(1_500));
            small.inc_by(u32::MAX);
            level.set(Scaled(-15));
            heat.set(0.5);
            phases.with(Phase::Run).inc();
            phase.set(Phase::Stop);
            [0.5, 5.0, 50.0].into_iter().for_each(|age| ages.insert(age));
            ages.remove(5.0);
            traced.insert(0.5);
            traced.insert_with(50.0, &[("id", "x")]).unwrap();
            traced.remove(0.5);
            created.inc();
            own.with(["x"]).set(1.0);
            once.inc();
        }
        ["reset"] => {
            millis.reset();
            once.reset();
        }
        ["forget"] => assert!(registry.unregister(&once)),
        other => panic!("{other:?}"),
    });
}

/// More buckets than slabs of threads have room for.
fn very_many_buckets() {
    let bounds: [f64; 1_500] = std::array::from_fn(|at| at as f64 + 1.0);
    let registry = Registry::new();
    let sizes = registry.register(Metric::<Histogram>::new("sizes", "").buckets(bounds)).unwrap();
    let ages = registry.register(Metric::<GaugeHistogram>::new("ages", "").buckets(bounds)).unwrap();
    child::serve(|command| match command {
        ["count"] => {
            std::thread::scope(|scope| {
                let count = |at: u32| (0..100).for_each(|turn| sizes.observe(f64::from(at * 100 + turn) + 0.5));
                (0..8).for_each(|at| _ = scope.spawn(move || count(at)));
            });
            [1_000.5, 1_200.5].into_iter().for_each(|age| ages.insert(age));
            ages.remove(1_000.5);
        }
        ["reset"] => sizes.reset(),
        other => panic!("{other:?}"),
    });
}

/// Gauge histograms that a program lets go of before it ends, of few buckets and of very many; and others that are made then.
fn gauge_histograms_that_are_dropped() {
    let metric = |name: &str, bounds: &[f64]| {
        let registry = Registry::new();
        let ages = registry.register(Metric::<GaugeHistogram>::new(name, "").buckets(bounds)).unwrap();
        [0.5, 5.0, 50.0].into_iter().for_each(|age| ages.insert(age));
        ages.remove(5.0);
        registry
    };
    let very_many: Vec<f64> = (1..=1_500).map(f64::from).collect();
    let mut kept = Vec::new();
    child::serve(|command| match command {
        ["count"] => drop([metric("ages", &[1.0, 10.0]), metric("long_ages", &very_many)]),
        ["more"] => kept.extend((0..8).map(|at| metric(&format!("more_{at}"), if at % 2 == 0 { &[1.0, 10.0] } else { &very_many }))),
        other => panic!("{other:?}"),
    });
}

#[test]
fn gauge_histogram_of_a_registry_that_was_dropped_stays_what_it_was() {
    child::role!(role, gauge_histograms_that_are_dropped());
    let folder = Folder::new();
    let mut worker = Worker::start(role, &folder);
    let collector = Collector::new(&*folder).unwrap();
    for command in ["count", "more"] {
        worker.ask(command);
        let page = Snapshot::of(&collector);
        for name in ["ages", "long_ages"] {
            let value = |part: &str| page.value(&format!("{name}_{part}"), &[]);
            assert_eq!((value("gcount"), value("gsum")), (Some(2.0), Some(50.5)), "{name} behind {command}");
        }
    }
    worker.end();
}

#[test]
fn histograms_of_very_many_buckets_are_shared() {
    child::role!(role, very_many_buckets());
    let folder = Folder::new();
    let (mut one, mut other) = (Worker::start(role, &folder), Worker::start(role, &folder));
    one.ask("count");
    other.ask("count");
    let collector = Collector::new(&*folder).unwrap();
    let check = |counted: f64, ages: Option<(f64, f64)>| {
        let page = Snapshot::of(&collector);
        let value = |name: &str, labels: &[(&str, &str)]| page.value(name, labels);
        assert_eq!((value("sizes_count", &[]), value("sizes_sum", &[])), (Some(800.0 * counted), Some(320_000.0 * counted)));
        assert_eq!(value("sizes_bucket", &[("le", "400.0")]), Some(400.0 * counted));
        assert_eq!(value("ages_gcount", &[]).zip(value("ages_gsum", &[])), ages);
    };
    let ages = Some((2.0, 2_401.0));
    check(2.0, ages);
    one.ask("reset");
    check(1.0, ages);
    [one, other].into_iter().for_each(Worker::end);
    // As gauges, those of processes that ended are gone.
    check(1.0, None);
}

#[test]
fn every_kind_is_shared() {
    child::role!(role, every_kind());
    let folder = Folder::new();
    let (mut one, mut other) = (Worker::start(role, &folder), Worker::start(role, &folder));
    one.ask("count");
    other.ask("count");
    let page = Snapshot::of(&Collector::new(&*folder).unwrap().created(true));
    let value = |name: &str, labels: &[(&str, &str)]| page.value(name, labels);
    assert_eq!(value("busy_seconds_total", &[]), Some(3.0));
    assert_eq!(value("small_total", &[]), Some(f64::from(u32::MAX) * 2.0), "every process counts by itself to where it wraps");
    assert_eq!((value("level", &[]), value("heat", &[])), (Some(-3.0), Some(0.5)));
    assert_eq!(value("phases_total", &[("phase", "run")]), Some(2.0));
    assert_eq!(value("phases_total", &[("phase", "stop")]), Some(0.0));
    assert_eq!(value("job", &[("job", "stop"), ("pid", &one.pid())]), Some(1.0));
    assert_eq!(value("job", &[("job", "start"), ("pid", &one.pid())]), Some(0.0));
    assert_eq!((value("ages_gcount", &[]), value("ages_gsum", &[])), (Some(4.0), Some(101.0)));
    assert_eq!((value("traced_ages_gcount", &[]), value("traced_ages_gsum", &[])), (Some(2.0), Some(100.0)));
    assert!(value("made_created", &[]) > Some(1.6e9), "{page:?}");
    assert_eq!(value("own", &[("exported_pid", "x"), ("pid", &other.pid())]), Some(1.0));
    // What a process forgets the others keep.
    one.ask("reset");
    assert_eq!(folder.page().value("busy_seconds_total", &[]), Some(1.5));
    other.ask("forget");
    assert_eq!(folder.page().value("once_total", &[]), Some(0.0));
    one.ask("forget");
    assert_eq!(folder.page().value("once_total", &[]), None);
    // The dead: what lives only is gone, counts stay, in parts of a unit too.
    one.kill();
    other.end();
    for _ in 0..2 {
        let page = folder.page();
        assert_eq!((page.value("busy_seconds_total", &[]), page.value("level", &[])), (Some(1.5), Some(-3.0)));
        assert_eq!(["ages_gcount", "traced_ages_gcount", "once_total"].map(|name| page.value(name, &[])), [None; 3]);
    }
}

const THREADS: usize = 100;

/// More threads than have cells of their own, all at once.
fn crowd() {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["kind"])).unwrap();
    let seconds = registry.register(Metric::<Histogram>::new("seconds", "").buckets([1.0, 2.0])).unwrap();
    let sizes = registry.register(Metric::<Summary>::new("sizes", "")).unwrap();
    child::serve(|_| {
        let all = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (jobs, seconds, sizes, all) = (&jobs, &seconds, &sizes, &all);
                scope.spawn(move || {
                    all.wait();
                    for turn in 0..100 {
                        jobs.with([(thread % 7).to_string()]).inc();
                        seconds.observe(if turn % 2 == 0 { 0.5 } else { 1.5 });
                        sizes.observe(2.0);
                        if turn == 50 {
                            // A reader in the process sends observations elsewhere for a while.
                            assert!(seconds.count() > 0);
                        }
                    }
                    all.wait();
                });
            }
        });
    });
}

#[test]
fn threads_without_cells_of_their_own_are_seen() {
    child::role!(role, crowd());
    let folder = Folder::new();
    let mut worker = Worker::start(role, &folder);
    for turn in 1..=2 {
        worker.ask("go");
        let page = folder.look();
        let jobs: f64 = (0..7).map(|kind| page.value("jobs_total", &[("kind", &kind.to_string())]).unwrap()).sum();
        let all = f64::from(turn) * THREADS as f64 * 100.0;
        assert_eq!((jobs, page.value("seconds_count", &[]), page.value("seconds_sum", &[])), (all, Some(all), Some(all)));
        assert_eq!((page.value("sizes_count", &[]), page.value("sizes_sum", &[])), (Some(all), Some(2.0 * all)));
    }
    worker.kill();
    assert_eq!(folder.page().value("seconds_count", &[]), Some(200.0 * THREADS as f64));
}

/// Makes series, counts in them what they are called, and takes them away, until it is told.
fn churn() {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["number"])).unwrap();
    let seconds = registry.register(Family::<Histogram, 1>::new("seconds", "", ["number"]).buckets([1e3, 1e6])).unwrap();
    let level = registry.register(Family::<Gauge, 1>::new("level", "", ["number"]).config(GaugeMode::Sum)).unwrap();
    let stays = registry.register(Metric::<Histogram>::new("stays", "").buckets([1.0])).unwrap();
    let count = |number: usize| {
        let text = [number.to_string()];
        jobs.with(&text).inc_by(number as u64);
        seconds.with(&text).observe(number as f64);
        level.with(&text).set(number as f64);
        stays.observe(3.0);
        assert!(jobs.remove(&text) && seconds.remove(&text));
        level.clear();
    };
    beside(&[&|turn| count(2 * turn + 2), &|turn| count(2 * turn + 3)], || _ = std::io::stdin().lines().next());
    child::say("done");
    // Until it is killed.
    child::serve(|_| ());
}

#[test]
fn no_series_shows_the_counts_of_another() {
    child::role!(role, churn());
    let folder = Folder::new();
    let mut worker = Worker::start(role, &folder);
    let (mut seen, mut last) = (0, 0.0);
    let end = Instant::now() + Duration::from_secs(4);
    let collector = Collector::new(&*folder).unwrap();
    while Instant::now() < end {
        let page = Snapshot::of(&collector);
        assert!(!page.families.iter().any(|family| &*family.name == "picometer_multiprocess_file_error"), "{page:?}");
        for sample in page.families.iter().flat_map(|family| &family.samples) {
            let Some((_, number)) = sample.labels.iter().find(|(name, _)| *name == "number") else { continue };
            let (number, value) = (number.parse::<f64>().unwrap(), sample.value.as_f64());
            let expected = match &*sample.name {
                "jobs_total" | "seconds_sum" | "level" => number,
                _ => 1.0,
            };
            // It is there before it has counted.
            assert!(value == 0.0 || value == expected, "{} of {number} is {value}", sample.name);
            seen += usize::from(value != 0.0);
        }
        let stays = page.value("stays_count", &[]).unwrap_or(0.0);
        assert!(stays >= last, "it went back from {last} to {stays}");
        last = stays;
    }
    assert!(seen > 50 && last > 1_000.0, "{seen}, {last}");
    worker.ask("stop");
    // Hundreds of thousands of series had room where there is room for hundreds.
    let file = folder.files(".pico").remove(0);
    assert!(file.metadata().unwrap().len() <= 512 * 1_024, "{}", file.metadata().unwrap().len());
    worker.kill();
    assert_eq!(folder.page().value("stays_count", &[]), folder.page().value("stays_sum", &[]).map(|sum| sum / 3.0));
}

fn late() {
    let registry = Registry::new();
    let early = registry.register(Family::<Counter, 1>::new("early_total", "", ["kind"])).unwrap();
    early.with(["before"]).inc();
    let unregistered = Metric::<Gauge>::new("gauge", "");
    child::serve(|command| match command {
        ["join", folder] => join(folder).unwrap(),
        ["count"] => {
            early.with(["before"]).inc();
            early.with(["behind"]).inc();
            unregistered.set(7.0);
            let other = registry.register(Metric::<Counter>::new("other_total", "")).unwrap();
            other.inc();
            registry.register(Family::<statics::Counter, 0>::new("plain_total", "", [])).unwrap().with(()).inc();
            assert_eq!(Status::now().unshared, 1, "the one that was there and registered");
            registry.register(Metric::from_cell("made_total", "", Counter::<u64>::new())).unwrap().inc();
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn cells_of_before_stay_private() {
    child::role!(role, late());
    let folder = Folder::new();
    let mut worker = Worker::start_alone(role);
    worker.ask(&format!("join {}", folder.display()));
    worker.ask("count");
    let page = folder.page();
    assert_eq!((page.value("other_total", &[]), page.value("made_total", &[])), (Some(1.0), Some(1.0)));
    assert_eq!((page.value("plain_total", &[]), page.value("gauge", &[])), (None, None));
    assert_eq!(page.value("early_total", &[("kind", "before")]), None);
    assert_eq!(page.value("early_total", &[("kind", "behind")]), Some(1.0), "made when it had joined");
    assert_eq!(page.value("picometer_multiprocess_unshared_series", &[("pid", &worker.pid())]), Some(1.0));
    worker.end();
}

fn pointing() {
    let registry = Registry::new();
    let errors = registry.register(Family::<CounterWithExemplar, 1>::new("errors_total", "", ["kind"])).unwrap();
    let seconds = registry.register(Metric::<HistogramWithExemplars>::new("seconds", "").buckets([1.0, 2.0])).unwrap();
    child::serve(|command| match command {
        ["point", id] => {
            errors.with(["a"]).inc_with(&[("id", id)]).unwrap();
            seconds.observe_with(1.5, &[("id", id)]).unwrap();
        }
        ["long"] => {
            // More than there is room for elsewhere: it stays at home.
            errors.with(["a"]).inc_with(&[("id", &"é".repeat(120))]).unwrap();
        }
        ["other"] => errors.with(["b"]).inc(),
        ["remove"] => assert!(errors.remove(["a"])),
        ["churn"] => (0..2_000).for_each(|number| {
            let kind = [number.to_string()];
            errors.with(&kind).inc_with(&[("id", "x")]).unwrap();
            assert!(errors.remove(&kind));
        }),
        other => panic!("{other:?}"),
    });
}

#[test]
fn exemplars_are_those_of_the_latest() {
    child::role!(role, pointing());
    let folder = Folder::new();
    let (mut one, mut other) = (Worker::start(role, &folder), Worker::start(role, &folder));
    let collector = Collector::new(&*folder).unwrap();
    let shows = |expected: &[&str]| {
        let page = support::page_in(&collector, Format::OpenMetrics100);
        expected.iter().for_each(|line| assert!(page.contains(line), "{line}\n{page}"));
        page
    };
    one.ask("point first");
    shows(&[
        "errors_total{kind=\"a\"} 1 # {id=\"first\"} 1 ",
        "seconds_bucket{le=\"2.0\"} 1 # {id=\"first\"} 1.5 ",
        "seconds_bucket{le=\"1.0\"} 0\n",
    ]);
    other.ask("point second");
    one.ask("other");
    shows(&["errors_total{kind=\"a\"} 2 # {id=\"second\"} 1 ", "errors_total{kind=\"b\"} 1\n", "} 2 # {id=\"second\"} 1.5 "]);
    one.ask("point third");
    shows(&["errors_total{kind=\"a\"} 3 # {id=\"third\"} 1 ", "} 3 # {id=\"third\"} 1.5 "]);
    one.ask("long");
    shows(&["errors_total{kind=\"a\"} 4 # {id=\"third\"} 1 "]);
    one.ask("remove");
    shows(&["errors_total{kind=\"a\"} 1 # {id=\"second\"} 1 "]);
    one.ask("churn");
    let own = folder.files(&format!("{}-", one.pid())).remove(0);
    assert!(own.metadata().unwrap().len() <= 256 * 1_024, "{own:?}");
    one.kill();
    other.kill();
    let page = shows(&["errors_total{kind=\"a\"} 1"]);
    assert!(!page.contains("third"), "{page}");
    shows(&["errors_total{kind=\"b\"} 1\n", "seconds_bucket{le=\"2.0\"} 3\n"]);
}
