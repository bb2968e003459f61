//! Workers that fork, are killed and folded: everything that was acknowledged is on the page, once and for all.
#![allow(unsafe_code, reason = "fork and waitpid of the C library")]

use std::collections::BTreeMap;
use std::ffi::{c_int, c_uint};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use picometer_std::multiprocess::{Collector, GaugeMode};
use picometer_std::{Counter, Family, Format, Gauge, Histogram, Registry, Summary};

use super::dice::Dice;
use super::oracle::{Samples, key};
use super::page;
use super::peers::Folder;
use super::plan::{BOUNDS, VALUES};
use super::support::beside;

unsafe extern "C" {
    fn fork() -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn alarm(seconds: c_uint) -> c_uint;
    fn _exit(status: c_int) -> !;
}

/// How a program is asked to be a worker.
pub const ROLE: &str = "PICOMETER_LIFE_WORKER";

/// When a child that does not answer is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What workers count in.
struct Cells {
    jobs: Arc<Family<Counter, 1>>,
    bytes: Arc<Family<Counter<f64>, 1>>,
    seconds: Arc<Family<Histogram, 1>>,
    sizes: Arc<Family<Summary, 1>>,
    depth: Arc<Family<Gauge<i64>, 1>>,
    churn: Arc<Family<Counter, 1>>,
}

impl Cells {
    fn new(registry: &Registry) -> Self {
        Self {
            jobs: registry.register(Family::new("jobs_total", "", ["x"])).unwrap(),
            bytes: registry.register(Family::new("bytes_total", "", ["x"])).unwrap(),
            seconds: registry.register(Family::new("seconds", "", ["x"]).buckets(BOUNDS)).unwrap(),
            sizes: registry.register(Family::new("sizes", "", ["x"])).unwrap(),
            depth: registry.register(Family::new("depth", "", ["x"]).config(GaugeMode::Sum)).unwrap(),
            churn: registry.register(Family::new("churn_total", "", ["x"])).unwrap(),
        }
    }

    fn count(&self, value: &str, amount: u64) {
        self.jobs.with([value]).inc_by(amount);
        self.bytes.with([value]).inc_by(amount as f64 / 4.0);
        self.seconds.with([value]).observe(amount as f64 / 4.0);
        self.sizes.with([value]).observe(amount as f64);
        self.depth.with([value]).inc_by(amount as i64);
    }

    fn remove(&self, value: &str) {
        self.jobs.remove([value]);
        self.bytes.remove([value]);
        self.seconds.remove([value]);
        self.sizes.remove([value]);
        self.depth.remove([value]);
    }
}

/// Does what the lines of its input say. Another thread makes and removes series all the time.
pub fn serve() {
    let registry = Registry::new();
    let cells = Cells::new(&registry);
    let churn = |turn: usize| {
        cells.churn.with([VALUES[turn % 8]]).inc();
        cells.churn.remove([VALUES[(turn + 5) % 8]]);
    };
    beside(&[&churn], || obey(&cells));
}

fn obey(cells: &Cells) {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let value = |at: usize| VALUES[words[at].parse::<usize>().unwrap()];
        match words[0] {
            "count" => cells.count(value(1), words[2].parse().unwrap()),
            "remove" => cells.remove(value(1)),
            "fork" => {
                let amount = words[2].parse().unwrap();
                // SAFETY: the child does what the library promises to work in one, and ends.
                match unsafe { fork() } {
                    0 => {
                        // SAFETY: a timer of the child alone; one that waits for ever is ended by it.
                        unsafe { alarm(PATIENCE.as_secs() as c_uint) };
                        cells.count(value(1), amount);
                        // SAFETY: ends the process at once.
                        unsafe { _exit(0) }
                    }
                    pid => {
                        let mut status = 0;
                        // SAFETY: the pointer is valid for the call.
                        let ended = unsafe { waitpid(pid, &raw mut status, 0) };
                        assert_eq!((ended, status), (pid, 0));
                    }
                }
            }
            other => panic!("{other}"),
        }
        println!("done");
    }
}

