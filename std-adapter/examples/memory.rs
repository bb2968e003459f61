//! The memory of the machine, in gauges that are set every second.
//!
//! `cargo run -p picometer-std --example memory`; on Linux.

use std::collections::HashMap;
use std::error::Error;
use std::fs::read_to_string;
use std::time::Duration;

use picometer_std::exporter::Exporter;
use picometer_std::{Family, Gauge, Metric, Registry};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".into());
    let registry = Registry::new();
    let memory = registry.register(Family::<Gauge<u64>, 1>::new("memory_bytes", "Memory of the machine.", ["state"]).unit("bytes"))?;
    let usage = registry.register(Metric::<Gauge<f64>>::new("memory_usage_ratio", "Share that is in use.").unit("ratio"))?;
    measure(&memory, &usage)?;

    let exporter = Exporter::bind(address)?.spawn(registry)?;
    if let Some(address) = exporter.local_addr() {
        println!("http://{address}/metrics");
    }
    loop {
        std::thread::sleep(Duration::from_secs(1));
        measure(&memory, &usage)?;
    }
}

fn measure(memory: &Family<Gauge<u64>, 1>, usage: &Gauge<f64>) -> Result<(), Box<dyn Error>> {
    let text = read_to_string("/proc/meminfo")?;
    let kilobytes: HashMap<&str, u64> = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter_map(|(name, value)| Some((name, value.split_whitespace().next()?.parse().ok()?)))
        .collect();
    let bytes = |name: &str| kilobytes.get(name).map(|kilobytes| kilobytes * 1_024).ok_or(format!("no {name} in /proc/meminfo"));
    let (total, available) = (bytes("MemTotal")?, bytes("MemAvailable")?);
    let used = total.saturating_sub(available);
    for (state, bytes) in [("total", total), ("available", available), ("used", used)] {
        memory.with([state]).set(bytes);
    }
    usage.set(used as f64 / total as f64);
    Ok(())
}
