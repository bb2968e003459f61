//! The boards: start-up, clock, interrupts and sleep of a Cortex-M3, and one driver a network chip.
//!
//! [`memory`] knows the RAM; [`chip`] is `lan9118.rs` or `stellaris.rs` and knows the registers. The rest of the program
//! is portable.
// Registers and the interrupt table can be had in no other way; each use says why it is sound.
#![allow(unsafe_code)]

#[cfg_attr(feature = "lm3s", path = "cortex_m3/stellaris.rs")]
#[cfg_attr(not(feature = "lm3s"), path = "cortex_m3/lan9118.rs")]
mod chip;
mod device;
mod memory;
mod routines;

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{NVIC, SYST};
use cortex_m_rt::{entry, exception};
#[cfg(feature = "defmt")]
use defmt_semihosting as _;
use picometer_firmware::app::{App, Buffers, Identity, Storage, storage};
use picometer_firmware::board::{self, Board};
use picometer_firmware::door::CONNECTIONS;
use picometer_firmware::metrics::{self, Interrupt};
use picometer_firmware::{info, page, warning};

/// Clock cycles in a millisecond.
const CYCLES_PER_MS: u32 = chip::CLOCK_HZ / 1000;

/// Milliseconds since the start, and how often that number went round.
static MILLIS: AtomicU32 = AtomicU32::new(0);
static ROUNDS: AtomicU32 = AtomicU32::new(0);

type Pages = [MaybeUninit<page::Page>; CONNECTIONS];
type Application = App<'static, &'static mut chip::Chip, page::Page>;

#[entry]
fn main() -> ! {
    // cortex-m-rt hands these out as `&'static mut`, once.
    static mut CHIP: chip::Chip = chip::Chip::new();
    static mut BUFFERS: Buffers = Buffers::new();

    if let Some(app) = start(CHIP, BUFFERS) {
        board::run(&mut CortexM3, app);
    }
    loop {
        cortex_m::asm::wfi();
    }
}

/// Sets everything up. A function of its own, so that what it needs of the stack is free again when the program runs.
#[inline(never)]
fn start(chip: &'static mut chip::Chip, buffers: &'static mut Buffers) -> Option<&'static mut Application> {
    let boot = memory::boot();
    metrics::BOOTS.inc_by(boot.count);
    metrics::RESET_REASON.set(boot.reason);
    metrics::STATIC_RAM.set(memory::static_bytes());
    metrics::STACK_SIZE.set(memory::stack_bytes());
    info!("boot {=u32} of picometer-firmware {=str} on {=str}", boot.count, metrics::VERSION, metrics::BOARD);

    let mut core = cortex_m::Peripherals::take()?;
    core.SYST.set_clock_source(SystClkSource::Core);
    core.SYST.set_reload(CYCLES_PER_MS - 1);
    core.SYST.clear_current();
    core.SYST.enable_counter();
    core.SYST.enable_interrupt();

    if !chip.start() {
        warning!("no network chip");
        return None;
    }
    // SAFETY: enabling an interrupt can break a critical section made by masking it; there is none.
    unsafe { NVIC::unmask(Irq) };

    // There is no source of randomness on these boards; a product seeds from its own.
    let identity = Identity { mac: chip::MAC, seed: u64::from(boot.count) << 32 | u64::from(SYST::get_current()) };
    application(chip, identity, sockets()?, buffers, pages()?)
}

// What is not all zeroes is made when the program runs: a static would keep its first value in flash. Each by a function
// of its own, because it is made on the stack first.

