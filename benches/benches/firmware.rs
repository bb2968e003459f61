//! What the core costs on a Cortex-M3 that QEMU emulates: instructions of updates beside atomics by hand, instructions a byte of a
//! page, flash, RAM and stack of the example firmware.
//!
//! Measured by `benches/firmware/run.sh` and `embedded-example/figures.sh`, which say what they need; where it is missing, a line
//! that begins with `SKIP:` says so. A trial counts instructions only.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use picometer_benches::{Role, Suite, Unit};

const INSTRUCTIONS: Unit = Unit::Other("instructions");

/// A case, what it is, and the names of what is counted: ours, and the atomic by hand.
const UPDATES: [(&str, &str, &str, &str); 4] = [
    ("m3-counter", "Counter<u32>::inc", "counter_inc", "atomic_inc"),
    ("m3-family", "Family::with(enum) and inc, beside an array of atomics", "family_inc", "array_inc"),
    ("m3-observe-first", "Histogram::observe in the first of 6 buckets", "observe_first", "by_hand_first"),
    ("m3-observe-last", "Histogram::observe beyond the last of 6 buckets", "observe_last", "by_hand_last"),
];
const SIZES: [(&str, &str, &str); 6] = [
    ("m3-flash", "flash of the example firmware", "flash"),
    ("m3-library", "picometer in it, by names of functions", "library"),
    ("m3-ram", "its static RAM", "ram"),
    ("m3-stack", "its stack, most that was used", "stack"),
    ("m3-everything", "flash of everything that the core has, less an empty program", "everything"),
    ("m3-integers", "flash of integers in text 0.0.4 only, less an empty program", "integers"),
];

fn main() -> ExitCode {
    let mut suite = Suite::default();
    let figures = match figures(suite.is_test()) {
        Ok(figures) => figures,
        Err(Trouble::Missing(what)) if std::env::var_os("PICOMETER_REQUIRE_PEERS").is_none_or(|value| value != "1") => {
            eprintln!("SKIP: {what}");
            return ExitCode::SUCCESS;
        }
        Err(Trouble::Missing(what) | Trouble::Failed(what)) => {
            eprintln!("{what}");
            return ExitCode::FAILURE;
        }
    };
    let of = |name: &str| figures.get(name).copied();
    for (case, title, ours, by_hand) in UPDATES {
        let (Some(ours), Some(by_hand)) = (of(ours), of(by_hand)) else { return incomplete(ours) };
        suite.case(case, title, INSTRUCTIONS, |case| {
            case.figure("picometer", Role::Ours, ours).figure("by hand", Role::Peer, by_hand);
        });
    }
    suite.case("m3-page", "a page of 400 series of integers with 2 labels", Unit::Other("instructions/byte"), |case| {
        for size in ["24000", "1460", "512", "256"] {
            if let Some(figure) = of(&format!("encode_text_large_{size}")) {
                case.figure(&format!("picometer, {size} bytes at once"), Role::Ours, figure);
            }
        }
    });
    for (case, title, name) in SIZES {
        match of(name) {
            Some(figure) => suite.case(case, title, Unit::Other("bytes"), |case| {
                case.figure("picometer", Role::Ours, figure);
            }),
            None if suite.is_test() => {}
            None => return incomplete(name),
        }
    }
    ExitCode::SUCCESS
}

fn incomplete(name: &str) -> ExitCode {
    eprintln!("the scripts print no `{name}`");
    ExitCode::FAILURE
}

/// Why there are no figures.
enum Trouble {
    /// What is not installed, and how to install it.
    Missing(String),
    Failed(String),
}

/// What the scripts print, by name.
fn figures(only_instructions: bool) -> Result<BTreeMap<String, f64>, Trouble> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (script, argument) =
        if only_instructions { ("firmware/run.sh", "instructions") } else { ("../embedded-example/figures.sh", "--plain") };
    let mut command = Command::new(here.join(script));
    // It builds for another machine: flags for this one are not meant for it.
    command.arg(argument).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    let output = command.output().map_err(|error| Trouble::Missing(format!("{script} does not start: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let is_missing = ["no compiler for", "no qemu-system-arm", "is not installed"].iter().any(|words| said.contains(words));
        return Err(if is_missing { Trouble::Missing(said) } else { Trouble::Failed(said) });
    }
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
    };
    Ok(lines.lines().filter_map(figure).collect())
}
