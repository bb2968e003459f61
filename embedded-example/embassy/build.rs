//! Names the linker scripts. `memory.x` is the board's, from the build script of the other firmware.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Without it lld aligns the sections to pages of 64 KiB.
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=--icf=all");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}
