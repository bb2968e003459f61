//! The pre-fork service: its workers are killed and started again, and a real Prometheus sees every request that they served.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::peers;
use crate::peers::{Folder, Prometheus, built, get, job, newer, program, wait_for};

fn address(url: &str) -> Option<SocketAddr> {
    url.strip_prefix("http://")?.split('/').next()?.parse().ok()
}

#[test]
#[cfg(target_os = "linux")]
fn requests_are_counted_once_when_workers_die() {
    let folder = Folder::new("prefork");
    let shared = folder.path().join("shared");
    std::fs::create_dir(&shared).unwrap();
    let mut command = Command::new(built("prefork"));
    // It stops, and its workers with it, when its input ends: with this test.
    command.env("PROMETHEUS_MULTIPROC_DIR", &shared).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().expect("it runs");
    let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
    let mut next = || address(&lines.next().expect("a line").expect("text")).expect("an address");
    let (service, page) = (next(), next());
    let jobs = [job("prefork", page, &[])];
    let programs = newer("prometheus").into_iter().rev().take(1).chain(program("prometheus"));
    let servers: Vec<_> = programs.map(|program| Prometheus::start_with(&program, &jobs, "", &[])).collect();

    let (mut served, mut crashes) = (0, 0);
    for turn in 0..240 {
        if turn % 12 == 11 {
            // The worker dies without an answer; another takes its place.
            assert!(get(service, "/crash", &[]).is_none());
            crashes += 1;
        } else {
            let answer = wait_for("an answer", || get(service, "/", &[]));
            assert_eq!(answer.text(), "ok\n");
            served += 1;
        }
    }
    let value = |sample: &str| {
        let answer = get(page, "/metrics", &[]).expect("the page");
        answer.text().lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse::<f64>().ok())
    };
    let all = f64::from(served + crashes);
    for (sample, expected) in [
        ("prefork_requests_total{path=\"/\"}", f64::from(served)),
        ("prefork_requests_total{path=\"/crash\"}", f64::from(crashes)),
        ("prefork_request_seconds_count", all),
        ("prefork_request_seconds_bucket{le=\"+Inf\"}", all),
    ] {
        assert_eq!(value(sample), Some(expected), "{sample}");
    }
    wait_for("all workers to live again", || (value("picometer_multiprocess_workers") == Some(4.0)).then_some(()));
    wait_for("no worker to be busy", || (value("prefork_busy_workers") == Some(0.0)).then_some(()));
    for server in &servers {
        server.until_up(&jobs);
        wait_for("the same in Prometheus", || (server.value("sum(prefork_requests_total)") == all).then_some(()));
        assert_eq!(server.value("prefork_requests_total{path=\"/crash\"}"), f64::from(crashes));
        assert_eq!(server.value("count(picometer_worker_cpu_seconds_total)"), 4.0);
        assert_eq!(server.value("sum(picometer_multiprocess_file_error) or vector(0)"), 0.0);
    }
    if let Some(result) = peers::promtool_check(get(page, "/metrics", &[]).expect("the page").text()) {
        assert_eq!(result, Ok(()));
    }
    assert!(process.try_wait().expect("its state").is_none());
    drop(process.stdin.take());
    assert!(process.wait().expect("its end").success());
}
