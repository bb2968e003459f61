//! Firmware without a list of metrics: prints the page of all that are declared, here and in the driver, and ends.
//!
//! On a PC: `cargo run -p picometer-example-declared`. For a Cortex-M3, which prints through semihosting:
//! `cargo build -p picometer-example-declared --profile firmware --target thumbv7m-none-eabi`, then
//! `qemu-system-arm -M mps2-an385 -semihosting -display none -serial none -monitor none -kernel target/thumbv7m-none-eabi/firmware/picometer-example-declared`.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

use picometer::{Counter, Declared, Exposition, Format, Gauge, metrics};
// Its metrics come along.
use picometer_example_driver as _;

metrics! {
    /// Times the device started.
    static BOOTS: Counter<u32> = "device_boots_total";
    /// Temperature of the board.
    static CELSIUS: Gauge<i32> = "board_celsius";
}

/// Writes the page piece by piece.
fn show(mut write: impl FnMut(&[u8])) {
    BOOTS.inc();
    CELSIUS.set(21);
    let mut page = Exposition::new(&Declared, Format::Text004);
    let mut buffer = [0; 256];
    while let Ok(len) = page.fill(&mut buffer)
        && len > 0
    {
        write(buffer.get(..len).unwrap_or(&[]));
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    use std::io::Write;
    show(|bytes| {
        // A reader that left has read enough.
        let _ = std::io::stdout().write_all(bytes);
    });
}

#[cfg(target_os = "none")]
mod board {
    use cortex_m_semihosting::{debug, hio};

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        loop {
            cortex_m::asm::udf();
        }
    }

    #[cortex_m_rt::entry]
    fn main() -> ! {
        if let Ok(mut out) = hio::hstdout() {
            super::show(|bytes| {
                let _ = out.write_all(bytes);
            });
        }
        debug::exit(debug::EXIT_SUCCESS);
        loop {
            cortex_m::asm::wfi();
        }
    }
}
