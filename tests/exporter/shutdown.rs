//! The end.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use crate::client::{Gate, PATIENCE, ask, connect, exchange, exporter, plain, read, started};
use crate::hanging::registry;
use crate::peers::wait_for;

#[test]
fn who_is_being_served_gets_the_page_and_others_the_end() {
    let (gate, asked, release) = Gate::new();
    let (handle, address) = started(exporter(), gate);
    let mut served = ask(address, "/metrics", &[]);
    asked.recv().unwrap();
    let mut idle = connect(address);
    // Taken: the exporter has had to do with it.
    exchange(&mut idle, "/-/healthy", &[]);
    let end = std::thread::spawn(move || handle.handle().shutdown_within(PATIENCE));
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    release.send(()).unwrap();
    let page = read(&mut served, true).unwrap();
    assert_eq!((page.status, page.header("connection")), (200, Some("close")));
    assert!(read(&mut served, true).is_none());
    drop(served);
    end.join().unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn who_takes_too_long_is_cut_off() {
    let (gate, asked, release) = Gate::new();
    let (handle, address) = started(exporter(), gate);
    let mut served = ask(address, "/metrics", &[]);
    asked.recv().unwrap();
    handle.handle().shutdown_within(Duration::from_millis(50));
    assert!(matches!(served.read(&mut [0]), Ok(0) | Err(_)));
    release.send(()).unwrap();
}

#[test]
fn a_handle_that_is_dropped_ends_nothing() {
    let (handle, address) = plain();
    drop(handle.handle());
    assert_eq!(crate::client::get(address, "/metrics", &[]).status, 200);
}

#[test]
fn report_names_what_is_left() {
    let (registry, database) = registry();
    let (handle, address) = started(exporter(), registry);
    let handle = handle.handle();
    assert!(handle.is_running());
    database.close(true);
    let registered = database.asked();
    let mut served = ask(address, "/metrics", &[]);
    wait_for("the collector to be asked", || (database.asked() > registered).then_some(()));
    let report = handle.shutdown_within(Duration::from_millis(50));
    assert_eq!((report.cut_off, report.threads, report.collectors.as_slice()), (1, 1, &["db_rows".to_owned()][..]));
    assert!(!report.is_clean() && !report.panicked && !report.other_process);
    assert!(matches!(served.read(&mut [0]), Ok(0) | Err(_)));
    database.close(false);
}

/// Threads of this process that make pages; the names of others are cut to 15 bytes too.
fn threads_with(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    tasks.filter(|task| std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name)).count()
}

#[test]
fn threads_are_gone_after_the_shutdown() {
    const SIGN: &str = "PICOMETER_TEST_THREADS";
    // By itself, because other tests have such threads.
    if std::env::var_os(SIGN).is_none() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "shutdown::threads_are_gone_after_the_shutdown"])
            .env(SIGN, "1")
            .status();
        return assert!(status.unwrap().success());
    }
    let (registry, database) = registry();
    let (handle, address) = started(exporter(), registry);
    database.close(true);
    let mut served = ask(address, "/metrics", &["X-Prometheus-Scrape-Timeout-Seconds: 60"]);
    wait_for("the thread", || (threads_with("picometer-rende") == 1).then_some(()));
    let end = std::thread::spawn(move || handle.handle().shutdown_within(PATIENCE));
    std::thread::sleep(Duration::from_millis(100));
    database.close(false);
    let report = end.join().unwrap();
    // The page was made for a client that was still there.
    assert_eq!(read(&mut served, true).unwrap().status, 200);
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(threads_with("picometer-rende") + threads_with("picometer-expor"), 0);
}
