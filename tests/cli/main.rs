//! The command `picometer`, on files, pipes and live pages of other programs.

#[path = "../peers/mod.rs"]
mod peers;

mod checked;
mod command;
mod exporter;
mod faults;
mod files;
mod live;
#[cfg(target_os = "linux")]
mod terminal;
