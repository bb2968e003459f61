//! What the RAM is used for: the statics, the stack and its high-water mark, and a few words that survive a reset.

use core::mem::MaybeUninit;
use core::ptr::{addr_of, addr_of_mut};

use cortex_m_rt::STACK_PAINT_VALUE;
use picometer_firmware::metrics::ResetReason;

unsafe extern "C" {
    // From cortex-m-rt's linker script; only their addresses mean something.
    static __sdata: u32;
    static __euninit: u32;
    static _stack_end: u32;
    static _stack_start: u32;
}

/// Where the statics begin.
fn statics() -> usize {
    addr_of!(__sdata) as usize
}

/// Where they end.
fn statics_end() -> usize {
    addr_of!(__euninit) as usize
}

/// Where the stack may grow down to: the start of RAM.
fn stack_end() -> usize {
    addr_of!(_stack_end) as usize
}

/// Where the stack begins: above that, and below the statics.
fn stack_start() -> usize {
    addr_of!(_stack_start) as usize
}

/// Bytes of RAM taken by statics.
pub(super) fn static_bytes() -> u32 {
    (statics_end() - statics()) as u32
}

/// Bytes of RAM that the stack may take.
pub(super) fn stack_bytes() -> u32 {
    (stack_start() - stack_end()) as u32
}

/// The most bytes of stack that were ever in use: cortex-m-rt has painted it, and what is no longer paint was used.
pub(super) fn stack_used() -> u32 {
    let mut word = stack_end();
    while word < stack_start() {
        // SAFETY: the address is aligned and within RAM that belongs to the stack; nothing else writes there while this
        // function runs, except for interrupts, which a volatile read allows for.
        if unsafe { (word as *const u32).read_volatile() } != STACK_PAINT_VALUE {
            break;
        }
        word += size_of::<u32>();
    }
    (stack_start() - word) as u32
}

/// What is known about this start.
pub(super) struct Boot {
    /// Starts since the power came on, with this one.
    pub(super) count: u32,
    /// Why it happened.
    pub(super) reason: ResetReason,
}

/// Says that the words beside it were written by this program; after power-on they are anything but this.
const MARK: u32 = 0x7069_636f;

/// Left as they are by the start-up code. The inverted copy makes a random match out of the question.
#[unsafe(link_section = ".uninit.KEPT")]
// SAFETY: the section is made for data that is not initialised, and the type does not ask for it.
static mut KEPT: MaybeUninit<[u32; 3]> = MaybeUninit::uninit();

/// Counts this start. To be called once.
pub(super) fn boot() -> Boot {
    let kept = addr_of_mut!(KEPT).cast::<[u32; 3]>();
    // SAFETY: the only access to `KEPT`, before interrupts are in use; any bits make a `[u32; 3]`, and a volatile read
    // takes those that the RAM holds.
    let [mark, count, inverted] = unsafe { kept.read_volatile() };
    let warm = mark == MARK && count == !inverted;
    let count = if warm { count.wrapping_add(1) } else { 1 };
    // SAFETY: as above.
    unsafe { kept.write_volatile([MARK, count, !count]) };
    Boot { count, reason: if warm { ResetReason::Warm } else { ResetReason::PowerOn } }
}
