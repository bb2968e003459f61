//! A function whose calls are timed, and a page that shows how long they take.
//!
//! `cargo run -p picometer-std --example quickstart`, then look at the address that it prints.

use std::error::Error;
use std::time::Duration;

use picometer_std::exporter::Exporter;
use picometer_std::{Metric, ObserveDuration, Summary, default_registry};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".into());
    let requests = Metric::<Summary>::new("request_processing_seconds", "Time spent processing requests.").unit("seconds");
    let requests = default_registry().register(requests)?;

    let exporter = Exporter::bind(address)?.spawn(default_registry())?;
    if let Some(address) = exporter.local_addr() {
        println!("http://{address}/metrics");
    }
    for turn in 0_u64.. {
        requests.time(|| process_request(Duration::from_millis(turn * 7 % 40)));
    }
    Ok(())
}

/// A dummy that takes some time.
fn process_request(time: Duration) {
    std::thread::sleep(time);
}
