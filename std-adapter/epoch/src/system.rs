//! What Linux is asked beside the standard library: barriers for all threads, processors, a cheap clock, and units of `/proc`.
#![allow(unsafe_code, reason = "functions of the C library")]

use libc::{c_int, c_long};

// `linux/membarrier.h`.
const PRIVATE_EXPEDITED: c_int = 1 << 3;
const REGISTER_PRIVATE_EXPEDITED: c_int = 1 << 4;

fn membarrier(command: c_int) -> bool {
    // SAFETY: the system call takes a command, flags and a processor, all of them numbers, and touches no memory of ours. One that
    // the kernel does not know is an error.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// Asks for barriers of all threads; whether there are any.
pub(super) fn register() -> bool {
    membarrier(REGISTER_PRIVATE_EXPEDITED)
}

/// The barrier of all threads of this process. A child after a fork may have to register again.
pub(super) fn interrupt_all() -> bool {
    let barrier = || membarrier(PRIVATE_EXPEDITED);
    barrier() || (register() && barrier())
}

/// Returns the number of the processor that the thread runs on, which may be another one by the time that it returns.
pub fn processor() -> usize {
    // SAFETY: it takes nothing.
    usize::try_from(unsafe { libc::sched_getcpu() }).unwrap_or(0)
}

/// Returns milliseconds since some moment, exact to a tick of the system: 3 ns, where `Instant` takes 20.
pub fn coarse_millis() -> u64 {
    // SAFETY: zeros are a moment.
    let mut now: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: `now` is a moment that is ours to write.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut now) };
    debug_assert_eq!(failed, 0, "every Linux has this clock");
    (now.tv_sec as u64).wrapping_mul(1_000).wrapping_add(now.tv_nsec as u64 / 1_000_000)
}

/// Returns how many clock ticks of `/proc` are a second.
pub fn clock_ticks_per_second() -> u64 {
    setting(libc::_SC_CLK_TCK, 100)
}

/// Returns how many bytes a page of memory has.
pub fn page_size() -> u64 {
    setting(libc::_SC_PAGESIZE, 4_096)
}

/// A setting of the system, or what it is nearly everywhere.
fn setting(name: c_int, usual: u64) -> u64 {
    // SAFETY: it takes a number, and answers -1 to one that it does not know.
    let value: c_long = unsafe { libc::sysconf(name) };
    u64::try_from(value).ok().filter(|&value| value > 0).unwrap_or(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_answers() {
        assert!(page_size().is_power_of_two() && clock_ticks_per_second() >= 100);
        assert!(processor() < 1 << 16);
        let first = coarse_millis();
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(coarse_millis() > first);
    }

    #[test]
    #[cfg_attr(miri, ignore = "no system call")]
    fn child_of_no_registration_registers_itself() {
        assert!(!membarrier(1 << 30), "no such command");
        assert!(interrupt_all() && interrupt_all());
    }
}
