//! Worlds made from seeds, beside an oracle: families of every type, nested registries, limits, times to live, handles, removals,
//! resets, threads that come and go, collectors that fail, workers that fork and are killed, pages in every format and piece size.
//!
//! `cargo test --test life -- --seeds 100000` runs more of them, `-- --seed 17` one, `-- --mode workers` one of the modes. A
//! failure prints its seed, and in the first mode the fewest steps that still fail.

mod dice;
mod judges;
mod leaks;
mod logical;
mod oracle;
mod page;
#[path = "../peers/mod.rs"]
mod peers;
mod plan;
mod real;
mod subject;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod workers;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use picometer_std::Format;
use plan::Plan;

/// How many pages other programs read, too.
const JUDGED: usize = 120;

struct Arguments {
    first: u64,
    seeds: u64,
    mode: Option<String>,
}

impl Arguments {
    /// `None` where a test was asked for that is elsewhere.
    fn read() -> Option<Self> {
        let mut of = Self { first: 0, seeds: 1_000, mode: None };
        let mut given = std::env::args().skip(1);
        while let Some(argument) = given.next() {
            let mut number = || given.next().and_then(|text| text.parse().ok()).expect("a number behind it");
            match argument.as_str() {
                "--seeds" => of.seeds = number(),
                "--first" => of.first = number(),
                "--seed" => (of.first, of.seeds) = (number(), 1),
                "--mode" => of.mode = given.next(),
                "--list" => return None,
                // What cargo says to every test.
                _ if argument.starts_with('-') => {}
                _ if !"life".contains(&*argument) => return None,
                _ => {}
            }
        }
        Some(of)
    }

    /// The seeds of a mode that takes `times` as long as the first one.
    fn seeds(&self, mode: &str, times: u64) -> std::ops::Range<u64> {
        let wanted = self.mode.as_ref().is_none_or(|asked| asked == mode);
        self.first..self.first + if wanted { self.seeds.div_ceil(if self.mode.is_none() { times } else { 1 }) } else { 0 }
    }
}

fn tried<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(format!("a panic: {}", world::text(&*panic))))
}

/// The plan with the fewest steps that still fails.
fn shrunk(mut plan: Plan) -> (Plan, String) {
    let mut error = tried(|| logical::run(&plan)).err().unwrap_or_else(|| "it passes the second time".to_owned());
    let mut size = plan.steps.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < plan.steps.len() {
            let mut less = plan.clone();
            less.steps.drain(at..(at + size).min(plan.steps.len()));
            match tried(|| logical::run(&less)) {
                // Another fault is another seed's.
                Err(why) if class(&why) == class(&error) => (plan, error) = (less, why),
                _ => at += size,
            }
        }
        size /= 2;
    }
    (plan, error)
}

/// What kind of fault it is, without the step and the series.
fn class(error: &str) -> String {
    let line = error.lines().next().unwrap_or("").rsplit("}: ").next().unwrap_or("");
    line.chars().filter(|char| char.is_ascii_lowercase()).take(7).collect()
}

/// How many passed, and how many failed.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Counts, and says what went wrong.
    fn count<T>(&mut self, mode: &str, seed: u64, result: Result<T, String>) -> Option<T> {
        *(if result.is_ok() { &mut self.passed } else { &mut self.failed }) += 1;
        result.inspect_err(|error| println!("{mode}, seed {seed}: {error}")).ok()
    }
}

/// One mode after the other.
fn run(arguments: &Arguments) -> Tally {
    let (mut tally, mut pages) = (Tally::default(), Vec::<(Format, Vec<u8>)>::new());
    for seed in arguments.seeds("logical", 1) {
        let result = tried(|| logical::run(&Plan::of(seed)));
        let result = result.map_err(|error| if tally.failed < 3 { explained(seed) } else { error });
        let made = tally.count("logical", seed, result).unwrap_or_default();
        if seed.is_multiple_of(10) && pages.len() < JUDGED {
            pages.extend(made);
        }
    }
    for seed in arguments.seeds("threads", 5) {
        tally.count("threads", seed, tried(|| real::run(seed)));
    }
    // Each of them is a hundred worlds.
    for seed in arguments.seeds("leaks", 100) {
        tally.count("leaks", seed, tried(|| leaks::check(|| logical::run(&Plan::of(seed)).map(drop))));
    }
    for seed in arguments.seeds("thread leaks", 500) {
        tally.count("thread leaks", seed, tried(|| leaks::check(|| real::run(seed))));
    }
    #[cfg(target_os = "linux")]
    for seed in arguments.seeds("workers", 25) {
        tally.count("workers", seed, tried(|| workers::run(seed)));
    }
    if !pages.is_empty() {
        tally.count("judges", 0, tried(|| judges::judge(pages)));
    }
    tally
}

fn explained(seed: u64) -> String {
    let (plan, error) = shrunk(Plan::of(seed));
    let steps: String = plan.steps.iter().map(|step| format!("    {step:?}\n")).collect();
    format!("{} steps are left of it:\n{steps}in {:#?}\n{:#?}\n{error}", plan.steps.len(), plan.registries, plan.families)
}

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if std::env::var_os(workers::ROLE).is_some() {
        workers::serve();
        return ExitCode::SUCCESS;
    }
    let Some(arguments) = Arguments::read() else { return ExitCode::SUCCESS };
    // Panics are caught, and are part of what is said of a seed; this variable shows where they come from.
    if std::env::var_os("PICOMETER_LIFE_PANICS").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    let tally = run(&arguments);
    println!("life: {} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
