//! What the application asks of the machine under it, and the main loop that joins the two.

use smoltcp::phy::Device;

use crate::app::App;
use crate::connection::Service;
use crate::metrics;

/// A machine: it has a clock and can sleep.
pub trait Board {
    /// Time since the start, in microseconds. Never goes back.
    fn micros(&self) -> u64;

    /// Sleeps until the clock shows `until_ms` milliseconds, a frame has arrived, or earlier. Returns whether to go on;
    /// firmware always does.
    fn idle(&mut self, until_ms: u64) -> bool;

    /// Most of the stack that was ever in use, in bytes, where that can be told.
    fn stack_used(&self) -> Option<u32>;
}

/// The stack's high-water mark is searched for this often: it costs a walk over the unused stack.
const STACK_CHECK_MS: u64 = 1000;

/// The main loop. Ends when the board says so.
pub fn run<D: Device, S: Service>(board: &mut impl Board, app: &mut App<'_, D, S>) {
    let mut stack_check_due = 0;
    loop {
        let started = board.micros();
        let now_ms = started / 1000;
        metrics::UPTIME_SECONDS.set((now_ms / 1000) as u32);
        if now_ms >= stack_check_due {
            stack_check_due = now_ms + STACK_CHECK_MS;
            metrics::STACK_USED.set(board.stack_used().unwrap_or(0));
        }
        let due = app.poll(now_ms);
        metrics::LOOP_SECONDS.observe(board.micros().saturating_sub(started) as u32);
        if !board.idle(due) {
            return;
        }
    }
}
