//! Totals are exact although an interrupt updates what the program updates, while pages are written.

use std::process::Command;

use crate::peers::{program, skip, workspace};

#[test]
fn totals_are_exact_under_interrupts() {
    if program("qemu-system-arm").is_none() {
        return;
    }
    // It builds for another machine: a sanitizer's flags, say, are not meant for it.
    let output = Command::new(workspace().join("benches/firmware/run.sh"))
        .arg("interrupts")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("a script of ours");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if said.contains("no compiler for") {
        return skip(said.trim());
    }
    assert!(output.status.success(), "{said}");
    assert!(said.contains(" lost by a load and a store"), "{said}");
}
