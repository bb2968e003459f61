//! A stack that overflows is a fault, and never writes over statics.

use crate::peers::{board_with_stack, get, wait_for};

/// A page takes 2.3 KB of stack. Above the statics nothing stopped the stack, and the board went on with what was left of them.
#[test]
fn stack_overflow_stops_the_board() {
    let Some((mut board, address)) = board_with_stack(1_024) else { return };
    let ended = wait_for("the fault", || {
        let _ = get(address, "/metrics", &[]);
        board.ended()
    });
    // QEMU ends where a real core locks up, for its watchdog to reset it.
    let complaint = board.stderr();
    assert!(!ended.success() && complaint.contains("Lockup"), "{ended:?}: {complaint}");
}
