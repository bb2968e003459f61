//! An exporter within this process.

use super::*;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

static METRICS: picometer::Registry = picometer::Registry::new(&[]);

fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn clock_before_1970_leaves_the_date_out() {
    let mut exporter = Exporter::bind("127.0.0.1:0").unwrap();
    exporter.clock = || SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let handle = exporter.spawn(METRICS).unwrap();
    let answer = get(handle.local_addr().unwrap(), "/metrics").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && !answer.contains("date:"), "{answer}");
    assert!(handle.is_running() && handle.shutdown().is_clean());
}

#[test]
fn panic_of_the_thread_is_counted_and_serving_goes_on() {
    static PANICS: AtomicBool = AtomicBool::new(true);
    let mut exporter = Exporter::bind("127.0.0.1:0").unwrap();
    exporter.clock = || {
        if PANICS.load(Ordering::SeqCst) {
            // Without the hook, which would print.
            std::panic::resume_unwind(Box::new("on purpose"));
        }
        SystemTime::now()
    };
    let handle = exporter.spawn(METRICS).unwrap();
    let address = handle.local_addr().unwrap();
    for _ in 0..3 {
        assert!(get(address, "/metrics").is_ok_and(|answer| answer.is_empty()) || get(address, "/metrics").is_err());
    }
    assert!(handle.is_running());
    PANICS.store(false, Ordering::SeqCst);
    let answer = get(address, "/metrics").unwrap();
    assert!(!answer.contains("picometer_exporter_restarts_total 0") && answer.contains("picometer_exporter_restarts_total"), "{answer}");
    assert!(
        answer.contains("picometer_exporter_requests_in_flight 1\n") && answer.contains("picometer_exporter_connections 1\n"),
        "{answer}"
    );
    assert!(handle.shutdown().is_clean());
}
