//! Names the linker scripts and puts the memory's layout where the linker looks.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    // The board of the firmware, held to the same 64 KiB of flash and 16 KiB of RAM.
    let read = |name: &str| fs::read_to_string(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let memory = [read("../memory/an385.x"), read("../memory/stack.x")].concat().replace("STACK_BYTES", "2048");
    fs::write(out.join("memory.x"), memory).expect("OUT_DIR can be written");
    // cortex-m-rt asks for this file. A vendor's crate names its interrupt handlers in it.
    fs::write(out.join("device.x"), "").expect("OUT_DIR can be written");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../memory");
}
