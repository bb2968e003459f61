//! A driver that has metrics: they are on the pages of every program that links it.
//!
//! A program needs no line for them but `use picometer_example_driver as _;`, where it does not call the driver anyway.
#![no_std]
#![forbid(unsafe_code)]

use picometer::{Counter, Histogram, buckets, labels, metrics};

labels! {
    /// What became of a transfer.
    pub enum Outcome as "outcome" {
        /// Every byte was taken.
        Ok = "ok",
        /// The device did not answer.
        Nack = "nack",
        /// The bus was held too long.
        Timeout = "timeout",
    }
}

buckets! {
    /// Observed in microseconds, exposed in seconds.
    pub TransferSeconds: u32 / 1_000_000 = [100, 1_000, 10_000];
}

metrics! {
    /// Transfers on the bus, by what became of them.
    pub static TRANSFERS: Family<Counter<u32>, Outcome> = "transfers_total".namespace("i2c");
    /// How long transfers take.
    pub static SECONDS: Histogram<TransferSeconds> = "transfer_seconds".namespace("i2c").unit("seconds");
}

/// Transfers bytes, and says how many microseconds that took.
pub fn transfer(bytes: &[u8]) -> u32 {
    // Nine clocks a byte at 400 kHz; there is no bus behind this example.
    let micros = u32::try_from(bytes.len()).unwrap_or(u32::MAX).saturating_mul(23);
    let outcome = if bytes.is_empty() { Outcome::Nack } else { Outcome::Ok };
    TRANSFERS.with(outcome).inc();
    SECONDS.observe(micros);
    micros
}

mod recovery {
    use picometer::{Counter, metrics};

    metrics! {
        /// Times the bus was stuck and clocked free.
        static RECOVERIES: Counter<u32> = "bus_recoveries_total".namespace("i2c");
    }

    /// Frees the bus.
    pub fn recover() {
        RECOVERIES.inc();
    }
}

pub use recovery::recover;
