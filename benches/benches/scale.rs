//! A million series in one family: what each costs when it is made, counted in, shown and taken away, and how many bytes it takes,
//! beside ten and a hundred times fewer of them. What grows linearly costs a series the same at every size.
//!
//! `cargo bench -p picometer-benches --bench scale [-- --json] [-- CASE…]`, cases `scale-PHASE-SERIES` and `scale-PHASE-growth`.
//! `benches/profile.sh` says where the time goes.

// Ours, and the two peers that are the fastest with many series.
#[allow(dead_code, reason = "the bench `peers` uses all of it")]
#[path = "peers/inputs.rs"]
mod inputs;
#[path = "peers/library.rs"]
mod library;
#[allow(dead_code, reason = "the bench `peers` uses all of it")]
#[path = "peers/libraries/measured.rs"]
mod measured;
#[allow(dead_code, reason = "the bench `peers` uses all of it")]
#[path = "peers/libraries/picometer.rs"]
mod picometer;
#[allow(dead_code, reason = "the bench `peers` uses all of it")]
#[path = "peers/libraries/prometheus_client.rs"]
mod prometheus_client;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use library::{Give, Page, Shown};
use picometer_benches::{Role, Suite, Unit, allocator, busy, together};

#[global_allocator]
static ALLOCATOR: allocator::Counting = allocator::Counting;

const PHASES: [(&str, &str, Unit); 7] = [
    ("build", "made by one thread", Unit::Nanos("series")),
    ("storm", "made by two threads at the same time", Unit::Nanos("series")),
    ("update", "looked up and incremented, in no order", Unit::Nanos("series")),
    ("scrape", "on a page", Unit::Nanos("series")),
    ("remove", "removed, in no order", Unit::Nanos("series")),
    ("expire", "found too old and taken away", Unit::Nanos("series")),
    ("memory", "on the heap, with the cells of the thread that counted", Unit::Bytes("series")),
];
const LIBRARIES: [(&str, Role); 3] = [("picometer", Role::Ours), ("prometheus-client", Role::Peer), ("measured", Role::Peer)];

