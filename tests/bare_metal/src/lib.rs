//! What every one of the programs needs: a panic handler that must not be called, and a critical section.
#![no_std]

#[allow(dead_code, reason = "types that are only measured")]
mod sizes;
mod usual;

#[cfg(not(feature = "find"))]
use panic_never as _;

#[cfg(feature = "find")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// A critical section for one core and no interrupts, which is all that these programs have.
struct Alone;

critical_section::set_impl!(Alone);

// SAFETY: nothing runs beside the one function of each program.
unsafe impl critical_section::Impl for Alone {
    unsafe fn acquire() {}
    unsafe fn release((): ()) {}
}
