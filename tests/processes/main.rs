//! What is beyond one program: children of `fork`, and libraries that are loaded with a picometer of their own.
#![cfg(target_os = "linux")]

mod children;
mod churn;
mod endings;
mod first;
mod fork;
mod guards;
mod plugins;
mod signals;
mod statics;
#[path = "../support/mod.rs"]
mod support;
mod usable;
mod workers;
