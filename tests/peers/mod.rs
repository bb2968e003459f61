//! Other people's programs, for tests that want to know what those make of our pages: found, started on free ports of
//! 127.0.0.1 in folders of their own, waited for, and ended.
//!
//! Include it with `#[path = "../peers/mod.rs"] mod peers;`. A program that is not installed is a visible `SKIP` and a test
//! that passes; with `PICOMETER_REQUIRE_PEERS=1` it is a failure. `PICOMETER_NEWER_PEERS` names a folder with newer programs
//! than those on `PATH`: `DIR/…`, `DIR/usr/bin/…` or `DIR/*/usr/bin/…`.
#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

mod built;
mod firmware;
mod http;
mod process;
mod prometheus;
mod python;
mod receivers;
mod relay;

pub use built::built;
#[cfg(unix)]
pub use firmware::uart_board;
pub use firmware::{Firmware, address, board_with_small_stack, build_board, build_board_with, build_declared, host_program, toolchains};
pub use http::{Answer, get, post, send};
pub use process::{Folder, Process, free_port};
pub use prometheus::{Prometheus, job, promtool_check, version};
pub use python::python;
pub use receivers::{Receiver, carbon, pushgateway, victoria};
pub use relay::relay;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A deadline against hanging for ever, never a measure.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Says that something was not tested. Fails where everything has to be there.
#[track_caller]
pub fn skip(why: &str) {
    say(why);
    assert!(std::env::var_os("PICOMETER_REQUIRE_PEERS").is_none_or(|value| value != "1"), "required and not there: {why}");
}

fn say(why: &str) {
    // Not `eprintln!`, which the test harness keeps to itself when the test passes.
    let _ = writeln!(std::io::stderr(), "SKIP: {why}");
    // For the summary at the end of the run.
    let line = format!("{} {}\n", run(), why.replace('\n', " "));
    let file = std::fs::OpenOptions::new().append(true).create(true).open(notes());
    let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
}

/// Where skips are noted.
fn notes() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped.txt")
}

/// What all test binaries of one run have in common: the cargo that started them.
fn run() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    0
}

/// Why something was not tested in this run, once for each time. The notes are taken away.
pub fn skipped() -> Vec<String> {
    let text = std::fs::read_to_string(notes()).unwrap_or_default();
    let _ = std::fs::remove_file(notes());
    let start = format!("{} ", run());
    text.lines().filter_map(|line| line.strip_prefix(&*start)).map(str::to_owned).collect()
}

/// A program on `PATH`, or a visible skip.
#[track_caller]
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Daemons of Debian are there, and not everybody's `PATH` says so.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        skip(&format!("{name} is not installed"));
    }
    found
}

/// A program of every newer version that is there, oldest folder name last; none is a visible skip.
#[track_caller]
pub fn newer(name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if let Some(folder) = std::env::var_os("PICOMETER_NEWER_PEERS").map(PathBuf::from) {
        let mut folders = vec![folder.clone(), folder.join("usr/bin")];
        let mut suites: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        suites.sort();
        folders.extend(suites.iter().map(|suite| suite.join("usr/bin")));
        found.extend(folders.iter().map(|folder| folder.join(name)).filter(|file| file.is_file()));
    }
    if found.is_empty() {
        // Never a failure: they come from a suite that moves.
        say(&format!("no newer {name}: PICOMETER_NEWER_PEERS names no folder that has one"));
    }
    found
}

/// Asks until there is an answer; panics with what was waited for when patience ends.
#[track_caller]
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests' package lies in the workspace")
}
