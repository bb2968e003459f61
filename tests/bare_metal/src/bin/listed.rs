//! The metrics of `declared` in a list by hand.
#![no_std]
#![no_main]

use core::hint::black_box;

use picometer::{Counter, Desc, Exposition, Format, Gauge, Metric, Registry};
use picometer_bare_metal as _;

static BOOTS: Metric<Counter<u32>> = Metric::new(&Desc::counter("boots_total", "Times the device started."));
static RECEIVED: Metric<Counter<u32>> = Metric::new(&Desc::counter("received_total", "Frames received."));
static SENT: Metric<Counter<u32>> = Metric::new(&Desc::counter("sent_total", "Frames sent."));
static LEVEL: Metric<Gauge<i32>> = Metric::new(&Desc::gauge("level_millivolts", "Level of the input."));
static METRICS: Registry = Registry::new(&[&BOOTS, &RECEIVED, &SENT, &LEVEL]);

/// Where the program starts.
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    let mut buffer = [0; 256];
    loop {
        BOOTS.inc();
        LEVEL.set(black_box(-3));
        let mut page = Exposition::new(&METRICS, Format::Text004);
        while !page.is_done() {
            black_box(page.fill(black_box(&mut buffer)).is_ok());
        }
    }
}
