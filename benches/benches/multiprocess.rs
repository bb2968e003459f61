//! Many processes, one page: what an update costs that others see, and what the page costs, beside the Python client's.
//!
//! `cargo bench -p picometer-benches --features multiprocess --bench multiprocess`. The peer is `prometheus_client` in a Python
//! process, which is asked for one sample a round; where it cannot be had a line says SKIP. Workers are this program again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use picometer_benches::allocator::Counting;
use picometer_benches::{Case, Program, Role, Suite, Unit, python};
use picometer_std::multiprocess::{Collector, join};
use picometer_std::{BucketBounds, Counter, Family, Format, FromConfig, Gauge, Histogram, Metric, Registry, render, statics};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Makes a worker of this program, in the directory that it names.
const WORKER: &str = "PICOMETER_BENCH_WORKER";
/// How many counters a worker has; a twentieth of that are its histograms.
const COUNTERS: &str = "PICOMETER_BENCH_COUNTERS";

/// A directory that goes away again, in memory where there is such.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let path = place.join(format!("picometer-bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory for workers");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn worker(folder: &Path) {
    join(folder).expect("the directory");
    let counters: usize = std::env::var(COUNTERS).ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    let registry = Registry::new();
    let requests = registry.register(Family::<Counter, 1>::new("http_requests_total", "Requests served.", ["path"])).expect("a name");
    let seconds = Family::<Histogram, 1>::new("http_request_seconds", "How long requests take.", ["path"]);
    let seconds = registry.register(seconds).expect("a name");
    (0..counters).for_each(|path| requests.with([format!("/path/{path}")]).inc());
    (0..counters / 20).for_each(|path| seconds.with([format!("/path/{path}")]).observe(0.3));
    println!("ready");
    // Each line makes a series.
    for line in std::io::stdin().lines().map_while(Result::ok) {
        requests.with([line]).inc();
        println!("1");
    }
    std::process::exit(0);
}

/// This program again as a worker with so many counters.
fn started(folder: &Path, counters: usize) -> Program {
    let program = std::env::current_exe().expect("this program");
    ready(Command::new(program).env(WORKER, folder).env(COUNTERS, counters.to_string()))
}

fn ready(command: &mut Command) -> Program {
    let mut program = Program::start(command).expect("a process");
    assert_eq!(program.answer().as_deref(), Some("ready"));
    program
}

/// Answers `inc`, `observe`, `set` and `page` with nanoseconds of processor time for one of them.
const PYTHON: &str = r#"
import os, sys, time
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
counters = int(os.environ['PICOMETER_BENCH_COUNTERS'])
requests = Counter('http_requests', 'Requests served.', ['path'])
seconds = Histogram('http_request_seconds', 'How long requests take.', ['path'])
for path in range(counters):
    requests.labels('/path/%d' % path).inc()
for path in range(counters // 20):
    seconds.labels('/path/%d' % path).observe(0.3)
inc, observe, times = requests.labels('/path/0').inc, seconds.labels('/path/0').observe, int(sys.argv[1])
gauge = Gauge('depth', 'Jobs that wait.').set
registry = CollectorRegistry()
MultiProcessCollector(registry)
print('ready', flush=True)
for line in sys.stdin:
    begin = time.process_time_ns()
    if line == 'inc\n':
        for _ in range(times):
            inc()
    elif line == 'observe\n':
        for _ in range(times):
            observe(0.3)
    elif line == 'set\n':
        for _ in range(times):
            gauge(3.0)
    else:
        times = 1
        generate_latest(registry)
    print((time.process_time_ns() - begin) / times, flush=True)
"#;

fn python_process(python: &Path, folder: &Path, counters: usize) -> Program {
    let mut command = Command::new(python);
    ready(command.args(["-c", PYTHON, "20000"]).env("PROMETHEUS_MULTIPROC_DIR", folder).env(COUNTERS, counters.to_string()))
}

type Peer = Mutex<Program>;

fn beside<'c>(case: &mut Case<'c>, peer: Option<&'c Peer>, what: &'static str, per_unit: f64) {
    if let Some(peer) = peer {
        case.sampled("client_python", Role::Peer, move || peer.lock().expect("the peer").ask(what).expect("a number") / per_unit);
    }
}