#[inline(never)]
fn sockets() -> Option<&'static mut Storage<'static>> {
    cortex_m::singleton!(STORAGE: Storage<'static> = storage())
}

/// One after the other: all of them would take 2.5 KiB of the stack.
#[inline(never)]
fn pages() -> Option<[&'static mut page::Page; CONNECTIONS]> {
    let places = cortex_m::singleton!(PAGES: Pages = [const { MaybeUninit::uninit() }; CONNECTIONS])?;
    Some(places.each_mut().map(|place| place.write(page::page())))
}

#[inline(never)]
fn application(
    chip: &'static mut chip::Chip,
    identity: Identity,
    storage: &'static mut Storage<'static>,
    buffers: &'static mut Buffers,
    pages: [&'static mut page::Page; CONNECTIONS],
) -> Option<&'static mut Application> {
    cortex_m::singleton!(APP: Application = App::new(chip, identity, storage, buffers, pages))
}

struct CortexM3;

impl Board for CortexM3 {
    fn micros(&self) -> u64 {
        // The tick may come between the two readings: then read again.
        loop {
            let before = millis();
            // Counts down, and the tick comes at 0 and not at the reload that follows.
            let elapsed = (CYCLES_PER_MS - SYST::get_current()) % CYCLES_PER_MS;
            if millis() == before {
                return before * 1000 + u64::from(elapsed * 1000 / CYCLES_PER_MS);
            }
        }
    }

    fn idle(&mut self, until_ms: u64) -> bool {
        // A frame may arrive between the last look at the chip and `wfi`, in an emulator even while we send. With
        // interrupts masked it stays pending, and a pending interrupt ends `wfi` although its handler must wait.
        loop {
            let slept = cortex_m::interrupt::free(|_| {
                if chip::arm() || millis() >= until_ms {
                    return false;
                }
                cortex_m::asm::wfi();
                true
            });
            if !slept {
                return true;
            }
        }
    }

    fn stack_used(&self) -> Option<u32> {
        Some(memory::stack_used())
    }
}

fn millis() -> u64 {
    loop {
        let rounds = ROUNDS.load(Relaxed);
        let millis = MILLIS.load(Relaxed);
        if ROUNDS.load(Relaxed) == rounds {
            return u64::from(rounds) << 32 | u64::from(millis);
        }
    }
}

// A fault is a stack that overflowed, or a panic: starts again, which `device_boots_total` counts, by SYSRESETREQ of AIRCR (Armv7-M B3.2.6).
// In assembly, because nothing can be put on a stack that has overflowed.
core::arch::global_asm!(
    ".section .text.HardFault, \"ax\"",
    ".global HardFault",
    ".type HardFault, %function",
    ".thumb_func",
    "HardFault:",
    "movw r0, #0xed0c",
    "movt r0, #0xe000",
    "movw r1, #0x0004",
    "movt r1, #0x05fa",
    "str r1, [r0]",
    "dsb",
    "b .",
);

#[exception]
fn SysTick() {
    metrics::INTERRUPTS.with(Interrupt::Timer).inc();
    // Not a read-modify-write: nothing else writes here.
    if MILLIS.load(Relaxed) == u32::MAX {
        ROUNDS.store(ROUNDS.load(Relaxed).wrapping_add(1), Relaxed);
    }
    MILLIS.store(MILLIS.load(Relaxed).wrapping_add(1), Relaxed);
}

#[cfg(feature = "defmt")]
defmt::timestamp!("{=u64:ms}", millis());

extern "C" fn ethernet() {
    metrics::INTERRUPTS.with(Interrupt::Ethernet).inc();
    chip::disarm();
}

/// The chip's interrupt.
#[derive(Clone, Copy)]
struct Irq;

// SAFETY: the number is the chip's on this board, and smaller than the length of the table.
unsafe impl cortex_m::interrupt::InterruptNumber for Irq {
    fn number(self) -> u16 {
        chip::IRQ as u16
    }
}

unsafe extern "C" {
    /// From cortex-m-rt: an endless loop.
    fn DefaultHandler();
}

/// The interrupts of this board. cortex-m-rt would make a table of 240, which is 900 bytes more.
// SAFETY: the linker script puts this section and nothing else behind the exceptions, where the core looks for it.
#[unsafe(link_section = ".vector_table.interrupts")]
// SAFETY: no other symbol has this name; cortex-m-rt asks for it.
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); chip::IRQ + 1] = {
    let mut table: [unsafe extern "C" fn(); chip::IRQ + 1] = [DefaultHandler; chip::IRQ + 1];
    table[chip::IRQ] = ethernet;
    table
};

/// Says nothing: printing the message would add 8 KiB. With `defmt` it names the place, which keeps 4 KiB of file names.
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(feature = "defmt")]
    if let Some(place) = _info.location() {
        defmt::error!("panic at {=str}:{=u32}", place.file(), place.line());
    }
    loop {
        // Ends in HardFault. A debugger that catches the fault finds the stack as it was.
        cortex_m::asm::udf();
    }
}
