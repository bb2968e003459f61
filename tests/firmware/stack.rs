//! A stack that overflows is a fault, and never writes over statics.

use crate::page::Page;
use crate::peers::{board_with_stack, get, wait_for};

/// A page takes 2.3 KB of stack. When the stack lay above the statics, the board went on with what was left of them.
#[test]
fn stack_overflow_starts_the_board_again() {
    let Some((mut board, address)) = board_with_stack(1_024) else { return };
    let ended = wait_for("the fault", || {
        let _ = get(address, "/metrics", &[]);
        board.ended()
    });
    assert!(ended.success(), "{ended:?}: {}", board.stderr());
}

/// The same board, but for the size: it is not the test that makes it start again.
#[test]
fn stack_that_suffices_is_no_fault() {
    let Some((mut board, address)) = board_with_stack(2_824) else { return };
    wait_for("a page", || get(address, "/metrics", &[]));
    assert!(Page::scrape(address).value("device_stack_used_bytes") <= 2_824.0);
    assert_eq!(board.ended(), None);
}
