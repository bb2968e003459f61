//! What RTIC asks of a device crate: the interrupts of the Arm MPS2 (AN385) that are used, and registers of its timers and its UART.
// There is no other way to the table of interrupts and to registers. Each use says why it is sound.
#![allow(unsafe_code, missing_docs)]

pub const NVIC_PRIO_BITS: u8 = 3;

#[allow(non_camel_case_types, clippy::upper_case_acronyms)]
#[derive(Clone, Copy)]
#[repr(u16)]
pub enum Interrupt {
    UART0_RX = 0,
    TIMER0 = 8,
    TIMER1 = 9,
}
pub use Interrupt as interrupt;

// SAFETY: the numbers are those of the board, below the length of the table.
unsafe impl cortex_m::interrupt::InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        self as u16
    }
}

/// Whether the handler of an interrupt has begun and not ended.
pub fn is_active(interrupt: Interrupt) -> bool {
    cortex_m::peripheral::NVIC::is_active(interrupt)
}

/// What RTIC's macro asks for. This device hands out no peripherals.
pub struct Peripherals;

impl Peripherals {
    /// Makes the value.
    ///
    /// # Safety
    ///
    /// Always sound: the value stands for nothing.
    pub unsafe fn steal() -> Self {
        Self
    }
}

unsafe extern "C" {
    fn DefaultHandler();
    fn UART0_RX();
    fn TIMER0();
    fn TIMER1();
}

// SAFETY: the linker script puts this section and nothing else behind the exceptions, where the core looks for it.
#[unsafe(link_section = ".vector_table.interrupts")]
// SAFETY: no other symbol has this name; cortex-m-rt asks for it.
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); 10] = {
    let mut table: [unsafe extern "C" fn(); 10] = [DefaultHandler; 10];
    table[0] = UART0_RX;
    table[8] = TIMER0;
    table[9] = TIMER1;
    table
};

fn read(address: usize) -> u32 {
    // SAFETY: the callers name aligned registers of the board, which are no memory.
    unsafe { (address as *const u32).read_volatile() }
}

fn write(address: usize, value: u32) {
    // SAFETY: as in `read`; no register makes the board touch the program's memory.
    unsafe { (address as *mut u32).write_volatile(value) };
}

/// A CMSDK timer, which counts down and interrupts at 0.
#[derive(Clone, Copy)]
pub struct Timer(usize);

pub const TIMER_0: Timer = Timer(0x4000_0000);
pub const TIMER_1: Timer = Timer(0x4000_1000);

impl Timer {
    pub fn start(self, cycles: u32) {
        write(self.0 + 0x08, cycles - 1);
        write(self.0 + 0x04, cycles - 1);
        write(self.0, 1 | 8);
    }

    pub fn stop(self) {
        write(self.0, 0);
        self.acknowledge();
    }

    pub fn acknowledge(self) {
        write(self.0 + 0x0c, 1);
    }

    /// Cycles to the next interrupt.
    pub fn left(self) -> u32 {
        read(self.0 + 0x04)
    }
}

const UART: usize = 0x4000_4000;

/// Starts the UART: both ways, with an interrupt for what is received.
pub fn start_uart() {
    write(UART + 0x10, 16);
    write(UART + 0x08, 1 | 2 | 8);
}

/// Takes the received byte. First the request is acknowledged, so that the next byte makes one of its own.
pub fn receive() -> u8 {
    write(UART + 0x0c, 2);
    read(UART) as u8
}

/// Waits until the UART takes a byte, and sends it.
pub fn send(byte: u8) {
    while read(UART + 0x04) & 1 != 0 {}
    write(UART, byte.into());
}
