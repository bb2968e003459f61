//! `picometer convert`

use std::io::{self, Write};
use std::process::ExitCode;

use picometer_parse::convert::{Converter, Target};
use picometer_parse::parse::{Dialect, Rules};

use crate::args::{Convert, To};
use crate::source::{Known, Reader};

pub(crate) fn run(args: &Convert) -> ExitCode {
    let source = match Reader::new(&args.page, &args.http).and_then(|reader| reader.read(&args.input)) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("picometer: {error}");
            return ExitCode::from(2);
        }
    };
    let rules = args.page.rules(Rules::READ);
    let (families, errors) = source.read(rules, args.keep_going);
    source.report(&errors, rules, &args.page, args.keep_going);
    if !errors.is_empty() && !args.keep_going {
        return ExitCode::from(1);
    }
    let target = match args.to {
        To::Text => Target::Text,
        To::Openmetrics => Target::OpenMetrics100,
        To::Openmetrics2 => Target::OpenMetrics200,
        To::Protobuf => Target::Protobuf,
    };
    let converter = Converter::new(target).escaping(args.escaping.into());
    let same = match source.form {
        Known::Text(Dialect::OpenMetrics100) => target == Target::OpenMetrics100,
        Known::Text(Dialect::OpenMetrics200) => target == Target::OpenMetrics200,
        Known::Text(_) => target == Target::Text,
        Known::Protobuf => target == Target::Protobuf,
    };
    let converted = if same { converter.same_format() } else { converter }.convert(families);
    for line in converted.losses.to_string().lines() {
        eprintln!("picometer: {}: {line}", source.name);
    }
    if args.page.strict && !converted.losses.is_empty() {
        eprintln!("picometer: {}: nothing was written, because of --strict", source.name);
        return ExitCode::from(1);
    }
    match io::stdout().lock().write_all(&converted.page) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("picometer: standard output: {error}");
            ExitCode::from(2)
        }
        _ => ExitCode::from(u8::from(!errors.is_empty())),
    }
}
