//! `picometer parse`

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use picometer_parse::model::{Family, Json, Number, Sample, Time};
use picometer_parse::parse::{Error, Rules};

use crate::args::Parse;
use crate::source::Reader;

pub(crate) fn run(args: &Parse) -> ExitCode {
    let reader = match Reader::new(&args.page, &args.http) {
        Ok(reader) => reader,
        Err(error) => return unread(args.json, &error.to_string()),
    };
    let mut worst = 0;
    for input in &args.inputs {
        worst = worst.max(one(args, &reader, input));
    }
    ExitCode::from(worst)
}

/// One input; the exit status that it asks for.
fn one(args: &Parse, reader: &Reader, input: &str) -> u8 {
    let source = match reader.read(input) {
        Ok(source) => source,
        Err(error) => {
            unread(args.json, &error.to_string());
            return 2;
        }
    };
    let rules = args.page.rules(Rules::READ);
    let (families, errors) = source.read(rules, args.keep_going);
    source.report(&errors, rules, &args.page, args.keep_going);
    let status = u8::from(!errors.is_empty());
    let printed = match errors.first() {
        _ if !args.json => families.iter().map(|family| print(format_args!("{}", table(family)))).max().unwrap_or(0),
        None => print(format_args!("{{\"ok\":true,\"families\":{}}}\n", Json::new(&families))),
        Some(error) if !args.keep_going => print(format_args!("{{\"ok\":false,{}}}\n", place(error))),
        Some(_) => {
            let errors: Vec<String> = errors.iter().map(|error| format!("{{{}}}", place(error))).collect();
            let families = Json::new(&families);
            print(format_args!("{{\"ok\":false,\"errors\":[{}],\"families\":{families}}}\n", errors.join(",")))
        }
    };
    status.max(printed)
}

/// An error as the fields of an object.
fn place(error: &Error) -> String {
    let text = Text(&error.kind.to_string()).to_string();
    match error.line {
        0 => format!("\"error\":{text},\"line\":null,\"column\":null,\"offset\":{}", error.offset),
        line => format!("\"error\":{text},\"line\":{line},\"column\":{}", error.column),
    }
}

fn unread(json: bool, error: &str) -> ExitCode {
    eprintln!("picometer: {error}");
    if json {
        print(format_args!("{{\"ok\":false,\"error\":{},\"line\":null,\"column\":null}}\n", Text(error)));
    }
    ExitCode::from(2)
}

/// Writes to standard output; a reader that went away is no failure.
pub(crate) fn print(text: std::fmt::Arguments<'_>) -> u8 {
    match io::stdout().lock().write_fmt(text) {
        Ok(()) => 0,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            eprintln!("picometer: standard output: {error}");
            2
        }
    }
}

/// A string of JSON.
struct Text<'a>(&'a str);

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\0'..='\x1f' => write!(f, "\\u{:04x}", u32::from(c))?,
                _ => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

fn table(family: &Family) -> String {
    let mut text = format!("{} ({}", family.name, format!("{:?}", family.kind).to_lowercase());
    if !family.unit.is_empty() {
        text += &format!(", {}", family.unit);
    }
    text += &format!(", {} samples)", family.samples.len());
    if !family.help.is_empty() {
        text += &format!(": {}", family.help.replace('\n', " "));
    }
    text.push('\n');
    for sample in &family.samples {
        text += &line(sample);
    }
    text
}

fn line(sample: &Sample) -> String {
    let mut text = format!("  {}", series(sample));
    match &sample.native_histogram {
        Some(native) => text += &format!(" native histogram of {} observations, sum {}", shown(native.count), native.sum),
        None => text += &format!(" {}", shown(sample.value)),
    }
    if let Some(time) = sample.timestamp.map(Time::seconds) {
        text += &format!(" at {time}");
    }
    if let Some(exemplar) = &sample.exemplar {
        let labels: Vec<_> = exemplar.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        text += &format!(" # {{{}}} {}", labels.join(","), shown(exemplar.value));
    }
    text.push('\n');
    text
}

/// Name and labels as a page has them.
pub(crate) fn series(sample: &Sample) -> String {
    let labels: Vec<_> = sample.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    if labels.is_empty() { sample.name.to_string() } else { format!("{}{{{}}}", sample.name, labels.join(",")) }
}

fn shown(number: Number) -> String {
    match number {
        Number::Integer(value) => value.to_string(),
        Number::Float(value) => picometer::Number::from(value).to_string(),
    }
}
