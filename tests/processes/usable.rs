//! What is usable behind a fork: each type, in each of 200 children, while other threads do everything with it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use picometer_std::multiprocess::{Collector, DIRECTORY};
use picometer_std::{
    Counter, CounterWithExemplar, Family, Format, FromConfig, Gauge, GaugeHistogram, GaugeHistogramWithExemplars, Histogram,
    HistogramWithExemplars, Info, NamedStates, NativeHistogram, QuantileSummary, Registry, Snapshot, Summary,
};

use super::children::{again, in_child, is_again};
use super::support::{beside, page_in};

const FORKS: usize = 200;

/// What the types have in common here: an update, and what a read must show behind so many.
trait Used: FromConfig<Config: Sync> {
    fn update(&self);
    /// How many updates it shows; none for a type that keeps the last one only.
    fn updates(&self) -> Option<u64>;
}

macro_rules! used {
    ($($name:literal $type:ty [$($more:tt)*]: |$cell:ident| $update:expr, $updates:expr;)*) => {
        $(impl Used for $type {
            fn update(&self) {
                let $cell = self;
                let _ = $update;
            }

            fn updates(&self) -> Option<u64> {
                let $cell = self;
                $updates
            }
        })*

        fn all_types() {
            $(children_use(Family::<$type, 1>::new($name, "", ["x"])$($more)*);)*
        }
    };
}

const TRACE: &[(&str, &str)] = &[("trace_id", "7")];

used! {
    "a_total" Counter []: |cell| cell.inc(), Some(cell.get());
    "b_total" Counter<f64> []: |cell| cell.inc_by(1.0), Some(cell.get() as u64);
    "c_total" CounterWithExemplar []: |cell| cell.inc_by_with(1, TRACE), Some(cell.get());
    "d" Gauge<i64> []: |cell| cell.inc(), Some(cell.get() as u64);
    "e" Gauge []: |cell| cell.inc(), Some(cell.get() as u64);
    "f" Histogram []: |cell| cell.observe(2.0), Some(cell.count());
    "g" HistogramWithExemplars []: |cell| cell.observe_with(2.0, TRACE), Some(cell.count());
    "h" GaugeHistogram []: |cell| cell.insert(2.0), Some(cell.count());
    "i" GaugeHistogramWithExemplars []: |cell| cell.insert_with(2.0, TRACE), Some(cell.count());
    "j" Summary []: |cell| cell.observe(2.0), Some(cell.count());
    "k" QuantileSummary []: |cell| cell.observe(2.0), Some(cell.count());
    "l" NativeHistogram []: |cell| cell.observe_with(2.0, TRACE), Some(cell.count());
    "m" NamedStates [.states(["a", "b"])]: |cell| cell.set("b"), cell.is("zz").then_some(0);
    "n_info" Info []: |cell| cell.set([("a", "b")]), (cell.get().len() > 9).then_some(0);
}

fn page(registry: &Registry) -> usize {
    page_in(registry, Format::OpenMetrics100).len()
}

/// Everything that a program does with a family; whether all of it worked.
fn use_all<C: Used>(registry: &Registry, family: &Family<C, 1>, own: &str) -> bool {
    let series = family.with(["old"]);
    let before = series.updates();
    series.update();
    let counted = series.updates().zip(before).is_none_or(|(now, before)| now == before + 1);
    drop(series);
    let fresh = family.with([own]);
    let started = fresh.updates().is_none_or(|updates| updates == 0);
    fresh.update();
    let kept = fresh.handle();
    drop(fresh);
    let grew = kept.updates().is_none_or(|updates| updates == 1);
    let shown = page(registry) > 0;
    let removed = family.remove([own]) && family.get([own]).is_none();
    page(registry);
    counted && started && grew && shown && removed
}

/// Work that rests each time: there are fewer processors than threads, and the one that forks needs one too.
fn at_ease(work: impl Fn(usize) + Sync) -> impl Fn(usize) + Sync {
    move |turn| {
        work(turn);
        thread::sleep(Duration::from_micros(20));
    }
}

fn children_use<C: Used>(family: Family<C, 1>) {
    let registry = Registry::new();
    let family = registry.register(family).unwrap();
    family.with(["old"]).update();
    let update = at_ease(|_| family.with(["old"]).update());
    let come_and_go = at_ease(|turn| {
        let name = format!("passing {}", turn % 3);
        family.with([&name]).update();
        family.remove([&name]);
    });
    let read = at_ease(|_| _ = page(&registry));
    let end_threads = at_ease(|_| thread::scope(|scope| _ = scope.spawn(|| family.with(["brief"]).update())));
    let wrong =
        beside(&[&update, &come_and_go, &read, &end_threads], || (0..FORKS).find(|_| !in_child(|| use_all(&registry, &family, "own"))));
    assert_eq!(wrong, None, "a child of {}", std::any::type_name::<C>());
    assert!(use_all(&registry, &family, "parent"));
    // Each of the children has a file, and each file is half a megabyte at least.
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        Collector::new(directory).and_then(|dead| dead.fold()).unwrap();
    }
}

