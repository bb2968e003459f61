//! What is beyond one program: children of `fork`, and libraries that are loaded with a picometer of their own.
#![cfg(target_os = "linux")]

mod fork;
mod plugins;
