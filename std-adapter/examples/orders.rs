//! Orders of a shop: how many, of what value, how long they take, and which share succeeds.
//!
//! `cargo run -p picometer-std --example orders`

use std::error::Error;
use std::time::Duration;

use picometer_std::exporter::Exporter;
use picometer_std::{
    ClosedFamily, Counter, Family, Gauge, GaugeFn, Histogram, Metric, ObserveDuration, Registry, TrackInProgress, exponential, labels,
};

labels! {
    /// How an order ended.
    enum Status as "status" { Success = "success", Failure = "failure" }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".into());
    let registry = Registry::new();

    // Two series that are there from the start, so that a rate of failures is 0 and not nothing before the first one.
    let orders = registry.register(ClosedFamily::<Counter, Status>::new("orders_total", "Orders that were processed."))?;
    let value = Family::<Histogram, 1>::new("order_value_euros", "Values of orders.", ["category"]).buckets(exponential::<6>(10.0, 2.0));
    let value = registry.register(value)?;
    let seconds = registry.register(Metric::<Histogram>::new("order_processing_seconds", "Time that orders take.").unit("seconds"))?;
    let in_progress = registry.register(Metric::<Gauge<i64>>::new("orders_in_progress", "Orders that are being processed."))?;

    // Since the start. Of the last minutes Prometheus knows it better:
    // sum(rate(orders_total{status="success"}[5m])) / sum(rate(orders_total[5m]))
    let success = registry.register(Metric::<GaugeFn>::new("order_success_ratio", "Share of orders that succeeded."))?;
    let counted = orders.clone();
    success.set_function(move || {
        let [good, bad] = [Status::Success, Status::Failure].map(|status| counted.with(status).get() as f64);
        (good + bad > 0.0).then_some(good / (good + bad))
    });

    let exporter = Exporter::bind(address)?.spawn(registry)?;
    if let Some(address) = exporter.local_addr() {
        println!("http://{address}/metrics");
    }
    for number in 0_u64.. {
        let _guard = in_progress.track_in_progress();
        match seconds.time(|| process(number)) {
            Ok(order) => {
                orders.with(Status::Success).inc();
                value.with([order.category]).observe(order.euros);
            }
            Err(_) => orders.with(Status::Failure).inc(),
        }
    }
    Ok(())
}

struct Order {
    category: &'static str,
    euros: f64,
}

/// Every tenth order fails.
fn process(number: u64) -> Result<Order, &'static str> {
    std::thread::sleep(Duration::from_millis(5));
    match number % 10 {
        7 => Err("out of stock"),
        rest => Ok(Order { category: if rest % 2 == 0 { "books" } else { "tools" }, euros: 3.5 * (1 + rest * rest) as f64 }),
    }
}
