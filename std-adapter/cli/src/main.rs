//! The command `picometer`: reads, checks, converts and watches pages of metrics.
#![deny(unsafe_code)]

mod args;
mod check;
mod convert;
mod print;
mod source;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let Args { command } = Args::parse();
    match command {
        Command::Parse(args) => print::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Watch(args) => watch::run(args),
    }
}
