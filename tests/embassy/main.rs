//! Metrics of embassy's executor, from the executor itself on this machine.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use critical_section as _;
use embassy_executor::{Executor, SendSpawner};
use picometer::{Exposition, Format, Registry};
use picometer_embassy::Tasks;

fn nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

picometer_embassy::trace! {
    static TASKS: Tasks<8, 1_000_000_000, 4> = Tasks::new(nanos);
}
static METRICS: Registry = Registry::new(&[&TASKS]);

fn value(series: &str) -> f64 {
    let mut page = [0; 4_096];
    let len = Exposition::new(&METRICS, Format::Text004).fill(&mut page).expect("room for all of it");
    let page = std::str::from_utf8(&page[..len]).expect("UTF-8");
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0.0, |number| number.parse().expect("a number"))
}

fn task(family: &str, name: &str) -> f64 {
    value(&format!("embassy_task_{family}_total{{task=\"{name}\"}}"))
}

/// Gives the executor to others once, by waking itself.
async fn turn() {
    let mut polled = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// An executor on a thread of its own, for as long as the process lives.
fn executor() -> SendSpawner {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let executor = Box::leak(Box::new(Executor::new()));
        executor.run_until(|spawner| send.send(spawner.make_send()).expect("the test waits"), || false);
    });
    receive.recv().expect("an executor")
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

static DONE: AtomicU32 = AtomicU32::new(0);
static STOP: AtomicBool = AtomicBool::new(false);

#[embassy_executor::task(pool_size = 3)]
async fn turns(count: u32) {
    for _ in 0..count {
        turn().await;
    }
    DONE.fetch_add(1, Ordering::Relaxed);
}

#[embassy_executor::task]
async fn busy() {
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(50) {}
    turn().await;
    DONE.fetch_add(1, Ordering::Relaxed);
}

#[embassy_executor::task]
async fn names_itself() {
    TASKS.name_current("itself").await;
    while !STOP.load(Ordering::Relaxed) {
        turn().await;
    }
    DONE.fetch_add(1, Ordering::Relaxed);
}

/// One test: the tasks of a program are in one table.
#[test]
fn executor_reports_its_tasks() {
    let first = executor();
    first.spawn(TASKS.named("turns", turns(10).expect("storage")));
    first.spawn(TASKS.named("turns", turns(20).expect("storage")));
    first.spawn(TASKS.named("busy", busy().expect("storage")));
    until("three tasks end", || DONE.load(Ordering::Relaxed) == 3 && value("embassy_tasks") == 0.0);
    // Each await that is not ready is a poll and a wake more than the first.
    assert_eq!((task("polls", "turns"), task("wakes", "turns")), (32.0, 32.0));
    assert_eq!((task("polls", "busy"), task("wakes", "busy")), (2.0, 2.0));
    let spun = task("busy_seconds", "busy");
    assert!((0.05..30.0).contains(&spun), "{spun} s");
    assert_eq!(task("polls", "other"), 0.0);

    // Asleep, seen by another thread while it goes on.
    let idle = |nth: usize| value(&format!("embassy_executor_idle_seconds_total{{executor=\"{nth}\"}}"));
    let before = idle(0);
    thread::sleep(Duration::from_millis(20));
    assert!(idle(0) >= before + 0.02, "{before} s, then {} s", idle(0));

    // A task on another executor, which names itself when it runs; up to then it is one of the others.
    let second = executor();
    second.spawn(names_itself().expect("storage"));
    until("it runs", || task("polls", "itself") > 1_000.0);
    assert_eq!((task("wakes", "other"), task("polls", "other"), value("embassy_tasks")), (1.0, 0.0, 1.0));
    assert!(value("embassy_executor_polls_total{executor=\"1\"}") > 1_000.0);
    let (idle_before, busy_before) = (idle(1), task("busy_seconds", "itself"));
    until("it is busy", || task("busy_seconds", "itself") > busy_before + 0.01);
    assert!(idle(1) >= idle_before);
    STOP.store(true, Ordering::Relaxed);
    until("it ends", || DONE.load(Ordering::Relaxed) == 4 && value("embassy_tasks") == 0.0);

    // The same storage again, without a name of its own.
    let polls = task("polls", "itself");
    second.spawn(names_itself().expect("storage"));
    until("it has ended again", || DONE.load(Ordering::Relaxed) == 5);
    assert!(task("polls", "itself") > polls && task("wakes", "other") == 1.0);
}
