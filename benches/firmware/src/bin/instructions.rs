//! Instructions of updates, beside hand-written atomics, and of encoding, each as a line `name value`.
//!
//! Under `qemu-system-arm -icount shift=0` an instruction takes a nanosecond, and the clock of 25 MHz ticks every 40 of them.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::entry;
use cortex_m_semihosting::hprintln;
use picometer::{ClosedLabels, Counter, Desc, Exposition, Family, Format, Histogram, Metric, Registry, buckets, labels};
use picometer_firmware_benches::end;

labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack", Timeout = "timeout" } }
labels! { enum Row as "row" { R0 = "0", R1 = "1", R2 = "2", R3 = "3", R4 = "4", R5 = "5", R6 = "6", R7 = "7", R8 = "8", R9 = "9", R10 = "10", R11 = "11", R12 = "12", R13 = "13", R14 = "14", R15 = "15", R16 = "16", R17 = "17", R18 = "18", R19 = "19" } }
labels! { enum Column as "column" { C0 = "0", C1 = "1", C2 = "2", C3 = "3", C4 = "4", C5 = "5", C6 = "6", C7 = "7", C8 = "8", C9 = "9", C10 = "10", C11 = "11", C12 = "12", C13 = "13", C14 = "14", C15 = "15", C16 = "16", C17 = "17", C18 = "18", C19 = "19" } }
buckets! { Seconds: u32 / 1_000_000 = [100, 250, 500, 1_000, 2_500, 5_000]; }

static COUNTER: Metric<Counter<u32>> = Metric::new(&Desc::counter("a_total", ""));
static FAMILY: Family<Counter<u32>, Outcome, 3> = Family::new(&Desc::counter("b_total", ""));
static HISTOGRAM: Metric<Histogram<Seconds, 6>> = Metric::new(&Desc::histogram("c", ""));
/// Four hundred series, more than 15 KiB of a page.
static GRID: Family<Counter<u32>, (Row, Column), 400> = Family::new(&Desc::counter("grid_cells_total", "Cells of a grid."));
static METRICS: Registry<'static> = Registry::new(&[&GRID]);
static ATOMIC: AtomicU32 = AtomicU32::new(0);
static ATOMICS: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];
const BOUNDS: [u32; 6] = [100, 250, 500, 1_000, 2_500, 5_000];

// Functions of their own, so that a call costs the same for each.
#[inline(never)]
fn nothing(value: u32) {
    black_box(value);
}
#[inline(never)]
fn counter_inc(_: u32) {
    COUNTER.inc();
}
#[inline(never)]
fn atomic_inc(_: u32) {
    ATOMIC.fetch_add(1, Relaxed);
}
#[inline(never)]
fn family_inc(value: u32) {
    FAMILY.with(outcome(value)).inc();
}
#[inline(never)]
fn array_inc(value: u32) {
    if let Some(atomic) = ATOMICS.get(outcome(value) as usize) {
        atomic.fetch_add(1, Relaxed);
    }
}
#[inline(never)]
fn observe(value: u32) {
    HISTOGRAM.observe(value);
}
#[inline(never)]
fn buckets_by_hand(value: u32) {
    let index = BOUNDS.iter().position(|&bound| value <= bound).unwrap_or(BOUNDS.len());
    if let Some(atomic) = ATOMICS.get(index) {
        atomic.fetch_add(1, Relaxed);
    }
    ATOMIC.fetch_add(value, Relaxed);
}

fn outcome(value: u32) -> Outcome {
    match value % 4 {
        0 => Outcome::Ok,
        1 => Outcome::Nack,
        _ => Outcome::Timeout,
    }
}

/// Instructions of one thing. The clock counts down.
fn measured(what: impl FnOnce()) -> u32 {
    let start = SYST::get_current();
    what();
    (start.wrapping_sub(SYST::get_current()) & 0x00ff_ffff) * 40
}

/// Instructions of one call in tenths, without the loop around it and without the call of a function that does nothing.
fn of_call(function: fn(u32), value: u32) -> u32 {
    const CALLS: u32 = 10_000;
    let of_many = |function: fn(u32)| measured(|| (0..CALLS).for_each(|_| black_box(function)(black_box(value))));
    (of_many(function).saturating_sub(of_many(nothing)) + CALLS / 20) / (CALLS / 10)
}

fn encode(page: &mut Exposition<'_>, buffer: &mut [u8]) -> u32 {
    let mut bytes = 0;
    while !page.is_done() {
        match page.fill(buffer) {
            Ok(length) => bytes += length as u32,
            Err(_) => end(false),
        }
    }
    bytes
}

#[entry]
fn main() -> ! {
    let Some(mut core) = cortex_m::Peripherals::take() else { end(false) };
    core.SYST.set_clock_source(SystClkSource::Core);
    core.SYST.set_reload(0x00ff_ffff);
    core.SYST.clear_current();
    core.SYST.enable_counter();

    for (name, function, value) in [
        ("counter_inc", counter_inc as fn(u32), 0),
        ("atomic_inc", atomic_inc, 0),
        ("family_inc", family_inc, 1),
        ("array_inc", array_inc, 1),
        ("observe_first", observe, 50),
        ("observe_last", observe, 9_000),
        ("by_hand_first", buckets_by_hand, 50),
        ("by_hand_last", buckets_by_hand, 9_000),
    ] {
        let tenths = of_call(function, value);
        hprintln!("{} {}.{}", name, tenths / 10, tenths % 10);
    }
    let mut buffer = [0; 24_000];
    for (values, multiplier) in [("small", 1), ("large", 10_737_417)] {
        for number in 0..<(Row, Column)>::COUNT {
            if let Some(counter) = <(Row, Column)>::at(number).map(|series| GRID.with(series)) {
                counter.reset();
                counter.inc_by(number as u32 * multiplier);
            }
        }
        for (format, name) in [(Format::Text004, "text"), (Format::OpenMetrics100, "open_metrics")] {
            for size in [24_000, 1_460, 512, 256] {
                let Some(buffer) = buffer.get_mut(..size) else { end(false) };
                let mut bytes = 0;
                let spent = measured(|| bytes = encode(&mut Exposition::new(&METRICS, format), buffer));
                let hundredths = spent / (bytes / 100);
                hprintln!("encode_{}_{}_{} {}.{:02} {} bytes", name, values, size, hundredths / 100, hundredths % 100, bytes);
            }
        }
    }
    end(true)
}
