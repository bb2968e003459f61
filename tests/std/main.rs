//! What a program sees of the std adapter: names, series, values, registries, what fails, and what happens at once.

mod accepted;
mod beside;
mod bridges;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "here no process forks")]
#[path = "../processes/children.rs"]
mod children;
mod collisions;
mod concurrent;
mod derived;
mod errors;
mod expiry;
mod extremes;
mod failing;
mod held;
mod hostile;
mod moved;
mod names;
mod paused;
mod pieces;
mod recorder;
mod refused;
mod registries;
mod reported;
mod resets;
mod restarts;
mod scale;
mod scrapes;
mod series;
mod shown;
mod slow;
mod statics;
#[path = "../support/mod.rs"]
mod support;
mod timers;
mod twice;
mod unscraped;
mod unwinding;
mod values;
#[cfg(target_os = "linux")]
mod workers;

use support::{in_pieces, page, page_in as in_format, samples};
