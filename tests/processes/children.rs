//! Children of `fork`, and this binary again in an environment of its own.
#![allow(unsafe_code, reason = "fork and waitpid of the C library")]

use std::ffi::{c_int, c_uint};
use std::process::Command;

unsafe extern "C" {
    fn fork() -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn alarm(seconds: c_uint) -> c_uint;
    fn _exit(status: c_int) -> !;
}

/// Runs `then` in a child of this process; whether it said that all is right, within a minute.
pub(crate) fn in_child(then: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child does nothing that the library does not promise to work in it.
    match unsafe { fork() } {
        0 => {
            // SAFETY: a timer of the child alone; a child that waits for ever is ended by it.
            unsafe { alarm(60) };
            let right = std::panic::catch_unwind(std::panic::AssertUnwindSafe(then)).unwrap_or(false);
            // SAFETY: ends the process at once.
            unsafe { _exit(c_int::from(!right)) }
        }
        pid => {
            let mut status = 0;
            // SAFETY: the pointer is valid for the call.
            (unsafe { waitpid(pid, &raw mut status, 0) }, status) == (pid, 0)
        }
    }
}

const AGAIN: &str = "PICOMETER_TEST_AGAIN";

/// Whether this is the process that [`again`] started.
pub(crate) fn is_again() -> bool {
    std::env::var_os(AGAIN).is_some()
}

/// Runs one test of this binary in a process of its own, which shares nothing.
pub(crate) fn alone(test: &str) {
    run(test, |_| ());
}

/// Runs one test of this binary in a process of its own, which is a worker of a new directory.
pub(crate) fn again(test: &str) {
    let memory = std::path::Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let directory = parent.join(format!("picometer-{}-{}", test.replace(':', "-"), std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    run(test, |command| _ = command.env(picometer_std::multiprocess::DIRECTORY, &directory));
    let _ = std::fs::remove_dir_all(&directory);
}

fn run(test: &str, environment: impl FnOnce(&mut Command)) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // On the main thread, whose thread-locals are gone when what was registered for the exit runs.
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(AGAIN, "1");
    environment(&mut command);
    let run = command.output().unwrap();
    let text = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && text.contains("1 passed"), "{text}");
}
