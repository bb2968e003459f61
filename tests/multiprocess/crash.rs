//! Workers and folders that are killed at any moment.

use std::time::Duration;

use picometer_std::multiprocess::{Collector, GaugeMode};
use picometer_std::{Counter, Family, Gauge, Histogram, Metric, NativeBuckets, NativeHistogram, Registry, Snapshot};

use super::Folder;
use super::child::{self, Worker};
use super::fork::{forked, killed, wait};

/// A generator of moments.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Everything that must stay as it is.
fn totals(directory: &std::path::Path) -> [Option<f64>; 7] {
    let collector = Collector::new(directory).unwrap().folds(false);
    let page = Snapshot::of(&collector);
    let text = super::support::page(&collector);
    let sample = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)?.parse::<f64>().ok());
    assert!(!page.families.iter().any(|family| &*family.name == "picometer_multiprocess_file_error"), "{page:?}");
    let labels = [("kind", "a")];
    let [jobs, others] = [&labels, &[("kind", "b")]].map(|labels| page.value("jobs_total", labels));
    let [sizes, other_sizes] = ["a", "b"].map(|kind| sample(&format!("sizes_count{{kind=\"{kind}\"}} ")));
    let (count, sum) = (page.value("seconds_count", &[]), page.value("seconds_sum", &[]));
    [jobs, others, count, sum, page.value("highest", &[]), sizes, other_sizes]
}

fn crashes(directory: &std::path::Path, turns: u64) {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["kind"])).unwrap();
    let seconds = registry.register(Metric::<Histogram>::new("seconds", "").buckets([1.0, 2.0])).unwrap();
    let highest = registry.register(Metric::<Gauge>::new("highest", "").config(&GaugeMode::Max)).unwrap();
    let sizes = Family::<NativeHistogram, 1>::new("sizes", "", ["kind"]).config(NativeBuckets::new().factor(1.01).max_buckets(20));
    let sizes = registry.register(sizes).unwrap();
    let (a, b) = (jobs.handle(["a"]), jobs.handle(["b"]));
    let (known, unknown) = (sizes.handle(["a"]), sizes.handle(["b"]));
    highest.set(-1.0);
    let (mut dice, mut exact) = (Dice(turns), 0.0);
    let mut interrupted = 0;
    for turn in 0..turns {
        // Some end by themselves: what they counted is known.
        for _ in 0..2 {
            let amount = 1 + dice.below(1_000);
            exact += amount as f64;
            wait(forked(|| {
                a.inc_by(amount);
                (0..amount).for_each(|size| known.observe((size as f64).exp2()));
                highest.set(turn as f64);
            }));
        }
        // One is killed while it counts: what it counted is what is seen of it, once and for all.
        let worker = forked(|| {
            for size in 0_u32.. {
                b.inc();
                // Resolution is lowered now and then, on which it is killed, too.
                unknown.observe(f64::from(size % 1_000).exp2());
                seconds.observe(1.5);
                // Series that come and go, whose places are given on.
                jobs.with(["c"]).inc();
                jobs.remove(["c"]);
            }
        });
        std::thread::sleep(Duration::from_micros(300 + dice.below(700)));
        killed(worker);
        let before = totals(directory);
        assert_eq!((before[0], before[4], before[5]), (Some(exact), Some(turn as f64), Some(exact)));
        // Folding is killed at any moment, twice; and two at a time are at it.
        for _ in 0..2 {
            let folders = [0, 1].map(|_| {
                forked(|| {
                    let _ = Collector::new(directory).and_then(|collector| collector.fold());
                })
            });
            std::thread::sleep(Duration::from_micros(dice.below(2_500)));
            folders.into_iter().for_each(killed);
            // Those that fold are workers, too, and die.
            assert_eq!(totals(directory), before, "turn {turn}");
        }
        interrupted += u64::from(directory.join("folded.new").exists());
        if turn % 8 == 7 {
            Collector::new(directory).unwrap().fold().unwrap();
            assert_eq!(totals(directory), before);
        }
    }
    Collector::new(directory).unwrap().fold().unwrap();
    let files =
        std::fs::read_dir(directory).unwrap().filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "pico"));
    assert_eq!(files.count(), 2, "this process, and all that are dead");
    child::say(&format!("{interrupted} of {turns} were killed while they wrote"));
}

/// 60 turns; more by `PICOMETER_CRASHES=1000`.
#[test]
fn no_count_is_lost_or_there_twice() {
    let turns = std::env::var("PICOMETER_CRASHES").ok().and_then(|turns| turns.parse().ok()).unwrap_or(60);
    child::role!(role, child::serve(|command| crashes(command[0].as_ref(), turns)));
    let folder = Folder::new();
    let mut worker = Worker::start(role, &folder);
    eprintln!("{}", worker.ask(folder.to_str().unwrap()));
    assert_eq!(worker.answer(), "done");
    worker.end();
}
