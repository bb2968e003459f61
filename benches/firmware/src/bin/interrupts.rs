//! Updates the same cells from the program and from an interrupt that comes every thousand instructions, while pages are
//! written: at the end the totals on a page must be exact. Prints what it saw; ends with exit code 1 if an update got lost.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{entry, exception};
use cortex_m_semihosting::hprintln;
use picometer::{
    BoundedFamily, Counter, Desc, Exposition, Family, Format, Gauge, Histogram, Metric, Number, Registry, Summary, buckets, labels,
};
use picometer_firmware_benches::end;

labels! { enum Context as "context" { Program = "program", Interrupt = "interrupt" } }
buckets! { Seconds: u32 / 1_000_000 = [100, 250, 500]; }

static SHARED: Metric<Counter<u32>> = Metric::new(&Desc::counter("shared_total", "Both."));
static WIDE: Metric<Counter<u64>> = Metric::new(&Desc::counter("wide_total", "Both, in 64 bits, with a carry in each second."));
static LEVEL: Metric<Gauge<i32>> = Metric::new(&Desc::gauge("level", "Up by the program, down by the interrupt."));
static HALVES: Metric<Counter<f32>> = Metric::new(&Desc::counter("halves_total", "Both, in floats that are exact."));
static EACH: Family<Counter<u32>, Context, 2> = Family::new(&Desc::counter("each_total", "Each its own."));
static SECONDS: Metric<Histogram<Seconds, 3>> = Metric::new(&Desc::histogram("seconds", "Both."));
static SIZES: Metric<Summary<u32>> = Metric::new(&Desc::summary("sizes", "Both."));
static PEERS: BoundedFamily<Counter<u32>, 1, 2, 8> = BoundedFamily::new(&Desc::counter("peers_total", "Both."), &["peer"]);
static METRICS: Registry<'static> = Registry::new(&[&SHARED, &WIDE, &LEVEL, &HALVES, &EACH, &SECONDS, &SIZES, &PEERS]);

/// How often the interrupt came; nothing else writes it.
static TICKS: AtomicU32 = AtomicU32::new(0);
/// What both increment as one would without atomics: what it loses shows that the interrupt comes in the middle of things.
static NAIVE: AtomicU32 = AtomicU32::new(0);

const ROUNDS: u32 = 40_000;
/// The program writes a page every so often.
const PAGE_EVERY: u32 = 100;

fn update(context: Context, number: u32) {
    NAIVE.store(black_box(NAIVE.load(Relaxed)).wrapping_add(1), Relaxed);
    SHARED.inc();
    WIDE.inc_by(1 << 31);
    HALVES.inc_by(0.5);
    EACH.with(context).inc();
    SECONDS.observe(number % 600);
    SIZES.observe(3);
    PEERS.with([if number % 3 == 0 { "a" } else { "b" }]).inc();
}

#[exception]
fn SysTick() {
    let ticks = TICKS.load(Relaxed);
    TICKS.store(ticks.wrapping_add(1), Relaxed);
    LEVEL.dec();
    update(Context::Interrupt, ticks);
}

/// Writes a page in pieces; returns its length, and what follows each of `names` up to the end of the line.
fn page<'b, const N: usize>(buffer: &'b mut [u8], names: [&str; N]) -> [&'b str; N] {
    let mut page = Exposition::new(&METRICS, Format::Text004);
    let mut length = 0;
    while !page.is_done() {
        let end = buffer.len().min(length + 100);
        match buffer.get_mut(length..end).map(|room| page.fill(room)) {
            Some(Ok(filled)) => length += filled,
            _ => end_with("the page does not fit"),
        }
    }
    let text = buffer.get(..length).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default();
    names.map(|name| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("missing"))
}

fn end_with(complaint: &str) -> ! {
    hprintln!("{}", complaint);
    end(false)
}

#[entry]
fn main() -> ! {
    let Some(mut core) = cortex_m::Peripherals::take() else { end_with("no peripherals") };
    core.SYST.set_clock_source(SystClkSource::Core);
    // A tick is 40 instructions. A prime, so that the interrupt wanders through the loop.
    core.SYST.set_reload(31 - 1);
    core.SYST.clear_current();
    core.SYST.enable_counter();
    core.SYST.enable_interrupt();

    let mut buffer = [0; 4096];
    let mut before = 0_u32;
    for round in 0..ROUNDS {
        LEVEL.inc();
        update(Context::Program, round);
        if round % PAGE_EVERY == 0 {
            let [shared] = page(&mut buffer, ["shared_total "]);
            let shared = shared.parse().unwrap_or(0);
            if shared <= before {
                end_with("a counter went backwards, or is missing");
            }
            before = shared;
        }
    }
    core.SYST.disable_interrupt();

    let ticks = TICKS.load(Relaxed);
    let total = ROUNDS + ticks;
    let lost = total - NAIVE.load(Relaxed);
    hprintln!("{} updates by the program, {} by the interrupt, {} lost by a load and a store", ROUNDS, ticks, lost);
    let expected = [
        ("shared_total ", Number::from(total)),
        ("wide_total ", Number::from(u64::from(total) << 31)),
        ("level ", Number::from(i64::from(ROUNDS) - i64::from(ticks))),
        ("halves_total ", Number::from(total as f32 / 2.0)),
        ("each_total{context=\"program\"} ", Number::from(ROUNDS)),
        ("each_total{context=\"interrupt\"} ", Number::from(ticks)),
        ("seconds_bucket{le=\"+Inf\"} ", Number::from(total)),
        ("seconds_count ", Number::from(total)),
        ("sizes_sum ", Number::from(3 * total)),
        ("sizes_count ", Number::from(total)),
    ];
    let found = page(&mut buffer, expected.each_ref().map(|(name, _)| *name));
    let mut exact = true;
    for ((name, expected), found) in expected.iter().zip(found) {
        if expected.text().as_str() != found {
            hprintln!("{}is {}, and should be {}", name, found, expected.text().as_str());
            exact = false;
        }
    }
    // An update that met a slot under claim counted in the overflow series: the sum is exact.
    let peers = ["a", "b"].map(|peer| PEERS.with([peer]).get());
    let [overflow] = page(&mut buffer, ["peers_total{overflow=\"true\"} "]);
    if peers.iter().sum::<u32>() + overflow.parse().unwrap_or(0) != total {
        hprintln!("peers_total is {:?} and {}, and should be {} in all", peers, overflow, total);
        exact = false;
    }
    if lost == 0 {
        hprintln!("the interrupt never came between a load and a store: nothing was proved");
    }
    end(exact && lost > 0)
}
