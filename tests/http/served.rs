//! What the owner is told about a response that was sent to its end.

use super::client::{GET, SMALL, exchange};
use super::fixture::Fixture;
use picometer::http::{Action, Endpoint, Responder, ResponseStats};

/// Sends one request and drains the answer; what was said of it, and how many bytes it had.
fn served(request: &str, room: usize) -> (Option<ResponseStats>, usize) {
    let mut responder = Responder::new(&SMALL);
    let sent = exchange(&mut responder, request.as_bytes(), 10, room);
    let served = responder.take_served();
    assert_eq!(responder.take_served(), None, "it is said once");
    (served, sent.len())
}

#[test]
fn status_and_kind_of_every_answer() {
    let table = [
        (GET, 200, true),
        ("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200, true),
        ("GET /metrics HTTP/1.0\r\n\r\n", 200, true),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, false),
        ("OPTIONS /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200, false),
        ("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404, false),
        ("PUT /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 405, false),
        ("BREW /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 501, false),
        ("GET /metrics HTTP/2.0\r\n", 505, false),
        ("nonsense\r\n", 400, false),
    ];
    for (request, status, metrics) in table {
        // Every room: the last byte may go alone, or with all that were before it.
        for room in [1, 2, 3, 19, 50, 100, 4_096] {
            let (served, bytes) = served(request, room);
            assert_eq!(served, Some(ResponseStats { status, metrics, bytes: bytes as u32, millis: 0 }), "{request:?} in rooms of {room}");
        }
    }
}

#[test]
fn bytes_of_a_long_page_are_all_counted() {
    Fixture::filled().with_registry(|registry| {
        let site = Endpoint::new(registry);
        for room in (1..700).step_by(13).chain([100_000]) {
            let mut responder = Responder::<512>::with_sizes(&site);
            for _ in 0..2 {
                let sent = exchange(&mut responder, GET.as_bytes(), usize::MAX, room);
                assert_eq!(responder.take_served().unwrap().bytes as usize, sent.len(), "in rooms of {room}");
            }
        }
    });
}

/// From the last byte of the request to the last of the response.
#[test]
fn the_time_that_it_took() {
    let mut responder = Responder::new(&SMALL);
    let mut room = [0; 32];
    responder.receive(1_000, &GET.as_bytes()[..5]);
    assert_eq!(responder.transmit(1_000, &mut room), 0);
    responder.receive(1_500, &GET.as_bytes()[5..]);
    let mut now = 1_500;
    while responder.take_served().inspect(|served| assert_eq!(u64::from(served.millis), now - 1_500)).is_none() {
        now += 7;
        assert!(responder.transmit(now, &mut room) > 0 || now > 1_520, "nothing is sent");
        assert!(now < 2_000, "it is never told");
    }
    assert!(now > 1_520);
}

#[test]
fn nothing_is_told_before_the_end() {
    let mut responder = Responder::new(&SMALL);
    responder.receive(0, GET.as_bytes());
    let mut room = [0; 1];
    let mut sent = Vec::new();
    while !sent.ends_with(b"0\r\n\r\n") {
        assert_eq!(responder.take_served(), None);
        assert_eq!(responder.transmit(0, &mut room), 1);
        sent.push(room[0]);
    }
    // Another request makes way for it.
    assert_eq!(responder.transmit(0, &mut room), 0);
    assert_eq!(responder.take_served().unwrap().bytes as usize, sent.len());
}

#[test]
fn a_response_that_broke_off_is_not_told_of() {
    let mut responder = Responder::new(&SMALL);
    responder.receive(0, GET.as_bytes());
    responder.transmit(0, &mut [0; 20]);
    responder.transmit(60_000, &mut []);
    assert_eq!((responder.next(), responder.take_served()), (Action::Reset, None));
}
