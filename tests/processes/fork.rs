//! Children of a process whose threads are counting.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use picometer::push::RemoteWriteVersion;
use picometer_std::exporter::Exporter;
use picometer_std::push::{Http, HttpRequest, HttpResponse, Import, Periodic, PushError, Pushgateway, RemoteWrite};
use picometer_std::{Counter, Family, Histogram, Metric, Registry, Slow, Snapshot, Summary};

use super::children::in_child;
use super::support::beside;

#[test]
fn children_of_a_process_that_counts() {
    const FORKS: u64 = 30;
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["kind"])).unwrap();
    let seconds = registry.register(Metric::<Histogram>::new("seconds", "").buckets([1.0])).unwrap();
    let bytes = registry.register(Metric::<Summary>::new("bytes", "")).unwrap();
    // Only children count in it.
    let own = registry.register(Metric::<Counter>::new("own_total", "")).unwrap();
    for kind in ["a", "b", "c", "mine"] {
        jobs.with([kind]);
    }
    let counted = AtomicU64::new(0);
    let count = |kind| {
        jobs.with([kind]).inc();
        seconds.observe(0.5);
        bytes.observe(3.0);
        counted.fetch_add(1, Ordering::Relaxed);
    };
    // And one that looks at them, often in the middle of which it is forked.
    let look = |_| {
        assert!(seconds.count() + bytes.count() < u64::MAX);
        thread::sleep(Duration::from_micros(20));
    };
    beside(&[&|_| count("a"), &|_| count("b"), &|_| count("c"), &look], || {
        for number in 0..FORKS {
            // This thread has counted nothing before the first fork.
            let right = in_child(|| {
                let before = jobs.with(["a"]).get();
                jobs.with(["a"]).inc_by(7);
                own.inc_by(3);
                // Of the observations that others were at, each may be there by half; of its own, none.
                let observed = (seconds.count(), bytes.count());
                seconds.observe(2.0);
                bytes.observe(3.0);
                jobs.with(["a"]).get() == before + 7
                    && (own.get(), jobs.with(["mine"]).get()) == (3, number)
                    && (seconds.count(), bytes.count()) == (observed.0 + 1, observed.1 + 1)
                    && Snapshot::of(&registry).value("own_total", &[]) == Some(3.0)
            });
            assert!(right, "child {number}");
            jobs.with(["mine"]).inc();
        }
    });
    let total: u64 = ["a", "b", "c"].map(|kind| jobs.with([kind]).get()).iter().sum();
    assert_eq!([total, seconds.count(), bytes.count()], [counted.load(Ordering::Relaxed); 3], "what children count is theirs");
    assert_eq!((own.get(), jobs.with(["mine"]).get()), (0, FORKS));
}

/// Whether an exporter answers with a page.
fn is_ok(address: SocketAddr, path: &str) -> bool {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.starts_with("HTTP/1.1 200 OK")
}

#[test]
fn child_cannot_shut_its_parents_exporter_down() {
    let folder = std::env::temp_dir().join(format!("picometer-fork-{}.sock", std::process::id()));
    let mut handle = Some(Exporter::bind("127.0.0.1:0").unwrap().spawn(Registry::new()).unwrap());
    let mut bound = Some(Exporter::bind_unix(&folder).unwrap());
    let address = handle.as_ref().unwrap().local_addr().unwrap();
    assert!(is_ok(address, "/metrics"));
    for _ in 0..3 {
        assert!(in_child(|| {
            // The child drops what it has, as it does when it ends in order.
            drop(bound.take());
            let handle = handle.take().unwrap();
            let running = handle.is_running();
            let report = handle.shutdown();
            !running && report.other_process && !report.is_clean()
        }));
        assert!(handle.as_ref().unwrap().is_running() && folder.exists());
        assert!(is_ok(address, "/metrics"));
    }
    assert!(handle.take().unwrap().shutdown().is_clean());
    drop(bound);
    assert!(!folder.exists());
}

