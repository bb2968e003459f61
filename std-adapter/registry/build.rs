//! Tells the crate what compiles it, for `rust_info`, and whether cells may be shared by processes.

use std::env::var;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // One name for what many places ask: files of workers are mapped, which is written for Linux.
    println!("cargo:rustc-check-cfg=cfg(shared_storage)");
    if var("CARGO_FEATURE_MULTIPROCESS").is_ok() && var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-cfg=shared_storage");
    }
    // Without an answer the labels are left out: a build never fails for this.
    let output = Command::new(var("RUSTC").unwrap_or_else(|_| "rustc".into())).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let version = text.split(' ').nth(1).unwrap_or("").trim();
    let (release, channel) = version.split_once('-').unwrap_or((version, if version.is_empty() { "" } else { "stable" }));
    let mut numbers = release.split('.');
    for (name, value) in [
        ("RUSTC_VERSION", version),
        ("RUSTC_MAJOR", numbers.next().unwrap_or("")),
        ("RUSTC_MINOR", numbers.next().unwrap_or("")),
        ("RUSTC_PATCHLEVEL", numbers.next().unwrap_or("")),
        // `beta.3` is of the channel `beta`.
        ("RUSTC_CHANNEL", channel.split('.').next().unwrap_or("")),
        ("TARGET", &var("TARGET").unwrap_or_default()),
        ("PROFILE", &var("PROFILE").unwrap_or_default()),
    ] {
        println!("cargo:rustc-env=PICOMETER_{name}={value}");
    }
}
