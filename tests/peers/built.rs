//! The command and the examples, as `cargo test --workspace` builds what they depend on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The command `picometer`, or an example, built once.
///
/// With the flags and into the folder of this test, and in one call with the whole workspace: a package by itself has other
/// features, with which all that it depends on is built a second time. Cargo tells tests of another package nothing of programs, and
/// has let go of its lock by now.
pub fn built(name: &str) -> &'static Path {
    static PROGRAMS: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    let programs = PROGRAMS.get_or_init(|| {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command.args(["build", "--workspace", "--bin", "picometer", "--examples", "--message-format=json"]);
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        let output = command.current_dir(super::workspace()).output().expect("cargo");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let messages = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let messages = messages.map(|line| serde_json::from_slice::<serde_json::Value>(line).expect("JSON"));
        let named = |message: serde_json::Value| {
            Some((message["target"]["name"].as_str()?.to_owned(), PathBuf::from(message["executable"].as_str()?)))
        };
        messages.filter_map(named).collect()
    });
    programs.get(name).unwrap_or_else(|| panic!("cargo built no {name}"))
}
