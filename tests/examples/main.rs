//! The examples of the std adapter: each is started, scraped as its readers would, and stopped.

#[path = "../peers/mod.rs"]
mod peers;

mod alert;
mod prefork;
#[path = "../support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::process::Command;

use peers::{Folder, Process, address, built, get, post, promtool_check, wait_for, workspace};

/// The picture in BENCHMARKS.md is what is measured.
#[test]
fn the_picture_of_errors_is_true() {
    let output = Command::new(built("distributions")).output().expect("it runs");
    let kept = std::fs::read_to_string(workspace().join("std-adapter/examples/distributions/error.svg")).expect("it is there");
    let measured = String::from_utf8(output.stdout).expect("SVG is text");
    let words = |text: &str| text.split([' ', 'M', 'L', '"', '>', '<']).map(str::to_owned).collect::<Vec<_>>();
    let (kept, measured) = (words(&kept), words(&measured));
    assert_eq!(kept.len(), measured.len());
    for (kept, measured) in kept.iter().zip(&measured) {
        // Logarithms have other last digits elsewhere; a bucket further is more than this.
        let near = kept.parse::<f64>().ok().zip(measured.parse::<f64>().ok()).is_some_and(|(one, other)| (one - other).abs() < 2.0);
        assert!(kept == measured || near, "{kept}, and now {measured}");
    }
}

/// A program that moved shows what it showed, but for what the example says.
#[test]
fn migrated_page_differs_only_where_it_is_said() {
    let output = Command::new(built("migration")).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept = std::fs::read_to_string(workspace().join("std-adapter/examples/migration/page.diff")).expect("it is there");
    assert_eq!(String::from_utf8(output.stdout).expect("a page is text"), kept);
    // Without order, and with bounds as numbers, nothing is left.
    let changed = |sign: &str| {
        let series = |line: &str| {
            let (name, rest) = line.split_once('{')?;
            let (labels, value) = rest.split_once("} ")?;
            let number = |text: &str| text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| number.to_string());
            let label = |label: &str| label.split_once('=').map(|(name, value)| format!("{name}={}", number(value.trim_matches('"'))));
            let mut labels: Vec<_> = labels.split(',').map(label).collect();
            labels.sort_unstable();
            Some((name.to_owned(), labels, value.to_owned()))
        };
        let mut all: Vec<_> = kept.lines().filter_map(|line| series(line.strip_prefix(sign)?)).collect();
        all.sort_unstable();
        all
    };
    assert!(changed("- ").len() > 10);
    assert_eq!(changed("- "), changed("+ "));
}

/// A running example.
struct Example {
    process: Process,
    address: SocketAddr,
}

impl Example {
    fn start(name: &str) -> Self {
        let mut process = Process::start(Command::new(built(name)).arg("127.0.0.1:0"), Folder::new(name));
        let url = process.until("the address", |process| process.stdout().lines().next().map(str::to_owned));
        Self { process, address: address(&url) }
    }

    fn page(&self) -> String {
        let answer = get(self.address, "/metrics", &[]).expect("the example answers");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text().to_owned()
    }

    /// The value of a sample, by all that stands in front of it.
    fn value(&self, sample: &str) -> Option<f64> {
        support::value(&self.page(), sample)
    }

    fn until(&self, sample: &str, enough: impl Fn(f64) -> bool) -> f64 {
        wait_for(sample, || self.value(sample).filter(|value| enough(*value)))
    }

    /// What is good of every example: Prometheus' checker likes the page, and the program is still there.
    fn check(mut self) {
        if let Some(result) = promtool_check(&self.page()) {
            assert_eq!(result, Ok(()));
        }
        assert_eq!((self.process.ended(), self.process.stderr()), (None, String::new()));
    }
}

#[test]
fn quickstart() {
    let example = Example::start("quickstart");
    let count = example.until("request_processing_seconds_count", |count| count >= 3.0);
    assert!(example.value("request_processing_seconds_sum").unwrap() >= 0.02, "{count}");
    // What the default registry has by itself.
    assert!(example.page().contains("\nrust_info{"));
    if cfg!(target_os = "linux") {
        assert!(example.value("process_resident_memory_bytes").unwrap() > 100_000.0);
    }
    example.check();
}

#[test]
#[cfg(target_os = "linux")]
fn memory() {
    let example = Example::start("memory");
    let [total, available, used] =
        ["total", "available", "used"].map(|state| example.value(&format!("memory_bytes{{state=\"{state}\"}}")).unwrap());
    assert!(total > 0.0 && available > 0.0 && used > 0.0 && used < total);
    assert!((0.0..=1.0).contains(&example.value("memory_usage_ratio").unwrap()));
    example.check();
}

#[test]
fn orders() {
    let example = Example::start("orders");
    assert!(example.value("orders_total{status=\"failure\"}").is_some(), "there from the start");
    example.until("orders_total{status=\"failure\"}", |count| count >= 2.0);
    let share = example.value("order_success_ratio").unwrap();
    assert!((0.5..1.0).contains(&share), "{share}");
    assert!(example.value("order_value_euros_count{category=\"books\"}").unwrap() >= 1.0);
    assert!(example.value("order_processing_seconds_bucket{le=\"+Inf\"}").unwrap() >= 10.0);
    assert!((0.0..=1.0).contains(&example.value("orders_in_progress").unwrap()));
    example.check();
}

#[test]
fn static_registry() {
    let example = Example::start("static_registry");
    example.until("gateway_polls_total", |count| count >= 8.0);
    assert!(example.value("bench_i2c_transfers_total{board=\"7\",outcome=\"nack\"}").unwrap() >= 1.0);
    assert!(example.value("bench_board_temperature_celsius{board=\"7\"}").unwrap() >= 21.5);
    example.check();
}

#[test]
#[cfg(target_os = "linux")]
fn custom_collector() {
    let example = Example::start("custom_collector");
    // Of the connections of this very test, among others.
    assert!(example.value("network_receive_bytes_total{device=\"lo\"}").unwrap() > 0.0);
    assert!(example.page().contains("picometer_std_build_info{version="));
    example.check();
}

#[test]
fn web_api() {
    let example = Example::start("web_api");
    assert_eq!(get(example.address, "/items/7", &[]).unwrap().text(), "item 7\n");
    assert_eq!(get(example.address, "/items/700", &[]).unwrap().status, 404);
    assert_eq!(post(example.address, "/orders", &[], b"1 2 3").unwrap().text(), "6 items ordered\n");
    for (sample, expected) in [
        ("api_requests_total{endpoint=\"items\",status=\"success\"}", 1.0),
        ("api_requests_total{endpoint=\"items\",status=\"failure\"}", 1.0),
        ("api_requests_total{endpoint=\"orders\",status=\"success\"}", 1.0),
        ("api_request_duration_seconds_count{endpoint=\"items\"}", 2.0),
        ("http_requests_total{method=\"GET\",route=\"/items/{id}\",code=\"404\"}", 1.0),
        ("http_request_duration_seconds_count{method=\"POST\",route=\"/orders\"}", 1.0),
        ("tokio_workers", 1.0),
    ] {
        assert_eq!(example.value(sample), Some(expected), "{sample}");
    }
    example.check();
}
