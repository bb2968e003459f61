//! For bare metal: puts `memory.x` where the linker looks and names the linker scripts.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=picometer.x");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    // The Arm MPS2 with image AN385, as QEMU has it.
    let memory = "MEMORY { FLASH : ORIGIN = 0x00000000, LENGTH = 4M RAM : ORIGIN = 0x20000000, LENGTH = 64K }\n";
    fs::write(out.join("memory.x"), memory).expect("OUT_DIR can be written");
    fs::write(out.join("picometer.x"), include_str!("picometer.x")).expect("OUT_DIR can be written");
    println!("cargo:rustc-link-search={}", out.display());
    // Without it lld aligns the sections to pages of 64 KiB.
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=-Tpicometer.x");
}
