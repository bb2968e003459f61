//! Programs that prove something on the emulated processor: totals under interrupts, and the firmware's own routines.

use std::process::Command;

use crate::peers::{program, toolchains, workspace};

/// What a program of `benches/firmware` said when it ended well, once for each compiler.
fn run(name: &str) -> Vec<String> {
    if program("qemu-system-arm").is_none() {
        return Vec::new();
    }
    let run = |toolchain| {
        // It builds for another machine: a sanitizer's flags, say, are not meant for it.
        let output = Command::new(workspace().join("benches/firmware/run.sh"))
            .arg(name)
            .env("PICOMETER_TOOLCHAIN", toolchain)
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .expect("a script of ours");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{toolchain}: {said}");
        said
    };
    toolchains().into_iter().map(run).collect()
}

#[test]
fn totals_are_exact_under_interrupts() {
    for said in run("interrupts") {
        assert!(said.contains(" lost by a load and a store"), "{said}");
    }
}

/// Copies, fills, comparison and division of `cortex_m3/routines.rs` against plain Rust.
#[test]
fn own_routines_equal_plain_rust() {
    for said in run("routines") {
        assert!(said.contains(" 65788 divisions"), "{said}");
    }
}
