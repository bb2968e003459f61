//! Many clients.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::client::{Large, METRICS, PAGE, connect, exporter, get, plain, started};
use picometer_std::exporter::Limits;

/// Far from what is measured (a few milliseconds), near to what a scrape waits.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn three_hundred_that_never_end_their_heads() {
    // With room for all of them, and without.
    for connections in [1_000, Limits::DEFAULT.connections] {
        let limits = Limits { connections, ..Limits::DEFAULT };
        let (_handle, address) = started(exporter().without_self_metrics().limits(limits), METRICS);
        let half: Vec<_> = (0..300)
            .map(|_| {
                let mut stream = connect(address);
                stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: ").unwrap();
                stream
            })
            .collect();
        let mut times: Vec<_> = (0..9)
            .map(|_| {
                let began = Instant::now();
                assert_eq!(get(address, "/metrics", &[]).text(), PAGE);
                began.elapsed()
            })
            .collect();
        times.sort();
        println!("a scrape beside 300 half-open connections, room for {connections}: {:?}", times[4]);
        assert!(times[4] < SOON, "{times:?}");
        drop(half);
    }
}

#[test]
fn fifty_at_once_all_get_their_page() {
    let (_handle, address) = started(exporter(), Large(300));
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let page = get(address, "/metrics", &["Accept-Encoding: identity"]);
                    assert_eq!(page.status, 200);
                    assert!(page.text().contains("large{place=\"299\""));
                }
            });
        }
    });
}

#[test]
fn who_comes_and_goes_leaves_nothing() {
    let (_handle, address) = plain();
    for round in 0..500 {
        let mut stream = connect(address);
        if round % 2 == 0 {
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        }
    }
    assert_eq!(get(address, "/metrics", &[]).text(), PAGE);
}
