//! Children of `fork` under the sanitizers: those of tests/processes that need no other program and no sockets.
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "each of these tests has a directory")]
#[path = "../processes/children.rs"]
mod children;
#[path = "../processes/endings.rs"]
mod endings;
#[path = "../processes/guards.rs"]
mod guards;
#[path = "../processes/statics.rs"]
mod statics;
#[path = "../support/mod.rs"]
mod support;
#[path = "../processes/usable.rs"]
mod usable;
#[path = "../processes/workers.rs"]
mod workers;