#[test]
fn slow_collectors_work_in_a_child() {
    let registry = Registry::new();
    let jobs = Metric::<Counter>::new("jobs_total", "");
    jobs.inc();
    registry.register(Slow::new("jobs", jobs).deadline(Duration::from_secs(2)).fresh_for(Duration::ZERO)).unwrap();
    let value = || Snapshot::of(&registry).value("jobs_total", &[]);
    assert_eq!(value(), Some(1.0));
    let in_time = || {
        let began = std::time::Instant::now();
        // Late, if it was forked in the middle of a look; a hang would end the child.
        value();
        began.elapsed() < Duration::from_secs(50)
    };
    // Others have the lock, now and then.
    let wrong = beside(&[&|_| _ = value()], || (0..30).find(|_| !in_child(in_time)));
    assert_eq!(wrong, None);
}

/// A periodic pusher has its threads in the parent.
#[test]
fn pusher_of_the_parent_is_an_error_in_a_child() {
    let http = Http::new().handler(|_: &HttpRequest<'_>| Ok(HttpResponse { status: 204, ..HttpResponse::default() }));
    let import = Import::new("http://127.0.0.1:1").unwrap().http(http);
    // To wait for the threads would take long.
    let pusher = Periodic::new(import).interval(Duration::from_millis(1)).grace(Duration::from_secs(600));
    let mut running = Some(pusher.start(Registry::new()).unwrap());
    for turn in 0..50 {
        assert!(in_child(|| {
            let running = running.take().unwrap();
            let (error, pushed) = (running.take_error(), running.metrics().samples());
            let stopped = if turn % 2 == 0 { running.stop() } else { Err(PushError::OtherProcess) };
            matches!((error, stopped), (Some(PushError::OtherProcess), Err(PushError::OtherProcess))) && pushed == pushed
        }));
    }
    running.unwrap().stop().unwrap();
}

/// Threads of the parent push through the same client. A child pushes too, or has an error.
#[test]
fn pushes_by_hand_end_in_a_child() {
    let http = Http::new().handler(|_: &HttpRequest<'_>| Ok(HttpResponse { status: 204, ..HttpResponse::default() }));
    let receiver = RemoteWrite::new("http://127.0.0.1:1").unwrap().version(RemoteWriteVersion::V1).http(http);
    let metric = Metric::<Counter>::new("jobs_total", "");
    let push = |_| receiver.push(&metric).unwrap();
    let ends = || matches!(receiver.push(&metric), Ok(()) | Err(PushError::OtherProcess));
    let wrong = beside(&[&push, &push], || (0..50).find(|_| !in_child(ends)));
    assert_eq!(wrong, None);
}

/// Two processes that write to one connection would write into each other's requests.
#[test]
fn child_pushes_over_a_connection_of_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gateway = Pushgateway::new(&format!("http://{}", listener.local_addr().unwrap()), "job").unwrap();
    let connections: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
    // Goes on to the end of the test's process.
    thread::spawn(move || {
        for stream in listener.incoming() {
            connections.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || serve(BufReader::new(stream.unwrap())));
        }
    });
    let metric = Metric::<Counter>::new("jobs_total", "");
    gateway.push(&metric).unwrap();
    gateway.push(&metric).unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1, "it is kept");
    for child in 2..5 {
        assert!(in_child(|| gateway.push(&metric).is_ok()));
        assert_eq!(connections.load(Ordering::SeqCst), child);
    }
    gateway.push(&metric).unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 4, "that of the parent is as it was");
}

/// Takes requests of any length, until the client goes.
fn serve(mut stream: BufReader<TcpStream>) -> Option<()> {
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        stream.read_exact(&mut vec![0; length]).ok()?;
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}

/// A bound exporter is not running yet: each child may serve on the same socket, as servers do that fork first.
#[test]
fn children_serve_on_a_socket_that_was_bound_before() {
    let exporter = Exporter::bind("127.0.0.1:0").unwrap();
    let address = exporter.local_addrs()[0];
    let mut exporter = Some(exporter);
    for _ in 0..3 {
        assert!(in_child(|| {
            let handle = exporter.take().unwrap().spawn(Registry::new()).unwrap();
            is_ok(address, "/-/healthy") && handle.shutdown().is_clean()
        }));
    }
}
