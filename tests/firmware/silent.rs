//! Clients that hold a connection and ask for nothing, beside one that scrapes.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::page::Page;
use crate::peers::Firmware;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Silent,
    /// A byte each 20 ms.
    Drips,
    /// Connects again as soon as it is reset.
    ComesAgain,
}

/// Has `count` clients do their worst until `stop`.
fn crowd(address: SocketAddr, kind: Kind, count: usize, stop: &AtomicBool) {
    let connect = || {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nonblocking(true).ok()?;
        Some(stream)
    };
    let mut clients: Vec<_> = (0..count).map(|_| connect()).collect();
    while !stop.load(Ordering::Relaxed) {
        for client in &mut clients {
            let Some(stream) = client else {
                *client = if kind == Kind::ComesAgain { connect() } else { None };
                continue;
            };
            let open = match stream.read(&mut [0; 100]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => kind != Kind::Drips || stream.write(b"G").is_ok(),
                Ok(0) | Err(_) => false,
                Ok(_) => panic!("an answer to no request"),
            };
            if !open {
                *client = None;
            }
        }
        std::thread::sleep(Duration::from_millis(if kind == Kind::Drips { 20 } else { 2 }));
    }
}

/// The wait was 8 to 33 s as long as silent clients kept their sockets. The deterministic test of 100 ms is the firmware's own
/// (`app/silent.rs`); here the machine may be busy with other tests.
fn scrapes_pass(address: SocketAddr) {
    for kind in [Kind::Silent, Kind::Drips, Kind::ComesAgain] {
        for count in [2, 6, 40] {
            let stop = AtomicBool::new(false);
            let mut took: Vec<_> = std::thread::scope(|scope| {
                scope.spawn(|| crowd(address, kind, count, &stop));
                std::thread::sleep(Duration::from_millis(500));
                let scrape = || {
                    let began = Instant::now();
                    Page::scrape(address);
                    began.elapsed()
                };
                let took = std::panic::catch_unwind(|| (0..10).map(|_| scrape()).collect());
                stop.store(true, Ordering::Relaxed);
                took.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            took.sort();
            println!("beside {count} clients, {kind:?}: {:?} to {:?}, median {:?}", took[0], took[9], took[5]);
            assert!(took[0] < Duration::from_secs(1), "{count} clients, {kind:?}: {took:?}");
        }
    }
}

#[test]
fn host_scrapes_pass_silent_clients() {
    scrapes_pass(Firmware::host(&[]).address);
}

#[test]
fn board_scrapes_pass_silent_clients() {
    let Some(firmware) = Firmware::board("an385", &[]) else { return };
    scrapes_pass(firmware.address);
    idle_connections_end_in_order(firmware.address);
}

#[test]
fn embassy_scrapes_pass_silent_clients() {
    let Some(firmware) = Firmware::board("an385", &["--embassy"]) else { return };
    scrapes_pass(firmware.address);
    idle_connections_end_in_order(firmware.address);
}

/// A connection that had its page is closed, not reset, when its socket is needed.
fn idle_connections_end_in_order(address: SocketAddr) {
    let mut idle: Vec<_> = (0..2)
        .map(|_| {
            let mut stream = crate::clients::connect(address);
            stream.write_all(b"HEAD /metrics HTTP/1.1\r\nHost: device\r\n\r\n").expect("connected");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("a head");
                head.push(byte[0]);
            }
            stream
        })
        .collect();
    Page::scrape(address);
    // One of the two had to go, the other one answers.
    let ends = idle.iter_mut().filter_map(|stream| {
        stream.set_read_timeout(Some(Duration::from_millis(500))).expect("not zero");
        match stream.read(&mut [0; 10]) {
            Ok(length) => Some(length),
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
                None
            }
        }
    });
    assert_eq!(ends.collect::<Vec<_>>(), [0], "one end, in order");
}

#[test]
fn board_greedy_clients_take_turns() {
    let Some(firmware) = Firmware::board("an385", &[]) else { return };
    scrape_passes_greedy_clients(firmware.address);
}

#[test]
fn embassy_greedy_clients_take_turns() {
    let Some(firmware) = Firmware::board("an385", &["--embassy"]) else { return };
    scrape_passes_greedy_clients(firmware.address);
}

/// As many clients as there are sockets send requests without end, so that each finds the next when it is answered. Another one gets
/// its page while they go on.
fn scrape_passes_greedy_clients(address: SocketAddr) {
    let stop = AtomicBool::new(false);
    let greedy = || {
        let requests = b"HEAD /metrics HTTP/1.1\r\nHost: device\r\n\r\n".repeat(100);
        let goes_on = || !stop.load(Ordering::Relaxed);
        while goes_on() {
            let stream = crate::clients::connect(address);
            std::thread::scope(|scope| {
                scope.spawn(|| while goes_on() && (&stream).write_all(&requests).is_ok() {});
                while goes_on() && (&stream).read(&mut [0; 1_000]).is_ok_and(|count| count > 0) {}
                let _ = stream.shutdown(Shutdown::Both);
            });
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(greedy);
        scope.spawn(greedy);
        std::thread::sleep(Duration::from_millis(500));
        let began = Instant::now();
        let page = std::panic::catch_unwind(|| Page::scrape(address));
        println!("beside two greedy clients: {:?}", began.elapsed());
        stop.store(true, Ordering::Relaxed);
        page.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
}
