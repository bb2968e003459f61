//! Runs what others wrote, and lets no panic of it out.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What it returns, or what its panic says.
pub(crate) fn caught<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = message(&*panic).to_owned();
        // Dropped here, a payload could panic again, and what that leaves a third time.
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(another);
        }
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
