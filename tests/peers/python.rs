//! A Python with the reference's client library.

use std::path::PathBuf;
use std::process::Command;

/// A Python that has the client library, in an environment of its own below cargo's target folder; or a visible skip.
#[track_caller]
pub fn python() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("python");
    let python = folder.join("bin/python3");
    let has_it = || Command::new(&python).args(["-c", "import prometheus_client"]).output().is_ok_and(|output| output.status.success());
    if !has_it() {
        let python3 = super::program("python3")?;
        let made = Command::new(python3).args(["-m", "venv"]).arg(&folder).output().expect("python3 runs");
        let got = Command::new(&python).args(["-m", "pip", "install", "-q", "prometheus_client"]).output();
        if !has_it() {
            super::skip(&format!("no Python client library: {made:?} {got:?}"));
            return None;
        }
    }
    Some(python)
}
