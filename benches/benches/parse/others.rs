//! Parsers of other languages beside ours, in the same rounds: Go's expfmt, VictoriaMetrics', Prometheus' textparse, the Python client.
//!
//! Sources are those of Debian's packages below `/usr/share/gocode`, and those below the folders that `PICOMETER_GOPATH` names:
//! Prometheus' own parser is in no binary package, but in the source package `prometheus`. What cannot be had is said.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use picometer_benches::{Case, Role};

use crate::pages::Page;

/// Large pages are left out: one reading of them would take seconds.
const PYTHON_LIMIT: usize = 4_000_000;

/// A program that reads a page again whenever it is asked, and says how many nanoseconds that took.
struct Reader {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reader {
    fn start(command: &mut Command, page: &Path) -> Option<Self> {
        let mut child = command.arg(page).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (ask, answers) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        Some(Self { child, ask, answers })
    }

    fn nanos(&mut self) -> Option<f64> {
        let mut line = String::new();
        writeln!(self.ask).and_then(|()| self.answers.read_line(&mut line)).ok()?;
        line.trim().parse().ok()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/parse/peers")
}

/// A folder of this run's own, below cargo's.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parse-peers");
    std::fs::create_dir_all(&folder).ok().map(|()| folder)
}

/// Builds a program, or says what is missing.
fn go(name: &str, package: &str) -> Option<Command> {
    let folder = folder()?;
    let file = folder.join(name);
    let own = std::env::var("PICOMETER_GOPATH").map(|own| format!("{own}:")).unwrap_or_default();
    let mut command = Command::new("go");
    command.env("GO111MODULE", "off").env("GOPATH", format!("{own}/usr/share/gocode")).env("GOFLAGS", "");
    command.env("GOCACHE", folder.join("cache")).arg("build").arg("-o").arg(&file);
    let output = command.arg(sources().join(format!("{name}.go"))).output();
    if output.is_ok_and(|output| output.status.success()) {
        return Some(Command::new(file));
    }
    eprintln!("no column for {name}: it needs golang-go and the sources of {package}");
    None
}

/// The Python client, from the environment that the tests make, or from that of the machine.
fn python() -> Option<Command> {
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python/bin/python3");
    let program = if own.is_file() { own } else { "python3".into() };
    let has_it = Command::new(&program).args(["-c", "import prometheus_client"]).output();
    if !has_it.is_ok_and(|output| output.status.success()) {
        eprintln!("no column for the Python client: pip install prometheus_client");
        return None;
    }
    let mut command = Command::new(program);
    command.arg(sources().join("client.py"));
    Some(command)
}

/// Columns of those that can be had and read this page.
pub(crate) fn peers<'c>(case: &mut Case<'c>, name: &str, page: &Page) {
    let python = || if page.text.len() < PYTHON_LIMIT { python() } else { None };
    let programs: [(&str, &dyn Fn() -> Option<Command>); 4] = [
        ("Go: expfmt", &|| go("expfmt", "golang-github-prometheus-common-dev")),
        ("Go: VictoriaMetrics", &|| go("victoria", "golang-github-victoriametrics-victoriametrics-dev")),
        ("Go: Prometheus' textparse", &|| go("textparse", "Debian's source package prometheus")),
        ("Python client", &python),
    ];
    for (column, start) in programs {
        let reader = start().and_then(|mut command| {
            let file = folder()?.join(format!("{name}.txt"));
            std::fs::write(&file, &page.text).ok()?;
            let mut reader = Reader::start(&mut command, &file)?;
            reader.nanos().map(|_| reader)
        });
        let Some(reader) = reader else { continue };
        let (reader, samples) = (RefCell::new(reader), page.samples as f64);
        let sample = move || reader.borrow_mut().nanos().map_or(f64::NAN, |nanos| nanos / samples);
        case.sampled(column, Role::Peer, sample).bytes(page.text.len() as f64 / samples);
    }
}