#[test]
fn every_type_works_in_every_child() {
    all_types();
}

#[test]
fn every_type_works_in_every_child_of_a_worker() {
    if is_again() { all_types() } else { again("usable::every_type_works_in_every_child_of_a_worker") }
}

/// With a directory joined, what a child counts is under the labels that it counted it under.
#[test]
fn counts_of_a_child_keep_their_names() {
    if is_again() { names() } else { again("usable::counts_of_a_child_keep_their_names") }
}

fn names() {
    let registry = Registry::new();
    let family: Arc<Family<Counter, 1>> = registry.register(Family::new("jobs_total", "", ["x"])).unwrap();
    (0..20).for_each(|number| family.with([format!("stays {number}")]).inc());
    let directory = std::env::var_os(DIRECTORY).unwrap();
    let come_and_go = |turn: usize| {
        family.with([format!("passing {turn}")]).inc();
        family.remove([format!("passing {}", turn - turn.min(4))]);
    };
    let has_its_names = || {
        let mut mine = Vec::new();
        family.for_each(|[x], counter| {
            counter.inc_by(7);
            mine.push(x.to_owned());
        });
        let pid = std::process::id();
        let files = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
        let own = files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&format!("{pid}-")));
        // Of this process alone: its file in a directory of its own.
        let alone = std::env::temp_dir().join(format!("picometer-alone-{pid}"));
        std::fs::create_dir_all(&alone).unwrap();
        own.for_each(|path| std::fs::copy(&path, alone.join(path.file_name().unwrap())).map(drop).unwrap());
        let page = Snapshot::of(&Collector::new(&alone).unwrap().folds(false));
        std::fs::remove_dir_all(&alone).unwrap();
        let jobs = page.samples().filter(|sample| &*sample.name == "jobs_total" && sample.value.as_f64() != 0.0);
        let mut seven: Vec<_> = jobs.map(|sample| (sample.labels.get("x").unwrap().to_owned(), sample.value.as_f64())).collect();
        mine.sort();
        seven.sort_by(|one, other| one.0.cmp(&other.0));
        seven == mine.into_iter().map(|x| (x, 7.0)).collect::<Vec<_>>()
    };
    let wrong = beside(&[&come_and_go], || (0..FORKS).find(|_| !in_child(has_its_names)));
    assert_eq!(wrong, None, "the child whose counts are under other names");
}

/// What libraries record by macros: old and new metrics and series, while other threads record.
#[test]
fn recorder_works_in_every_child() {
    if !is_again() {
        again("usable::recorder_works_in_every_child");
    }
    recorder();
}

fn recorder() {
    use metrics::{counter, gauge, histogram, with_local_recorder};
    use picometer_std::recorder::Recorder;
    use picometer_std::sample_value;

    let registry = Registry::new();
    let recorder = Recorder::new(&registry).max_series(50);
    let handle = recorder.handle();
    let record = |turn: usize| {
        with_local_recorder(&recorder, || {
            counter!("calls", "peer" => (turn % 60).to_string()).increment(1);
            counter!(format!("of_{}", turn % 90)).increment(1);
            gauge!("calls_created").set(1.0);
            histogram!("took", "peer" => (turn % 3).to_string()).record(0.5);
        });
    };
    record(0);
    let remove = |turn: usize| _ = handle.remove_matching("took", &[("peer", &(turn % 3).to_string())]);
    let is_wrong = |child: &usize| {
        !in_child(|| {
            let calls = || sample_value(&registry, "calls_total", &[("peer", "0")]);
            let before = calls().unwrap();
            record(0);
            with_local_recorder(&recorder, || counter!(format!("fresh_{child}")).increment(2));
            let fresh = sample_value(&registry, &format!("fresh_{child}_total"), &[]);
            calls() == Some(before + 1.0) && fresh == Some(2.0) && handle.remove_matching("calls", &[("peer", "0")]) == 1
        })
    };
    let others: [&(dyn Fn(usize) + Sync); 3] = [&at_ease(record), &at_ease(remove), &at_ease(|_| _ = page(&registry))];
    let wrong = beside(&others, || (0..FORKS / 2).find(is_wrong));
    assert_eq!(wrong, None);
}
