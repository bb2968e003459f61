//! Values that the kernel counts, read anew for every scrape: the network interfaces of the machine.
//!
//! `cargo run -p picometer-std --example custom_collector`; on Linux.

use std::error::Error;
use std::path::PathBuf;

use picometer_std::exporter::Exporter;
use picometer_std::{Collector, Desc, Encoder, Registry, Stop, build_info};

struct Network {
    file: PathBuf,
}

impl Collector for Network {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const RECEIVED: Desc = Desc::counter("network_receive_bytes_total", "Bytes that an interface received.").unit("bytes");
        const SENT: Desc = Desc::counter("network_transmit_bytes_total", "Bytes that an interface sent.").unit("bytes");

        // What fails here costs these families, and shows in `picometer_collector_failures_total`.
        let text = std::fs::read_to_string(&self.file).map_err(|error| out.fail(error))?;
        for (desc, column) in [(&RECEIVED, 0), (&SENT, 8)] {
            let mut family = out.family(desc)?;
            for (device, columns) in text.lines().filter_map(|line| line.split_once(':')) {
                let value = columns.split_whitespace().nth(column).and_then(|text| text.parse::<u64>().ok());
                let value = value.ok_or_else(|| family.fail(format_args!("{device} has no column {column}")))?;
                family.counter(&[("device", device.trim())], value)?;
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".into());
    let registry = Registry::new();
    registry.register(build_info!())?;
    registry.register(Network { file: "/proc/net/dev".into() })?;

    let exporter = Exporter::bind(address)?.spawn(registry)?;
    if let Some(address) = exporter.local_addr() {
        println!("http://{address}/metrics");
    }
    loop {
        std::thread::park();
    }
}
