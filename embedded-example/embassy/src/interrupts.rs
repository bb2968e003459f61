//! The interrupts of the board: the alarm of the clock, and the network chip.
// The table and its entries can be had in no other way; each use says why it is sound.
#![allow(unsafe_code)]

use cortex_m::peripheral::NVIC;

use crate::{clock, lan9118, net};

/// An interrupt of this board.
#[derive(Clone, Copy)]
struct Irq(u16);

// SAFETY: the numbers are those of this board, and smaller than the length of the table.
unsafe impl cortex_m::interrupt::InterruptNumber for Irq {
    fn number(self) -> u16 {
        self.0
    }
}

/// Lets them come.
pub(crate) fn unmask() {
    for irq in [clock::IRQ, lan9118::IRQ] {
        // SAFETY: enabling an interrupt can break a critical section made by masking it; there is none.
        unsafe { NVIC::unmask(Irq(irq as u16)) };
    }
}

unsafe extern "C" {
    /// From cortex-m-rt: an endless loop.
    fn DefaultHandler();
}

const COUNT: usize = lan9118::IRQ + 1;

/// cortex-m-rt would make a table of 240, which is 900 bytes more.
// SAFETY: the linker script puts this section and nothing else behind the exceptions, where the core looks for it.
#[unsafe(link_section = ".vector_table.interrupts")]
// SAFETY: no other symbol has this name; cortex-m-rt asks for it.
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); COUNT] = {
    let mut table: [unsafe extern "C" fn(); COUNT] = [DefaultHandler; COUNT];
    table[clock::IRQ] = clock::alarm;
    table[lan9118::IRQ] = net::frame;
    table
};
