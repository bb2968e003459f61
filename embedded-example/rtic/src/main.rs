//! Counts in interrupts of three priorities without a lock, and writes pages of OpenMetrics over a UART while they go on.
//!
//! Each byte received is a command: `m` asks for a page, `s` stops the timers.
#![no_std]
#![no_main]
#![deny(unsafe_code)]

mod pac;

use cortex_m_rt as _;

#[rtic::app(device = crate::pac)]
mod app {
    use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use picometer::{Counter, Desc, Exposition, Family, Format, Gauge, Histogram, Metric, Registry, buckets, labels};

    use crate::pac;

    labels! {
        /// What interrupted the program.
        pub enum Source as "source" {
            /// The timer of the highest priority.
            Fast = "fast",
            /// The timer that the fast one interrupts.
            Slow = "slow",
            /// A byte was received.
            Uart = "uart",
        }
    }
    buckets! {
        /// Cycles of the board's clock.
        pub Cycles: u32 / 25_000_000 = [25, 50, 100, 250, 1_000, 2_500];
    }

    static INTERRUPTS: Family<Counter<u32>, Source, 3> = Family::new(&Desc::counter("interrupts_total", "Interrupts."));
    static TICKS: Metric<Counter<u32>> = Metric::new(&Desc::counter("ticks_total", "Interrupts of both timers together."));
    static LATENCY: Metric<Histogram<Cycles, 6>> =
        Metric::new(&Desc::histogram("interrupt_latency_seconds", "From the event to its handler.").unit("seconds"));
    static PREEMPTIONS: Metric<Counter<u32>> =
        Metric::new(&Desc::counter("preemptions_total", "Fast interrupts inside the handler of a slow one."));
    static FAST: Metric<Gauge<u32>> =
        Metric::new(&Desc::gauge("fast_interrupts", "Fast interrupts, counted in a variable of the handler."));
    static SLOW: Metric<Gauge<u32>> =
        Metric::new(&Desc::gauge("slow_interrupts", "Slow interrupts, counted in a variable of the handler."));
    static PAGES: Metric<Counter<u32>> = Metric::new(&Desc::counter("pages_total", "Pages that were begun."));
    static METRICS: Registry<'_> = Registry::new(&[&INTERRUPTS, &TICKS, &LATENCY, &PREEMPTIONS, &FAST, &SLOW, &PAGES]);

    /// Pages that were asked for and are not begun.
    static WANTED: AtomicU32 = AtomicU32::new(0);

    /// Periods in cycles, without a common divisor: the interrupts meet in every phase.
    const FAST_CYCLES: u32 = 2_501;
    const SLOW_CYCLES: u32 = 3_209;

    #[shared]
    struct Shared {}

    #[local]
    struct Local {
        fast: u32,
        slow: u32,
    }

    #[init]
    fn init(_: init::Context) -> (Shared, Local) {
        pac::start_uart();
        pac::TIMER_0.start(FAST_CYCLES);
        pac::TIMER_1.start(SLOW_CYCLES);
        (Shared {}, Local { fast: 0, slow: 0 })
    }

    /// The highest priority. An update is an atomic addition: it needs no resource, no lock and no ceiling.
    #[task(binds = TIMER0, priority = 7, local = [fast])]
    fn fast(context: fast::Context) {
        LATENCY.observe(FAST_CYCLES.saturating_sub(pac::TIMER_0.left()));
        pac::TIMER_0.acknowledge();
        INTERRUPTS.with(Source::Fast).inc();
        TICKS.inc();
        if pac::is_active(pac::Interrupt::TIMER1) {
            PREEMPTIONS.inc();
        }
        *context.local.fast += 1;
        FAST.set(*context.local.fast);
    }

    /// A lower one, which `fast` interrupts between any two instructions of its updates.
    #[task(binds = TIMER1, priority = 3, local = [slow])]
    fn slow(context: slow::Context) {
        LATENCY.observe(SLOW_CYCLES.saturating_sub(pac::TIMER_1.left()));
        pac::TIMER_1.acknowledge();
        INTERRUPTS.with(Source::Slow).inc();
        TICKS.inc();
        *context.local.slow += 1;
        SLOW.set(*context.local.slow);
    }

    #[task(binds = UART0_RX, priority = 2)]
    fn uart(_: uart::Context) {
        INTERRUPTS.with(Source::Uart).inc();
        match pac::receive() {
            b'm' => drop(WANTED.fetch_add(1, Relaxed)),
            b's' => {
                pac::TIMER_0.stop();
                pac::TIMER_1.stop();
            }
            _ => {}
        }
    }

    /// Pages in pieces of 128 bytes. The interrupts go on counting.
    #[idle]
    fn idle(_: idle::Context) -> ! {
        loop {
            // Masked: a byte that comes between the question and the sleep ends the sleep.
            cortex_m::interrupt::free(|_| {
                if WANTED.load(Relaxed) == 0 {
                    cortex_m::asm::wfi();
                }
            });
            if WANTED.load(Relaxed) == 0 {
                continue;
            }
            WANTED.fetch_sub(1, Relaxed);
            PAGES.inc();
            let mut page = Exposition::<8>::with_latch(&METRICS, Format::OpenMetrics100);
            let mut piece = [0; 128];
            // An error ends the page without its last line, `# EOF`: no reader takes it for a whole one.
            while let Ok(len @ 1..) = page.fill(&mut piece) {
                piece.iter().take(len).for_each(|&byte| pac::send(byte));
            }
        }
    }
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        cortex_m::asm::udf();
    }
}
