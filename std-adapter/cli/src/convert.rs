//! `picometer convert`

use std::io::{self, Write};
use std::process::ExitCode;

use picometer::{Exposition, Format};
use picometer_parse::parse::{Page, Rules};

use crate::args::{Convert, To};
use crate::source::Reader;

pub(crate) fn run(args: &Convert) -> ExitCode {
    let source = match Reader::new(&args.page, &args.http).and_then(|reader| reader.read(&args.input)) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("picometer: {error}");
            return ExitCode::from(2);
        }
    };
    let families = match source.families(args.page.rules(Rules::READ)) {
        Ok(families) => families,
        Err(error) => {
            eprintln!("{}", source.explain(error));
            return ExitCode::from(1);
        }
    };
    let (format, page_of): (_, fn(_) -> _) = match args.to {
        To::Text => (Format::Text004, Page::new),
        To::Protobuf => (Format::Protobuf, Page::new),
        To::Openmetrics => (Format::OpenMetrics100, Page::for_open_metrics),
        To::Openmetrics2 => (Format::OpenMetrics200, Page::new),
    };
    let mut page = Vec::new();
    let source = page_of(families);
    let exposition = Exposition::new(&source, format).escaping(args.escaping.into());
    exposition.drain(&mut [0; 16 * 1024], &mut |bytes| page.extend_from_slice(bytes));
    match io::stdout().lock().write_all(&page) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("picometer: standard output: {error}");
            ExitCode::from(2)
        }
        _ => ExitCode::SUCCESS,
    }
}
