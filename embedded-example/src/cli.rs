//! The program on a PC: arguments in, an address out, and an end by signal.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use lexopt::prelude::*;
use picometer_firmware::host::Host;

const USAGE: &str = "\
Runs the firmware on this machine and serves its metrics on 127.0.0.1. Ctrl-C ends it.

Usage: picometer-firmware [--port PORT] [--loss PERCENT]

  --port PORT      where to serve (default 9100); 0 takes a free port
  --loss PERCENT   lose this share of the frames in each direction (default 0)
  --help           print this text
";

/// What was asked for.
#[derive(Debug, PartialEq)]
enum Request {
    Help,
    Run { port: u16, loss_percent: u8 },
}

/// Exit codes: 0 after a signal, 1 if it cannot run, 2 if the arguments are wrong.
pub(crate) fn main() -> ExitCode {
    match parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print(USAGE);
            ExitCode::SUCCESS
        }
        Ok(Request::Run { port, loss_percent }) => run(port, loss_percent),
        Err(error) => {
            complain(&format!("{error}; see --help"));
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, lexopt::Error> {
    let (mut port, mut loss_percent) = (9100, 0);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => port = parser.value()?.parse()?,
            Long("loss") => loss_percent = parser.value()?.parse_with(percent)?,
            Short('h') | Long("help") => return Ok(Request::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Request::Run { port, loss_percent })
}

fn percent(text: &str) -> Result<u8, String> {
    text.parse().ok().filter(|percent| *percent <= 100).ok_or_else(|| "not a percentage from 0 to 100".into())
}

fn run(port: u16, loss_percent: u8) -> ExitCode {
    let host = match Host::start(port, loss_percent) {
        Ok(host) => host,
        Err(error) => {
            complain(&format!("cannot serve on port {port} of 127.0.0.1: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let stopper = host.stopper();
    if let Err(error) = ctrlc::set_handler(move || stopper.stop()) {
        complain(&format!("cannot handle signals: {error}"));
        return ExitCode::FAILURE;
    }
    print(&format!("http://{}/metrics\n", host.addr()));
    match host.join() {
        Ok(()) => ExitCode::SUCCESS,
        // The thread has said why.
        Err(_) => ExitCode::FAILURE,
    }
}

/// To standard output; a missing reader is no reason to stop.
fn print(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "picometer-firmware: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Request, String> {
        parse(arguments.iter().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn arguments() {
        assert_eq!(parsed(&[]), Ok(Request::Run { port: 9100, loss_percent: 0 }));
        assert_eq!(parsed(&["--port", "0", "--loss=5"]), Ok(Request::Run { port: 0, loss_percent: 5 }));
        assert!(parsed(&["--port", "x", "--help"]).is_err());
        assert_eq!(parsed(&["--help", "--port"]), Ok(Request::Help));
        for wrong in [&["--port"][..], &["--port", "65536"], &["--loss", "101"], &["--loss", "-1"], &["--fast"], &["9100"]] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
