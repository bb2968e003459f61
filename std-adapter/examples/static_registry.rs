//! A driver without a heap, which measures in statics, inside a service: its registry registers as it is.
//!
//! `cargo run -p picometer-std --example static_registry`

use std::error::Error;
use std::time::Duration;

use picometer_std::exporter::Exporter;
use picometer_std::{Counter, Metric, Registry};

/// As it would stand in a `no_std` crate, which the same service and a microcontroller share.
mod driver {
    use picometer_std::statics::{Counter, Desc, Family, Gauge, Metric, Registry, labels};

    labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack", Timeout = "timeout" } }

    static TEMPERATURE: Metric<Gauge<f32>> = Metric::new(&Desc::gauge("board_temperature_celsius", "Temperature of the board."));
    static TRANSFERS: Family<Counter<u32>, Outcome, 3> = Family::new(&Desc::counter("i2c_transfers_total", "Transfers on the bus."));

    pub(crate) static METRICS: Registry = Registry::new(&[&TEMPERATURE, &TRANSFERS]);

    /// Reads the sensor; a transfer in seven is not acknowledged.
    pub(crate) fn poll(turn: u32) {
        if turn % 7 == 6 {
            TRANSFERS.with(Outcome::Nack).inc();
        } else {
            TRANSFERS.with(Outcome::Ok).inc();
            TEMPERATURE.set(21.5 + (turn % 4) as f32 * 0.25);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".into());
    let registry = Registry::new();
    let polls = registry.register(Metric::<Counter>::new("gateway_polls_total", "How often the board was asked."))?;
    // One board of several: its metrics get a prefix and a label.
    registry.nested("bench_", [("board", "7")])?.register(&driver::METRICS)?;

    let exporter = Exporter::bind(address)?.spawn(registry)?;
    if let Some(address) = exporter.local_addr() {
        println!("http://{address}/metrics");
    }
    for turn in 0.. {
        driver::poll(turn);
        polls.inc();
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
