//! For each board: the layout of its memory, the linker scripts, and what its radio needs.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let package = env::var("CARGO_PKG_NAME").expect("cargo sets the name");
    println!("cargo:rerun-if-changed=../build.rs");
    println!("cargo:rerun-if-changed=memory.x");
    if Path::new("memory.x").exists() {
        fs::copy("memory.x", out.join("memory.x")).expect("OUT_DIR can be written");
        println!("cargo:rustc-link-search={}", out.display());
    }
    if package.starts_with("esp") {
        println!("cargo:rustc-link-arg-bins=-Tlinkall.x");
    } else {
        println!("cargo:rustc-link-arg-bins=--nmagic");
        println!("cargo:rustc-link-arg-bins=-Tlink.x");
    }
    if package == "pico-w" {
        // The loader of the second stage, in front of the program.
        println!("cargo:rustc-link-arg-bins=-Tlink-rp.x");
    }
    if package.starts_with("pico") {
        println!("cargo:rerun-if-env-changed=CYW43_NVRAM");
        let nvram = env::var_os("CYW43_NVRAM").map(|file| fs::read(&file).unwrap_or_else(|error| panic!("{file:?}: {error}")));
        if nvram.is_none() {
            println!("cargo:warning=the radio will not start: CYW43_NVRAM names no file (embassy's cyw43-firmware/nvram_rp2040.bin)");
        }
        fs::write(out.join("nvram.bin"), nvram.unwrap_or_default()).expect("OUT_DIR can be written");
    }
}
