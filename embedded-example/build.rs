//! For bare metal: puts the board's `memory.x` where the linker looks and names the linker scripts.
//!
//! Link arguments are given here and not in `.cargo/config.toml`, so that they reach this program alone and
//! builds for the host never see them.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=memory");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    let feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    let board = match (feature("AN385"), feature("LM3S")) {
        (true, false) => "an385",
        (false, true) => "lm3s",
        _ => panic!("choose one board: --no-default-features --features an385 (or lm3s)"),
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    // More than was ever used, by 256 bytes at least for an interrupt at the deepest place: the tests of boards compare. A message of
    // protobuf goes deeper than lines.
    let stack = match (feature("PROTOBUF"), feature("PUSH_REMOTE_WRITE")) {
        (true, _) => 4_352,
        (false, true) => 3_712,
        (false, false) => 3_584,
    };
    let stack = if feature("SMALL_STACK") { 1_024 } else { stack };
    let memory = [read(&format!("{board}.x")), read("stack.x")].concat().replace("STACK_BYTES", &stack.to_string());
    fs::write(out.join("memory.x"), memory).expect("OUT_DIR can be written");
    // cortex-m-rt asks for this file; a vendor's crate would name its interrupt handlers in it.
    fs::write(out.join("device.x"), "").expect("OUT_DIR can be written");
    println!("cargo:rustc-link-search={}", out.display());

    // Without it lld aligns the sections to pages of 64 KiB.
    println!("cargo:rustc-link-arg-bins=--nmagic");
    // Functions of which the code is the same are one function: 300 bytes. Nothing compares addresses of functions.
    println!("cargo:rustc-link-arg-bins=--icf=all");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    if feature("DEFMT") {
        println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
    }
}

fn read(name: &str) -> String {
    let path = Path::new("memory").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
