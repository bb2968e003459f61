//! The firmware as a whole: as a program on this machine, and on emulated boards with clients of every kind.

#[path = "../peers/mod.rs"]
mod peers;

mod board;
mod clients;
mod embassy;
mod host;
mod logs;
mod page;
#[cfg(unix)]
mod rtic;
mod silent;
mod sizes;
mod stack;
mod stress;
