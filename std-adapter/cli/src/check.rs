//! `picometer check`

use std::io::IsTerminal;
use std::process::ExitCode;

use picometer_parse::lint::{Checked, Linter, Problem, Rule};
use picometer_parse::parse::Rules;

use crate::args::Check;
use crate::print::print;
use crate::source::{Known, Reader, Source};

pub(crate) fn run(args: &Check) -> ExitCode {
    let reader = match Reader::new(&args.page, &args.http) {
        Ok(reader) => reader,
        Err(error) => {
            eprintln!("picometer: {error}");
            return ExitCode::from(2);
        }
    };
    let mut linter = Linter::new().rules(args.page.rules(Rules::STRICT)).values(args.values);
    for &rule in &args.also {
        linter = linter.also(rule);
    }
    for &rule in &args.allow {
        linter = linter.allow(rule);
    }
    let mut worst = 0;
    for input in &args.inputs {
        worst = worst.max(match reader.read(input) {
            Ok(source) => one(&source, &linter, args),
            Err(error) => {
                eprintln!("picometer: {error}");
                2
            }
        });
    }
    ExitCode::from(worst)
}

/// One page; the exit status that it asks for.
fn one(source: &Source, linter: &Linter, args: &Check) -> u8 {
    let Checked { problems, families, series } = match source.form {
        Known::Text(dialect) => linter.checked(&source.bytes, dialect),
        Known::Protobuf => match source.families(Rules::STRICT) {
            Ok(read) => {
                let series = read.iter().map(|family| family.samples.len()).sum();
                Checked { problems: linter.families(&read), families: read.len(), series }
            }
            Err(error) => {
                return print(format_args!("{}\n", source.explain(error))).max(1);
            }
        },
    };
    let paint = Paint::new();
    let lines: Vec<&[u8]> = source.bytes.split(|&byte| byte == b'\n').collect();
    for problem in &problems {
        let line = problem.line.checked_sub(1).and_then(|at| lines.get(at as usize)).copied();
        if print(format_args!("{}\n", paint.problem(&source.name, problem, line))) != 0 {
            return 2;
        }
    }
    let rules = args.page.rules(Rules::STRICT);
    if problems.iter().any(|problem| problem.rule == Rule::Syntax)
        && let Some(hint) = source.hint(rules, &args.page)
    {
        eprintln!("picometer: {}: {hint}", source.name);
    }
    warn_of_failures(source);
    let found = match problems.len() {
        0 => "no problems".to_string(),
        1 => "1 problem".to_string(),
        count => format!("{count} problems"),
    };
    let plural = if families == 1 { "family" } else { "families" };
    let status = print(format_args!("{}: {families} {plural}, {series} series: {found}\n", source.name));
    status.max(u8::from(!problems.is_empty()))
}

/// What pages of this project say of themselves, and what it means above 0.
const FAILURES: [(&str, &str, &str); 3] = [
    ("picometer_collector_failures_total", "collector", "failed, so that series may be missing: `Registry::failures` says why"),
    ("picometer_slow_collector_errors_total", "collector", "was late, failed or panicked, so that series may be missing or old"),
    ("picometer_recorder_refused_total", "metric", "is not shown, or under another name: `refusals` of the recorder says why"),
];

/// Says on standard error what the program behind a page counted of its own failures. The page has no problem all the same.
fn warn_of_failures(source: &Source) {
    let has = |name: &str| source.bytes.windows(name.len()).any(|bytes| bytes == name.as_bytes());
    let named: Vec<_> = FAILURES.iter().filter(|(name, ..)| has(name)).collect();
    if named.is_empty() {
        return;
    }
    for sample in source.families(Rules::LENIENT).unwrap_or_default().iter().flat_map(|family| &family.samples) {
        let Some((name, label, meaning)) = named.iter().find(|(name, ..)| *name == &*sample.name) else { continue };
        let count = sample.value.as_f64();
        if count > 0.0 {
            let of = sample.labels.get(label).unwrap_or_default();
            eprintln!("picometer: {}: warning: {label} `{of}` {meaning} ({name} is {count})", source.name);
        }
    }
}

/// Colours, where they can be seen.
struct Paint {
    on: bool,
}

impl Paint {
    fn new() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { on: wanted && std::io::stdout().is_terminal() }
    }

    fn problem(&self, page: &str, problem: &Problem, line: Option<&[u8]>) -> String {
        let Problem { rule, family, line: number, column, text, .. } = problem;
        let place = match (number, column) {
            (0, _) => page.to_string(),
            (number, 0) => format!("{page}:{number}"),
            (number, column) => format!("{page}:{number}:{column}"),
        };
        let family = if family.is_empty() { String::new() } else { format!("{family}: ") };
        let colour = if *rule == Rule::Syntax { "31" } else { "33" };
        let mut shown = format!("{}: {family}{text} {}", self.with("1", &place), self.with(colour, &format!("[{}]", rule.name())));
        if let (Some(line), true) = (line, *column > 0) {
            shown += &excerpt(line, *column as usize);
        }
        shown
    }

    fn with(&self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// The line with a caret under the place, or the part of it around the place.
fn excerpt(line: &[u8], column: usize) -> String {
    const AROUND: usize = 100;
    let text = String::from_utf8_lossy(line);
    let start = column.saturating_sub(AROUND);
    let shown: String = text.chars().skip(start).take(2 * AROUND).map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\n  {shown}\n  {:1$}^", "", column - 1 - start.min(column - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        assert_eq!(excerpt("é{b=c} 1".as_bytes(), 5), "\n  é{b=c} 1\n      ^");
        let long = "x".repeat(500);
        assert_eq!(excerpt(long.as_bytes(), 300).lines().nth(2).unwrap().len(), 2 + 99 + 1);
    }
}
