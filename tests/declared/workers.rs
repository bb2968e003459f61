//! Declared metrics of a worker of many processes that never asks for a registry: its counts are on the page of all.

use std::process::Command;

use picometer_std::multiprocess::{Collector, DIRECTORY, join};

use super::peers::Folder;
use super::service;

const AGAIN: &str = "PICOMETER_TEST_WORKER";

/// Runs a test of this binary once more, as a worker.
fn worker(test: &str, how: &str, directory: &std::path::Path) {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", test, "--nocapture"]).env(AGAIN, how);
    if how != "late" {
        again.env(DIRECTORY, directory);
    } else {
        again.env("PICOMETER_TEST_DIRECTORY", directory);
    }
    let run = again.output().unwrap();
    let text = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && text.contains("1 passed"), "{text}");
}

fn page_of(how: &str, test: &str) -> String {
    let directory = Folder::new("declared");
    worker(test, how, directory.path());
    super::support::page(&Collector::new(directory.path()).unwrap())
}

fn has(page: &str, lines: &[&str]) {
    for line in lines {
        assert!(page.lines().any(|found| found == *line), "no {line} in\n{page}");
    }
}

#[test]
fn worker_by_environment_names_its_statics() {
    if std::env::var(AGAIN).as_deref() == Ok("environment") {
        return service::count();
    }
    let page = page_of("environment", "workers::worker_by_environment_names_its_statics");
    has(
        &page,
        &[
            "http_requests_total{method=\"GET\",code=\"200\"} 1",
            "energy_joules_total 1.5",
            "jobs_total{outcome=\"failed\"} 1",
            "jobs_total{outcome=\"ok\"} 0",
            "http_request_seconds_count{method=\"GET\",code=\"200\"} 1",
        ],
    );
}

#[test]
fn static_that_counted_before_join_stays_private() {
    if std::env::var(AGAIN).as_deref() == Ok("late") {
        service::count();
        join(std::env::var_os("PICOMETER_TEST_DIRECTORY").unwrap()).unwrap();
        return service::count();
    }
    let page = page_of("late", "workers::static_that_counted_before_join_stays_private");
    has(&page, &["# HELP jobs_waiting_for_workers_total Not touched before."]);
    has(&page, &["jobs_waiting_for_workers_total 0"]);
    assert!(!page.contains("energy_joules_total"), "it has its place since before");
}

/// The first cell that is made joins the process, and has all declared metrics shown, itself among them.
#[test]
fn first_cell_of_a_worker_by_environment_may_be_any() {
    if let Ok(first) = std::env::var(AGAIN) {
        std::thread::spawn(|| {
            std::thread::sleep(std::time::Duration::from_secs(120));
            eprintln!("the first cell waits for itself");
            std::process::abort();
        });
        return service::touch(&first);
    }
    for first in ["gauge", "closed", "states", "native"] {
        let page = page_of(first, "workers::first_cell_of_a_worker_by_environment_may_be_any");
        has(&page, &["jobs_total{outcome=\"failed\"} 0", "jobs_waiting_for_workers_total 0"]);
        assert!(page.contains("http_api_requests_in_progress{pid="), "{first}: {page}");
    }
}