struct Worker {
    process: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl Worker {
    fn start(directory: &std::path::Path) -> Result<Self, String> {
        let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
        command.env(ROLE, "1").env("PROMETHEUS_MULTIPROC_DIR", directory);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let (input, output) = (process.stdin.take().ok_or("no input")?, process.stdout.take().ok_or("no output")?);
        let (told, answers) = channel();
        std::thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).all(|line| told.send(line).is_ok()));
        Ok(Self { process, input, answers })
    }

    fn ask(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.input, "{line}").map_err(|error| error.to_string())?;
        match self.answers.recv_timeout(2 * PATIENCE) {
            Ok(answer) if answer == "done" => Ok(()),
            other => Err(format!("a worker answered {other:?} to {line:?}: {:?}", self.process.try_wait())),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a seed.
pub fn run(seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let directory = Folder::new("life-workers");
    let collector = Collector::new(directory.path()).map_err(|error| error.to_string())?;
    let mut workers = vec![Worker::start(directory.path())?, Worker::start(directory.path())?];
    // What was counted with which label value, in each worker and its children.
    let mut counted: BTreeMap<(usize, usize), Vec<u64>> = BTreeMap::new();
    let mut numbers = vec![0, 1];
    let mut next = 2;
    for step in 0..30 {
        let (at, value, amount) = (dice.below(workers.len()), dice.below(4), dice.below(40) as u64);
        let number = numbers[at];
        let said = match dice.below(20) {
            0..=9 => {
                counted.entry((number, value)).or_default().push(amount);
                format!("count {value} {amount}")
            }
            10..=13 => {
                counted.entry((next, value)).or_default().push(amount);
                next += 1;
                format!("fork {value} {amount}")
            }
            14..=15 => {
                counted.remove(&(number, value));
                format!("remove {value}")
            }
            16 => {
                drop(std::mem::replace(&mut workers[at], Worker::start(directory.path())?));
                (numbers[at], next) = (next, next + 1);
                continue;
            }
            17 => {
                workers.push(Worker::start(directory.path())?);
                numbers.push(next);
                next += 1;
                continue;
            }
            18 => {
                collector.fold().map_err(|error| error.to_string())?;
                continue;
            }
            _ => {
                judge(&collector, &counted).map_err(|error| format!("step {step}: {error}"))?;
                continue;
            }
        };
        workers[at].ask(&said).map_err(|error| format!("step {step}: {error}"))?;
    }
    judge(&collector, &counted)?;
    workers.clear();
    collector.fold().map_err(|error| error.to_string())?;
    judge(&collector, &counted)
}

fn judge(collector: &Collector, counted: &BTreeMap<(usize, usize), Vec<u64>>) -> Result<(), String> {
    let mut all = Samples::new();
    for (&(_, value), amounts) in counted {
        let label = ("x", VALUES[value]);
        let mut add = |name: &str, more: Option<(&str, &str)>, by: f64| {
            let labels: Vec<_> = [label].into_iter().chain(more).collect();
            *all.entry(key(name, labels)).or_default() += by;
        };
        let sum = amounts.iter().sum::<u64>() as f64;
        let count = amounts.len() as f64;
        add("jobs_total", None, sum);
        add("bytes_total", None, sum / 4.0);
        add("seconds_count", None, count);
        add("seconds_sum", None, sum / 4.0);
        for bound in BOUNDS {
            add(
                "seconds_bucket",
                Some(("le", &format!("{bound:?}"))),
                amounts.iter().filter(|&&one| one as f64 / 4.0 <= bound).count() as f64,
            );
        }
        add("seconds_bucket", Some(("le", "+Inf")), count);
        add("sizes_count", None, count);
        add("sizes_sum", None, sum);
        add("depth", None, sum);
    }
    for format in [Format::Text004, Format::OpenMetrics100, Format::Protobuf] {
        let bytes = page::written(collector, format);
        let page = page::read(&bytes, format)?;
        let known = |key: &str| key.starts_with("churn_total") || key.starts_with("picometer_");
        for (key, value) in &page {
            // A child starts with the series of its parent, at zero, and keeps them when those are removed.
            let at_start = *value == 0.0 && !all.contains_key(key);
            if !known(key) && !at_start && all.get(key) != Some(value) {
                return Err(format!("{format:?}: {key} is {value} instead of {:?}", all.get(key)));
            }
        }
        if let Some((key, value)) = all.iter().find(|(key, _)| !page.contains_key(*key)) {
            return Err(format!("{format:?}: {key} {value} is missing"));
        }
    }
    Ok(())
}
