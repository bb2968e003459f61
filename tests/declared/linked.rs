//! Declared metrics as other linkers than that of this test put them together: of a program, and of a module of WebAssembly.

use std::path::PathBuf;
use std::process::Command;

use super::peers;

const MANIFEST: &str = r#"[package]
name = "linked"
edition = "2024"
[lib]
crate-type = ["cdylib", "rlib"]
[dependencies]
picometer = { path = "{root}/core" }
picometer-example-driver = { path = "{root}/embedded-example/driver" }
[profile.release]
opt-level = 0
lto = "fat"
panic = "abort"
[workspace]
"#;

/// A module that shows its own metrics and those of a crate that is only linked. It counts calls from outside.
const MODULE: &str = r#"
use picometer::{Counter, Declared, Exposition, Format, metrics};
use picometer_example_driver as _;

metrics! {
    /// Calls from outside.
    static CALLS: Counter<u32> = "calls_total";
}

static PAGE: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());

#[unsafe(no_mangle)]
pub extern "C" fn page() -> *const u8 {
    CALLS.inc();
    let mut page = PAGE.lock().unwrap();
    page.resize(16 * 1024, 0);
    let len = Exposition::new(&Declared, Format::Text004).fill(&mut page).unwrap();
    page.truncate(len);
    page.as_ptr()
}

#[unsafe(no_mangle)]
pub extern "C" fn len() -> usize {
    PAGE.lock().unwrap().len()
}

pub fn text() -> String {
    page();
    String::from_utf8(PAGE.lock().unwrap().clone()).unwrap()
}
"#;

/// Twice, because constructors of WebAssembly may run with every call.
const PROGRAM: &str = r#"
fn main() {
    linked::text();
    print!("{}", linked::text());
}
"#;

const SCRIPT: &str = "
const { instance } = await WebAssembly.instantiate(require('fs').readFileSync(process.argv.at(-1)));
instance.exports.page();
const at = instance.exports.page();
process.stdout.write(Buffer.from(instance.exports.memory.buffer, at, instance.exports.len()));
";

/// Builds the package as a linker does; where what was made is.
fn built(linker: &str, arguments: &[&str], flags: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("linked-{linker}"));
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let root = peers::workspace();
    std::fs::write(folder.join("Cargo.toml"), MANIFEST.replace("{root}", root.to_str().unwrap())).unwrap();
    // The versions that this test was built with, which are here.
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    std::fs::write(folder.join("src/lib.rs"), MODULE).unwrap();
    std::fs::write(folder.join("src/main.rs"), PROGRAM).unwrap();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--offline", "--quiet"]).args(arguments).current_dir(&folder);
    // Those of a sanitizer, say, are not meant for this.
    cargo.env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", flags).env("CARGO_TARGET_DIR", folder.join("target"));
    if linker == "wasm" {
        // Its linker takes the objects of a crate that something names, and a crate in one piece is taken whole.
        cargo.env("CARGO_PROFILE_DEV_CODEGEN_UNITS", "1");
    }
    let output = cargo.output().expect("cargo");
    assert!(output.status.success(), "{linker}: {}", String::from_utf8_lossy(&output.stderr));
    folder.join("target")
}

#[track_caller]
fn shows_all(mut command: Command) {
    let output = command.output().expect("it runs");
    let page = String::from_utf8(output.stdout).expect("a page is text");
    for line in ["calls_total 2", "i2c_bus_recoveries_total 0", "i2c_transfer_seconds_count 0", "i2c_transfers_total{outcome=\"nack\"} 0"] {
        assert_eq!(
            page.lines().filter(|found| *found == line).count(),
            1,
            "{line} in\n{page}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn sections_survive_each_linker_and_lto() {
    // GNU's throws away what has no reference, and sees one module; lld keeps crates apart.
    for (linker, program, arguments, profile) in [("bfd", "ld.bfd", &["--release"][..], "release"), ("lld", "ld.lld", &[], "debug")] {
        if peers::program(program).is_some() {
            let target = built(linker, arguments, &format!("-Clink-arg=-fuse-ld={linker} -Clink-arg=-Wl,--gc-sections"));
            shows_all(Command::new(target.join(profile).join("linked")));
        }
    }
}

#[test]
fn module_of_webassembly_lists_each_declaration_once() {
    let rustc = Command::new("rustc").args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]).output();
    let has_target = rustc.is_ok_and(|rustc| std::path::Path::new(String::from_utf8_lossy(&rustc.stdout).trim()).is_dir());
    if !has_target {
        return peers::skip("no target wasm32-unknown-unknown: rustup target add wasm32-unknown-unknown");
    }
    let Some(node) = peers::program("node") else { return };
    let target = built("wasm", &["--lib", "--target", "wasm32-unknown-unknown"], "");
    let module = target.join("wasm32-unknown-unknown/debug/linked.wasm");
    let mut command = Command::new(node);
    command.args(["--eval", &format!("(async () => {{ {SCRIPT} }})()"), "node"]).arg(module);
    shows_all(command);
}
