//! The exporter, over real sockets: everything that clients do, well and badly.

mod answers;
mod auth;
mod beside;
mod client;
mod codings;
mod crowds;
mod deployments;
mod descriptors;
mod gone;
mod guessers;
mod hanging;
mod heads;
mod keeping;
#[cfg(target_os = "linux")]
mod leases;
mod limits;
#[path = "../peers/mod.rs"]
mod peers;
mod places;
#[path = "../http/refused.rs"]
mod refused;
mod scraped;
mod sharing;
mod shutdown;
mod slow;
#[path = "../support/mod.rs"]
mod support;
mod tls;
