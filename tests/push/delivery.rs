//! A receiver that is killed and comes back: nothing is lost that the queue can hold.

use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use picometer::{Collector, Desc, Encoder, Stop};
use picometer_std::push::{Graphite, Periodic, PushError, Pushgateway, RemoteWrite, Retry};

use crate::Sample;
use crate::peers::{Folder, Process, free_port, get, program, wait_for};
use crate::scripted::{Scripted, empty};
use crate::support::page_in;

/// Counts how often it was asked.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicU32>);

impl Collector for Asked {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const ASKED: Desc = Desc::counter("asked_total", "Times that a page was asked for.");
        out.family(&ASKED)?.counter(&(), self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

const IMPATIENT: Retry = Retry { first: Duration::from_millis(20), longest: Duration::from_millis(200), attempts: 1 };

fn prometheus(program: &std::path::Path, folder: &Folder, address: SocketAddr) -> Process {
    let mut command = Command::new(program);
    command.args([format!("--config.file={}", folder.path().join("p.yml").display()), format!("--web.listen-address={address}")]);
    command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display())).arg("--web.enable-remote-write-receiver");
    let mut process = Process::start(&mut command, Folder::new("prometheus"));
    process.until("it is ready", |_| get(address, "/-/ready", &[]).filter(|answer| answer.status == 200));
    process
}

#[test]
fn a_receiver_that_is_killed_gets_everything_later() {
    let Some(program) = program("prometheus") else { return };
    let (folder, address) = (Folder::new("killed"), free_port());
    folder.write("p.yml", "");
    let away = std::env::var("PICOMETER_AWAY_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let mut server = prometheus(&program, &folder, address);
    let asked = Asked::default();
    let remote = RemoteWrite::new(&format!("http://{address}/api/v1/write")).unwrap().end_series(false);
    let running = Periodic::new(remote).interval(Duration::from_millis(100)).retry(IMPATIENT).queue(10_000).start(asked.clone()).unwrap();
    wait_for("the first pushes", || (running.metrics().samples() > 5).then_some(()));
    server.kill();
    std::thread::sleep(Duration::from_secs(away));
    assert!(running.metrics().queued() > 10 && running.metrics().failures() > 1);
    let _server = prometheus(&program, &folder, address);
    wait_for("the queue to be empty", || (running.metrics().queued() == 0).then_some(()));
    let metrics = running.metrics();
    running.stop().unwrap();
    assert_eq!(metrics.dropped_samples(), 0);
    let answer = get(address, &format!("/api/v1/query?query=asked_total%5B{}s%5D", 60 + away), &[]).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let values: Vec<u32> =
        json["data"]["result"][0]["values"].as_array().unwrap().iter().map(|pair| pair[1].as_str().unwrap().parse().unwrap()).collect();
    assert!(values.iter().copied().eq(1..=asked.0.load(Ordering::Relaxed)), "{values:?}");
}

#[test]
fn a_full_queue_drops_the_oldest_and_counts_it() {
    let address = free_port();
    let graphite = Graphite::new(&address.to_string());
    let running = Periodic::new(graphite).interval(Duration::from_millis(5)).retry(IMPATIENT).queue(3).start(Asked::default()).unwrap();
    let metrics = running.metrics();
    wait_for("drops", || (metrics.dropped_samples() > 5).then_some(()));
    assert!(metrics.queued() <= 3, "{metrics:?}");
    assert!(matches!(running.take_error(), Some(PushError::Io(_))));
    let mut names = Vec::new();
    for line in page_in(&*metrics, picometer::Format::OpenMetrics100).lines() {
        if let Some(name) = line.strip_prefix("# TYPE ") {
            names.push(name.to_owned());
        }
    }
    assert!(names.contains(&"picometer_push_dropped_samples counter".to_owned()), "{names:?}");
    assert_eq!(names.len(), 7);
}

#[test]
fn a_receiver_that_refuses_for_good_does_not_hold_up_the_rest() {
    let server = Scripted::start(|number, stream| {
        let status = if number == 0 { "400 Bad Request" } else { "200 OK" };
        let _ = stream.write_all(empty(status).as_bytes());
    });
    let gateway = Pushgateway::new(&server.url(), "j").unwrap();
    let running = Periodic::new(gateway).interval(Duration::from_millis(10)).start(Sample { count: 1 }).unwrap();
    wait_for("pushes", || (server.seen().len() > 3).then_some(()));
    assert_eq!((running.metrics().dropped_batches(), running.metrics().failures()), (1, 1));
    running.stop().unwrap();
}

#[test]
fn the_end_pushes_a_last_time_and_does_not_wait_for_ever() {
    let server = Scripted::status("200 OK");
    let gateway = || Pushgateway::new(&server.url(), "j").unwrap();
    let hour = Duration::from_secs(3_600);
    Periodic::new(gateway()).interval(hour).start(Sample { count: 42 }).unwrap().stop().unwrap();
    assert!(server.seen()[0].contains("import_rows_total{table=\"users\"} 42\n"));
    drop(Periodic::new(gateway()).interval(hour).start(Sample { count: 43 }).unwrap());
    assert_eq!(server.seen().len(), 2);
    // No server is there: it says so when the grace is over. On a busy machine the sender may not have run by then; it gets more time.
    let stopped = [300, 3_000, 30_000].into_iter().map(Duration::from_millis).map(|grace| {
        let graphite = Graphite::new(&free_port().to_string());
        Periodic::new(graphite).interval(hour).grace(grace).retry(IMPATIENT).start(Sample { count: 1 }).unwrap().stop().unwrap_err()
    });
    let mut errors = stopped.skip_while(|error| matches!(error, PushError::Undelivered { last: None, .. }));
    let error = errors.next().unwrap();
    // The first one and the last one, or the last one alone if the end came before the first.
    assert!(matches!(&error, PushError::Undelivered { batches: 1..=2, last: Some(_) }), "{error}");
}

/// Panics every other time.
struct Jumpy(AtomicU32);

impl Collector for Jumpy {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const G: Desc = Desc::gauge("jumpy", "");
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        assert!(turn.is_multiple_of(2), "a collector that panics");
        out.family(&G)?.gauge(&(), turn)
    }
}

#[test]
fn a_collector_that_panics_costs_its_page_only() {
    let lines = Scripted::start(|_, _| {});
    let graphite = Graphite::new(&lines.address().to_string());
    let running = Periodic::new(graphite).interval(Duration::from_millis(5)).start(Jumpy(AtomicU32::new(0))).unwrap();
    wait_for("pushes after panics", || (running.metrics().failures() > 2 && running.metrics().samples() > 2).then_some(()));
}
