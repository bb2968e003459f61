//! The metrics of `listed`, declared anywhere, so that the linker makes the list. What both take is compared.
#![no_std]
#![no_main]

use core::hint::black_box;

use picometer::{Counter, Declared, Exposition, Format, Gauge, metrics};
use picometer_bare_metal as _;

metrics! {
    /// Times the device started.
    static BOOTS: Counter<u32> = "boots_total";
    /// Frames received.
    static RECEIVED: Counter<u32> = "received_total";
    /// Frames sent.
    static SENT: Counter<u32> = "sent_total";
    /// Level of the input.
    static LEVEL: Gauge<i32> = "level_millivolts";
}

/// Where the program starts.
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    let mut buffer = [0; 256];
    loop {
        BOOTS.inc();
        LEVEL.set(black_box(-3));
        let mut page = Exposition::new(&Declared, Format::Text004);
        while !page.is_done() {
            black_box(page.fill(black_box(&mut buffer)).is_ok());
        }
    }
}
