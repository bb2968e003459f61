//! A stack that overflows is a fault, and never writes over statics.

use crate::peers::{board_with_small_stack, get, wait_for};

/// When the stack lay above the statics, the board went on with what was left of them.
#[test]
fn stack_overflow_starts_the_board_again() {
    let Some((mut board, address)) = board_with_small_stack() else { return };
    let ended = wait_for("the fault", || {
        let _ = get(address, "/metrics", &[]);
        board.ended()
    });
    assert!(ended.success(), "{ended:?}: {}", board.stderr());
}
