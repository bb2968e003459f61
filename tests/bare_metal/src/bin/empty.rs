//! Nothing: what the others are compared with.
#![no_std]
#![no_main]

use picometer_bare_metal as _;

/// Where the program starts.
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    loop {
        core::hint::black_box(0);
    }
}
