//! embassy's clock on the two halves of the CMSDK dual timer: one counts the time, the other one is the alarm.
//!
//! SysTick would do on a chip; in QEMU it is not monotonic around its tick.
// Registers can be had in no other way; each use says why it is sound.
#![allow(unsafe_code)]

use core::cell::RefCell;
use core::task::Waker;

use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;
use picometer_firmware::metrics::{self, Interrupt};

/// The timer's interrupt on this board.
pub(crate) const IRQ: usize = 10;

const CYCLES_PER_MICRO: u32 = super::lan9118::CLOCK_HZ / 1_000_000;
/// An alarm comes at the latest after this, in microseconds: the counter of 32 bits goes round in 171 s, and must be seen before.
const LONGEST: u64 = 60_000_000;

const BASE: usize = 0x4000_2000;

/// Registers of the timer, as offsets.
#[derive(Clone, Copy)]
#[repr(usize)]
enum Register {
    /// Counts down, and around.
    Value = 0x04,
    Control = 0x08,
    /// What the alarm begins with; writing it starts it.
    AlarmLoad = 0x20,
    AlarmControl = 0x28,
    /// Takes the interrupt back.
    AlarmClear = 0x2c,
}

/// Enabled, with 32 bits.
const RUN: u32 = 1 << 7 | 1 << 1;
/// Interrupts once.
const ONCE: u32 = 1 << 5 | 1;

fn write(register: Register, value: u32) {
    // SAFETY: an aligned register of a timer that is on this board, which touches no memory.
    unsafe { ((BASE + register as usize) as *mut u32).write_volatile(value) };
}

fn cycles() -> u32 {
    // SAFETY: as in `write`.
    !unsafe { ((BASE + Register::Value as usize) as *const u32).read_volatile() }
}

struct DualTimer(Mutex<RefCell<Time>>);

struct Time {
    queue: Queue,
    micros: u64,
    /// The counter when the microseconds were those, less what does not fill another one.
    cycles: u32,
}

embassy_time_driver::time_driver_impl!(static TIMER: DualTimer = DualTimer(Mutex::new(RefCell::new(Time {
    queue: Queue::new(),
    micros: 0,
    cycles: 0,
}))));

impl Time {
    fn now(&mut self) -> u64 {
        let micros = cycles().wrapping_sub(self.cycles) / CYCLES_PER_MICRO;
        self.cycles = self.cycles.wrapping_add(micros * CYCLES_PER_MICRO);
        self.micros += u64::from(micros);
        self.micros
    }

    /// Wakes what is due, and sets the alarm to what is next.
    fn wake_and_arm(&mut self) {
        let now = self.now();
        let wait = self.queue.next_expiration(now).saturating_sub(now).clamp(1, LONGEST);
        write(Register::AlarmControl, 0);
        write(Register::AlarmClear, 1);
        write(Register::AlarmLoad, wait as u32 * CYCLES_PER_MICRO);
        write(Register::AlarmControl, RUN | ONCE);
    }
}

impl DualTimer {
    fn with<R>(&self, section: CriticalSection<'_>, use_it: impl FnOnce(&mut Time) -> R) -> R {
        use_it(&mut self.0.borrow(section).borrow_mut())
    }
}

impl Driver for DualTimer {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.with(section, Time::now))
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            self.with(section, |time| {
                if time.queue.schedule_wake(at, waker) {
                    time.wake_and_arm();
                }
            });
        });
    }
}

/// Starts the time.
pub(crate) fn start() {
    write(Register::Control, RUN);
    critical_section::with(|section| TIMER.with(section, Time::wake_and_arm));
}

/// The alarm's interrupt.
pub(crate) extern "C" fn alarm() {
    metrics::INTERRUPTS.with(Interrupt::Timer).inc();
    critical_section::with(|section| TIMER.with(section, Time::wake_and_arm));
}
