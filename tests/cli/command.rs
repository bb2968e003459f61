//! Runs the command.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::peers::built;

/// The command, built once.
pub fn program() -> &'static Path {
    built("picometer")
}

/// What the command said.
#[derive(Debug)]
pub struct Said {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// What it wrote, which may be no text, of a run without complaints.
pub fn run_bytes(arguments: &[&str], stdin: &[u8]) -> Vec<u8> {
    let output = output(arguments, stdin);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub fn run(arguments: &[&str], stdin: &[u8]) -> Said {
    let output = output(arguments, stdin);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said { status: output.status.code().expect("no signal"), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn output(arguments: &[&str], stdin: &[u8]) -> std::process::Output {
    let mut command = Command::new(program());
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let mut input = child.stdin.take().expect("piped");
    std::thread::scope(|scope| {
        // It may have ended without reading.
        scope.spawn(move || drop(input.write_all(stdin)));
        child.wait_with_output().expect("the command ends")
    })
}
