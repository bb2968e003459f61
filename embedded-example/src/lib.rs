//! Example firmware that serves its metrics over Ethernet: the same application on a Cortex-M3 with 16 KiB of RAM
//! and on a PC.
//!
//! From the bottom up: a network chip (or [`host::wire`]) implements smoltcp's `Device`; [`nic`] counts what passes and
//! keeps a backlog of clients. [`app`] puts smoltcp's interface and sockets on top, and has [`addressing`] find an
//! address. It gives each socket to a [`connection`], which moves bytes between it and a [`connection::Service`], here the
//! [`page`]. [`board::run`] is the main loop that polls the application and sleeps in between. Beside them stand
//! [`simulation`], the work that the device is there for, and [`metrics`], everything that it can tell about itself.
//!
//! What differs between the targets is one implementation of [`board::Board`] each: [`host`] here, and `cortex_m3` in
//! the program. Nothing portable allocates, blocks or knows the time.
#![no_std]
#![deny(unsafe_code)]

#[cfg(not(target_os = "none"))]
extern crate std;

pub mod log;

pub mod addressing;
pub mod app;
#[cfg(feature = "bench-page")]
pub mod bench_page;
pub mod board;
pub mod connection;
pub mod door;
pub mod metrics;
pub mod nic;
pub mod page;
#[cfg(all(any(feature = "push-pushgateway", feature = "push-remote-write"), target_os = "none"))]
pub mod push;
#[cfg(not(all(any(feature = "push-pushgateway", feature = "push-remote-write"), target_os = "none")))]
#[path = "push/none.rs"]
pub mod push;
pub mod simulation;

#[cfg(not(target_os = "none"))]
pub mod host;
#[cfg(test)]
mod testing;