/// Updates: of cells from before this process was a worker, and of those that it shares.
fn updates(suite: &mut Suite, python: Option<&Path>) {
    let (folder, theirs) = (Folder::new("updates"), Folder::new("python"));
    let peer = python.map(|python| Mutex::new(python_process(python, &theirs.0, 1)));
    let registry = Registry::new();
    let bounds = BucketBounds::default();
    let (alone, alone_seconds, alone_gauge) = (Counter::<u64>::new(), Histogram::new(bounds.clone()), Gauge::<f64>::new());
    join(&folder.0).expect("the directory");
    let shared = registry.register(Metric::<Counter>::new("jobs_total", "")).expect("a name");
    let seconds = registry.register(Metric::<Histogram>::new("job_seconds", "")).expect("a name");
    let gauge = registry.register(Metric::<Gauge>::new("depth", "")).expect("a name");
    let core = statics::Counter::<u64>::new();
    let (alone, shared, core) = (&alone, &**shared, &core);
    suite.case("increment", "a counter, one thread", Unit::Nanos("increment"), |case| {
        case.threads("shared", Role::Ours, 1, move |_, times| (0..times).for_each(|_| shared.inc()));
        case.threads("in memory", Role::Ours, 1, move |_, times| (0..times).for_each(|_| alone.inc()));
        beside(case, peer.as_ref(), "inc", 1.0);
        case.threads("one atomic", Role::Limit, 1, move |_, times| (0..times).for_each(|_| core.inc()));
    });
    let (alone, shared) = (&alone_seconds, &**seconds);
    suite.case("observe", "a histogram of 14 bounds, one thread", Unit::Nanos("observation"), |case| {
        case.threads("shared", Role::Ours, 1, move |_, times| (0..times).for_each(|_| shared.observe(0.3)));
        case.threads("in memory", Role::Ours, 1, move |_, times| (0..times).for_each(|_| alone.observe(0.3)));
        beside(case, peer.as_ref(), "observe", 1.0);
    });
    let (alone, shared) = (&alone_gauge, &**gauge);
    let core = statics::Gauge::<f64>::make(&());
    let core = &core;
    suite.case("set", "a gauge, one thread", Unit::Nanos("update"), |case| {
        case.threads("shared", Role::Ours, 1, move |_, times| (0..times).for_each(|time| shared.set(time as f64)));
        case.threads("in memory", Role::Ours, 1, move |_, times| (0..times).for_each(|time| alone.set(time as f64)));
        beside(case, peer.as_ref(), "set", 1.0);
        case.threads("one atomic", Role::Limit, 1, move |_, times| (0..times).for_each(|time| core.set(time as f64)));
    });
}

fn page(collector: &Collector) -> usize {
    let mut page = Vec::with_capacity(1 << 20);
    render(collector, Format::Text004, &mut page);
    page.len()
}

/// Pages of 16 workers, each with 1,000 counters and 50 histograms.
fn pages(suite: &mut Suite, python: Option<&Path>) {
    let (workers, counters, dead) = if suite.is_test() { (2, 20, 4) } else { (16, 1_000, 1_000) };
    let [folder, crowded, theirs] = ["pages", "dead", "python-pages"].map(Folder::new);
    let start = |folder: &Folder| (0..workers).map(|_| started(&folder.0, counters)).collect::<Vec<_>>();
    let (live, _crowd) = (start(&folder), start(&crowded));
    let live = Mutex::new(live);
    (0..dead).for_each(|_| drop(started(&crowded.0, counters)));
    let mut others = Vec::new();
    let peer = python.map(|python| {
        others.extend((1..workers).map(|_| python_process(python, &theirs.0, counters)));
        Mutex::new(python_process(python, &theirs.0, counters))
    });
    let collector = Collector::new(&folder.0).expect("the directory");
    let crowd = Collector::new(&crowded.0).expect("the directory");
    suite.case("scrape", "16 workers with 1,000 counters and 50 histograms each", Unit::Micros("page"), |case| {
        case.sampled("picometer", Role::Ours, || micros(5, || page(&collector)));
        beside(case, peer.as_ref(), "page", 1e3);
    });
    let series = AtomicU64::new(0);
    suite.case("scrape-new", "the same where one worker has a new series", Unit::Micros("page"), |case| {
        case.sampled("a new series", Role::Ours, || {
            let name = format!("/new/{}", series.fetch_add(1, Ordering::Relaxed));
            live.lock().expect("the workers").first_mut().map(|worker| worker.ask(&name));
            micros(1, || page(&collector))
        });
        case.sampled("everything is new", Role::Ours, || micros(1, || page(&Collector::new(&folder.0).expect("the directory"))));
        beside(case, peer.as_ref(), "page", 1e3);
    });
    // The first page folds.
    page(&crowd);
    suite.case("scrape-dead", "the same beside 1,000 workers that died", Unit::Micros("page"), |case| {
        case.sampled("1,000 dead", Role::Ours, || micros(5, || page(&crowd)));
        case.sampled("none dead", Role::Limit, || micros(5, || page(&collector)));
    });
}

/// Microseconds of the processor for one of `times`: there is one sample a round.
fn micros(times: u32, run: impl Fn() -> usize) -> f64 {
    let time = picometer_benches::busy(|| (0..times).for_each(|_| _ = std::hint::black_box(run())));
    time.as_secs_f64() * 1e6 / f64::from(times)
}

fn main() {
    if let Some(folder) = std::env::var_os(WORKER) {
        return worker(Path::new(&folder));
    }
    let mut suite = Suite::default();
    let python = python(Path::new(env!("CARGO_TARGET_TMPDIR")));
    updates(&mut suite, python);
    pages(&mut suite, python);
}