/// What was found of one library at one size, in each round.
type Found = BTreeMap<&'static str, Vec<f64>>;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(ONCE) {
        return once(arguments);
    }
    let mut suite = Suite::default();
    let sizes = if suite.is_test() { [100, 1_000, 10_000] } else { [10_000, 100_000, 1_000_000] };
    let mut medians = BTreeMap::new();
    for series in sizes {
        let growth = |phase: &str| series != sizes[0] && suite.wants(&format!("scale-{phase}-growth"));
        let wanted = |phase: &str| growth(phase) || suite.wants(&format!("scale-{phase}-{series}"));
        if !PHASES.iter().any(|(phase, ..)| wanted(phase)) {
            continue;
        }
        let rounds = suite.rounds(if series >= 1_000_000 { 5 } else { 15 });
        let found = measure(&suite, series, rounds, &wanted);
        for (phase, what, unit) in PHASES {
            suite.case(&format!("scale-{phase}-{series}"), &format!("one of {series} series {what}"), unit, |case| {
                for ((name, role), found) in LIBRARIES.iter().zip(&found) {
                    if let Some(figures) = found.get(phase) {
                        case.figures(name, *role, figures.clone());
                    }
                }
            });
            for ((name, _), found) in LIBRARIES.iter().zip(&found) {
                medians.extend(found.get(phase).map(|figures| ((phase, *name, series), median(figures.clone()))));
            }
        }
    }
    let [_, fewer, more] = sizes;
    for (phase, ..) in PHASES {
        let title = format!("how many times as much one of {more} series takes as one of {fewer}: {phase}");
        suite.case(&format!("scale-{phase}-growth"), &title, Unit::Other("times"), |case| {
            for (name, role) in LIBRARIES {
                if let (Some(few), Some(many)) = (medians.get(&(phase, name, fewer)), medians.get(&(phase, name, more))) {
                    case.figure(name, role, many / few);
                }
            }
        });
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The label values of so many series: three texts of ten bytes.
struct Keys {
    series: usize,
    texts: [Vec<String>; 3],
}

impl Keys {
    fn new(series: usize) -> Self {
        let side = (1..).find(|side: &usize| side.pow(3) >= series).unwrap_or(1);
        let texts = ["a", "b", "c"].map(|letter| (0..side).map(|value| format!("{letter}-{value:08}")).collect());
        Self { series, texts }
    }

    fn at(&self, at: usize) -> [&str; 3] {
        let [services, routes, statuses] = &self.texts;
        let side = statuses.len();
        [&services[at / side / side], &routes[at / side % side], &statuses[at % side]]
    }

    /// All of them, each once, so that none is where the one before was.
    fn mixed(&self) -> impl Iterator<Item = [&str; 3]> {
        // A prime, so that it has no divisor with the sizes in common.
        const STRIDE: usize = 618_041;
        (0..self.series).map(|turn| self.at(turn * STRIDE % self.series))
    }
}

/// In rounds, in which every library has its turn; each time in a process of its own, and what makes another family in another
/// one, because in a heap that was used before a new series is anywhere.
fn measure(suite: &Suite, series: usize, rounds: usize, wanted: &dyn Fn(&str) -> bool) -> [Found; 3] {
    let phases: Vec<&str> = PHASES.iter().map(|(phase, ..)| *phase).filter(|phase| wanted(phase)).collect();
    let mut all = [const { Found::new() }; 3];
    for _ in 0..rounds {
        for ((name, role), found) in LIBRARIES.iter().zip(&mut all).filter(|((name, _), _)| suite.wants_column(name)) {
            let (alone, together) = phases.iter().partition::<Vec<&str>, _>(|phase| ["storm", "expire"].contains(phase));
            let runs = alone.chunks(1).chain([&together[..]]).filter(|phases| !phases.is_empty());
            // Peers have no time to live.
            for phases in runs.filter(|phases| *role == Role::Ours || *phases != ["expire"]) {
                in_process(name, series, phases, found);
            }
        }
    }
    all
}

/// The word that makes this program measure one library once, and print what it found.
const ONCE: &str = "once";

fn in_process(name: &str, series: usize, phases: &[&str], found: &mut Found) {
    let program = std::env::current_exe().expect("a path");
    let output = Command::new(program).args([ONCE, name, &series.to_string()]).args(phases).output().expect("this program runs");
    let lines = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for line in lines.lines() {
        let (phase, figure) = line.split_once(' ').expect("a phase and a figure");
        let (phase, ..) = PHASES.iter().find(|(known, ..)| *known == phase).expect("a phase");
        found.entry(*phase).or_default().push(figure.parse().expect("a number"));
    }
}

fn once(mut arguments: impl Iterator<Item = String>) {
    let (library, series) = (arguments.next().expect("a library"), arguments.next().and_then(|series| series.parse().ok()));
    let (keys, phases) = (Keys::new(series.expect("a number of series")), arguments.collect::<Vec<_>>());
    let wanted = |phase: &str| phases.iter().any(|wanted| *wanted == phase);
    match library.as_str() {
        "picometer" if wanted("expire") => expire(&keys),
        "picometer" => life(picometer::counters, &keys, &wanted),
        "measured" => life(measured::counters, &keys, &wanted),
        _ => life(prometheus_client::counters, &keys, &wanted),
    }
}

fn note(phase: &str, figure: f64) {
    println!("{phase} {figure}");
}

/// What happens to a family from its beginning to its end; or that two threads make one, which is then left.
fn life<G: Give<u64>, P: Page>(make: impl Fn() -> Shown<G, P>, keys: &Keys, wanted: &dyn Fn(&str) -> bool) {
    let each = |time: Duration| time.as_nanos() as f64 / keys.series as f64;
    if wanted("storm") {
        let storm = make().give;
        let time = together(2, &|_| (), &|thread| (thread..keys.series).step_by(2).for_each(|at| storm(keys.at(at), 1)));
        return note("storm", each(time));
    }
    let before = allocator::now();
    let Shown { give, page, remove } = make();
    note("build", each(busy(|| (0..keys.series).for_each(|at| give(keys.at(at), at as u64)))));
    note("memory", allocator::now().since(before).live_bytes as f64 / keys.series as f64);
    if wanted("update") {
        note("update", each(busy(|| keys.mixed().for_each(|labels| give(labels, 1)))));
    }
    if wanted("scrape") {
        let mut buffer = String::new();
        // The first page finds out how large the buffer has to be.
        let bytes = page(&mut buffer);
        note("scrape", each(busy(|| assert_eq!(black_box(page(&mut buffer)), bytes))));
    }
    if let Some(remove) = remove.filter(|_| wanted("remove")) {
        let mut removed = 0;
        let time = busy(|| removed = keys.mixed().filter(|labels| remove(*labels)).count());
        assert_eq!(removed, keys.series, "each is there once");
        note("remove", each(time));
    }
}

/// A family whose series have all become too old.
fn expire(keys: &Keys) {
    let now = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&now);
    let family = picometer::family().ttl_with_clock(Duration::from_secs(60), move || Duration::from_secs(clock.load(Ordering::Relaxed)));
    (0..keys.series).for_each(|at| family.with(keys.at(at)).inc());
    now.store(61, Ordering::Relaxed);
    let mut gone = 0;
    let time = busy(|| gone = family.expire());
    assert_eq!((gone, family.len()), (keys.series, 0), "all of them are too old");
    note("expire", time.as_nanos() as f64 / keys.series as f64);
}
