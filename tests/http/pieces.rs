//! However the bytes are cut on the way, in and out, what is sent is the same.

use super::client::{Random, exchange};
use super::fixture::Fixture;
use picometer::Registry;
use picometer::http::{Action, Endpoint, Responder};

/// Good requests and, at the end, one that is not.
const PIPELINE: &str = "\r\nGET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
     text/plain;version=0.0.4;q=0.4,*/*;q=0.1\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n\
     HEAD /metrics HTTP/1.1\nHost: x\n\nGET /metrics?name[]=device_boots&name%5B%5D=%62us_transfers_total HTTP/1.1\r\nhost: y\r\n\r\n\
     OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\nPUT /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\nAccept: text/*\r\n\r\n\
     GET / HTTP/1.1\r\nHost : x\r\n\r\n trailing";

fn with_site(then: impl FnOnce(&Endpoint<'_>)) {
    fn on<'a>(registry: &'a Registry<'a>, then: impl FnOnce(&Endpoint<'_>)) {
        then(&Endpoint::new(registry));
    }
    Fixture::filled().with_registry(|registry| on(registry, then));
}

fn answer(site: &Endpoint<'_>, piece: usize, room: usize) -> Vec<u8> {
    let mut responder = Responder::<512>::with_sizes(site);
    let sent = exchange(&mut responder, PIPELINE.as_bytes(), piece, room);
    assert_eq!(responder.next(), Action::Close);
    sent
}

#[test]
fn every_piece_size() {
    with_site(|site| {
        let whole = answer(site, usize::MAX, 100_000);
        assert!(whole.len() > 10_000 && whole.ends_with(b"400 Bad Request\n"), "{}", String::from_utf8_lossy(&whole));
        for piece in 1..=PIPELINE.len() {
            assert_eq!(answer(site, piece, 4_096), whole, "in pieces of {piece}");
        }
    });
}

#[test]
fn every_room() {
    with_site(|site| {
        let whole = answer(site, usize::MAX, 100_000);
        for room in 1..=600 {
            assert_eq!(answer(site, 1_000, room), whole, "in rooms of {room}");
        }
        assert_eq!(answer(site, 1, 1), whole, "byte by byte");
    });
}

#[test]
fn pieces_and_rooms_of_changing_sizes() {
    with_site(|site| {
        let whole = answer(site, usize::MAX, 100_000);
        let mut random = Random(0x5eed);
        for round in 0..300 {
            let mut responder = Responder::<512>::with_sizes(site);
            let (mut left, mut sent) = (PIPELINE.as_bytes(), Vec::new());
            // Now and then no room at all, and now and then nothing arrives.
            while responder.next() == Action::Open || !left.is_empty() {
                let piece = random.below(60).min(left.len());
                left = &left[responder.receive(0, &left[..piece])..];
                let mut room = vec![0xff; random.below(200)];
                let len = responder.transmit(0, &mut room);
                sent.extend_from_slice(&room[..len]);
            }
            assert_eq!(sent, whole, "round {round}");
        }
    });
}

/// The room is written as far as the answer says, and no further.
#[test]
fn nothing_is_written_behind_what_is_counted() {
    with_site(|site| {
        for size in [1, 3, 100, 700] {
            let mut responder = Responder::<512>::with_sizes(site);
            responder.receive(0, &PIPELINE.as_bytes()[..300]);
            for _ in 0..200 {
                let mut room = vec![0xff; size];
                let len = responder.transmit(0, &mut room);
                assert!(room[len..].iter().all(|&byte| byte == 0xff) && !room[..len].contains(&0xff));
            }
        }
    });
}

/// Buffers of every size from the least on give pages that are the same, chunked in another way.
#[test]
fn every_size_of_buffer_gives_the_same_page() {
    fn page<const BUFFER: usize>(site: &Endpoint<'_>) -> Vec<u8> {
        let mut responder = Responder::<BUFFER>::with_sizes(site);
        let sent = exchange(&mut responder, super::client::GET.as_bytes(), usize::MAX, 333);
        super::client::responses(&sent, &["GET"]).remove(0).body
    }
    with_site(|site| {
        let whole = page::<65535>(site);
        assert!(whole.len() > 2_000);
        for body in [page::<256>(site), page::<257>(site), page::<300>(site), page::<511>(site), page::<4096>(site), page::<40000>(site)] {
            assert_eq!(body, whole);
        }
    });
}
