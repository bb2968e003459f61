//! The program, for either target: on a PC it reads its arguments and starts [`picometer_firmware::host`], on a
//! Cortex-M3 it starts the chip and the board.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod cortex_m3;

#[cfg(not(target_os = "none"))]
mod cli;

#[cfg(not(target_os = "none"))]
fn main() -> std::process::ExitCode {
    cli::main()
}
