//! Clients that do not read.

use std::io::Read;
use std::time::Duration;

use crate::client::{Large, ask, exporter, get, started};
use picometer_std::exporter::Limits;

#[test]
fn client_that_does_not_read_delays_no_other() {
    // Pages of 10 MB: more than sockets hold.
    let (handle, address) = started(exporter(), Large(15_000));
    let slow: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = ask(address, "/metrics", &[]);
            // The page is made, and stuck.
            stream.read_exact(&mut [0; 15]).unwrap();
            stream
        })
        .collect();
    assert_eq!(get(address, "/metrics?name[]=none", &[]).text(), "");
    assert_eq!(get(address, "/-/healthy", &[]).status, 200);
    // And when they read at last, it is a whole page.
    let mut page = Vec::new();
    let mut one = slow.into_iter().next().unwrap();
    one.shutdown(std::net::Shutdown::Write).unwrap();
    let _ = one.read_to_end(&mut page);
    let text = String::from_utf8(page).unwrap();
    assert!(text.lines().any(|line| line.starts_with("large{place=\"14999\"")), "{} bytes", text.len());
    handle.handle().shutdown_within(Duration::ZERO);
}

#[test]
fn client_that_does_not_read_is_cut_off() {
    let limits = Limits { write: Duration::from_millis(200), ..Limits::DEFAULT };
    let (_handle, address) = started(exporter().limits(limits), Large(15_000));
    let mut stream = ask(address, "/metrics", &[]);
    stream.read_exact(&mut [0; 15]).unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.len() < 8_000_000, "{} bytes", rest.len());
}
