//! Runs what others wrote, and lets no panic of it out.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// So many payloads, each from the end of the one before, are dropped.
const AGAIN: u32 = 16;

/// What it returns, or what its panic says.
pub(crate) fn caught<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = message(&*panic).to_owned();
        // Dropped here, a payload could panic again, and what that leaves a third time. What never ends is left where it is.
        let mut left = Some(panic);
        for _ in 0..AGAIN {
            let Some(payload) = left.take() else { break };
            left = catch_unwind(AssertUnwindSafe(|| drop(payload))).err();
        }
        std::mem::forget(left);
        text
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payload_that_panics_is_caught_too() {
        struct Again(u32);
        impl Drop for Again {
            fn drop(&mut self) {
                if self.0 > 0 {
                    std::panic::panic_any(Again(self.0 - 1));
                }
            }
        }
        assert_eq!(caught(|| std::panic::panic_any(Again(1))), Err::<(), _>(String::new()));
        assert_eq!(caught(|| panic!("no {}", "disk")), Err::<(), _>("no disk".to_owned()));
        assert_eq!(caught(|| 7), Ok(7));
    }
}
