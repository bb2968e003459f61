//! Parsers of other languages beside ours, in the same rounds: Go's expfmt, VictoriaMetrics', Prometheus' textparse, the Python client.
//!
//! Sources are those of Debian's packages below `/usr/share/gocode`, and those below the folders that `PICOMETER_GOPATH` names:
//! Prometheus' own parser is in no binary package, but in the source package `prometheus`. What cannot be had is said.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;

use picometer_benches::{Case, Program, Role, python};

use crate::pages::Page;

/// Large pages are left out: one reading of them would take seconds.
const PYTHON_LIMIT: usize = 4_000_000;

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
    let output = command.arg(sources().join(format!("{name}.go"))).arg(sources().join("asked.go")).output();
    if output.is_ok_and(|output| output.status.success()) {
        return Some(Command::new(file));
    }
    eprintln!("no column for {name}: it needs golang-go and the sources of {package}");
    None
}

fn client() -> Option<Command> {
    let mut command = Command::new(python(Path::new(env!("CARGO_TARGET_TMPDIR")))?);
    command.arg(sources().join("client.py"));
    Some(command)
}

/// Columns of those that can be had and read this page.
pub(crate) fn peers<'c>(case: &mut Case<'c>, name: &str, page: &Page) {
    let client = || if page.text.len() < PYTHON_LIMIT { client() } else { None };
    let programs: [(&str, &dyn Fn() -> Option<Command>); 4] = [
        ("Go: expfmt", &|| go("expfmt", "golang-github-prometheus-common-dev")),
        ("Go: VictoriaMetrics", &|| go("victoria", "golang-github-victoriametrics-victoriametrics-dev")),
        ("Go: Prometheus' textparse", &|| go("textparse", "Debian's source package prometheus")),
        ("Python client", &client),
    ];
    for (column, start) in programs {
        let reader = start().and_then(|mut command| {
            let file = folder()?.join(format!("{name}.txt"));
            std::fs::write(&file, &page.text).ok()?;
            let mut reader = Program::start(command.arg(file)).ok()?;
            reader.ask("").map(|_| reader)
        });
        let Some(reader) = reader else { continue };
        let (reader, samples) = (RefCell::new(reader), page.samples as f64);
        let sample = move || reader.borrow_mut().ask("").map_or(f64::NAN, |nanos| nanos / samples);
        case.sampled(column, Role::Peer, sample).bytes(page.text.len() as f64 / samples);
    }
}
