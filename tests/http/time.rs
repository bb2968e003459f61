//! Deadlines. Time is an argument, so none of these takes any.

use super::client::{GET, SMALL, responses};
use super::fixture::Fixture;
use picometer::http::{Action, Endpoint, Limits, Responder};

const HEAD: u64 = Limits::DEFAULT.head_millis as u64;
const IDLE: u64 = Limits::DEFAULT.idle_millis as u64;
const SEND: u64 = Limits::DEFAULT.send_millis as u64;

fn send(responder: &mut Responder<'_>, now: u64) -> Vec<u8> {
    let mut room = [0; 4_096];
    let len = responder.transmit(now, &mut room);
    room[..len].to_vec()
}

#[test]
fn a_head_that_does_not_arrive_in_time_is_408() {
    for arrived in 1..GET.len() {
        let mut responder = Responder::new(&SMALL);
        responder.receive(1_000, &GET.as_bytes()[..arrived]);
        assert!(send(&mut responder, 1_000 + HEAD).is_empty(), "it may still come");
        let sent = send(&mut responder, 1_001 + HEAD);
        let response = responses(&sent, &["GET"]).remove(0);
        assert_eq!((response.status, response.field("Connection"), response.text()), (408, Some("close"), "408 Request Timeout\n"));
        assert_eq!(responder.next(), Action::Close);
    }
}

/// The deadline is for the whole head: a byte now and then does not put it off.
#[test]
fn one_byte_a_second_does_not_hold_the_connection() {
    let mut responder = Responder::new(&SMALL);
    let mut sent = Vec::new();
    let mut now = 0;
    for byte in GET.as_bytes() {
        responder.receive(now, &[*byte]);
        sent.extend(send(&mut responder, now));
        if responder.next() != Action::Open {
            break;
        }
        now += 1_000;
    }
    assert_eq!(now, HEAD + 1_000, "the first second beyond the deadline");
    assert_eq!(responses(&sent, &["GET"])[0].status, 408);
}

/// The time runs from the first byte of each head, not from the start of the connection.
#[test]
fn each_head_has_its_own_time() {
    let mut responder = Responder::new(&SMALL);
    for start in [0, 20_000, 60_000, 119_000] {
        responder.receive(start, &GET.as_bytes()[..10]);
        assert!(send(&mut responder, start + HEAD).is_empty());
        responder.receive(start + HEAD, &GET.as_bytes()[10..]);
        assert_eq!(responses(&send(&mut responder, start + HEAD), &["GET"])[0].status, 200);
        assert_eq!(responder.next(), Action::Open);
    }
}

#[test]
fn a_head_that_arrived_is_answered_however_late() {
    let mut responder = Responder::new(&SMALL);
    responder.receive(0, GET.as_bytes());
    assert_eq!(responses(&send(&mut responder, SEND), &["GET"])[0].status, 200);
}

/// Nothing was asked for: there is nothing to say.
#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let mut responder = Responder::new(&SMALL);
    assert!(send(&mut responder, 5_000).is_empty());
    assert!(send(&mut responder, 5_000 + IDLE).is_empty());
    assert_eq!(responder.next(), Action::Open);
    assert!(send(&mut responder, 5_001 + IDLE).is_empty());
    assert_eq!(responder.next(), Action::Close);
    assert_eq!(responder.receive(5_002 + IDLE, GET.as_bytes()), GET.len(), "and what comes then is swallowed");
    assert!(send(&mut responder, 5_002 + IDLE).is_empty());
}

#[test]
fn the_idle_time_starts_again_with_each_response() {
    let mut responder = Responder::new(&SMALL);
    for round in 0..4 {
        let now = round * IDLE;
        responder.receive(now, GET.as_bytes());
        assert!(!send(&mut responder, now).is_empty());
        assert!(send(&mut responder, now + IDLE).is_empty());
        assert_eq!(responder.next(), Action::Open);
    }
    send(&mut responder, 4 * IDLE + 1);
    assert_eq!(responder.next(), Action::Close);
}

/// Closing would end the page of HTTP/1.0 as if it were whole.
#[test]
fn a_client_that_takes_nothing_is_reset() {
    for request in [GET, "GET /metrics HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "nonsense\r\n"] {
        for taken in [0, 1, 30] {
            let mut responder = Responder::new(&SMALL);
            responder.receive(0, request.as_bytes());
            assert_eq!(responder.transmit(100, &mut [0; 30][..taken]), taken);
            let last = if taken == 0 { 0 } else { 100 };
            assert_eq!(responder.transmit(last + SEND, &mut []), 0);
            assert_eq!(responder.next(), Action::Open);
            assert_eq!(responder.transmit(last + SEND + 1, &mut []), 0);
            assert_eq!(responder.next(), Action::Reset, "{request:?}");
            assert_eq!(responder.failure(), None, "it was the client's fault");
        }
    }
}

#[test]
fn a_client_that_takes_a_little_is_served_to_the_end() {
    Fixture::filled().with_registry(|registry| {
        let site = Endpoint::new(registry);
        let mut responder = Responder::new(&site);
        responder.receive(0, b"GET /metrics?name[]=offset HTTP/1.1\r\nHost: x\r\n\r\n");
        let (mut now, mut sent) = (0, Vec::new());
        let mut room = [0; 1];
        while responder.take_served().is_none() {
            now += SEND;
            let len = responder.transmit(now, &mut room);
            sent.extend_from_slice(&room[..len]);
            assert_eq!(responder.next(), Action::Open);
        }
        assert_eq!(responses(&sent, &["GET"])[0].text(), "# TYPE offset gauge\noffset -3\n");
    });
}

#[test]
fn limits_are_those_of_the_site() {
    let registry = picometer::Registry::new(&[]);
    let site = Endpoint::new(&registry).limits(Limits { head_millis: 10, idle_millis: 20, send_millis: 0 });
    let ended = |bytes: &[u8], now: u64| {
        let mut responder = Responder::<512>::with_sizes(&site);
        responder.transmit(0, &mut []);
        responder.receive(0, bytes);
        (responder.transmit(now, &mut [0; 16]) > 0, responder.next())
    };
    assert_eq!(ended(b"GET", 10), (false, Action::Open));
    assert_eq!(ended(b"GET", 11), (true, Action::Open));
    assert_eq!(ended(b"", 20), (false, Action::Open));
    assert_eq!(ended(b"", 21), (false, Action::Close));
    assert_eq!(ended(GET.as_bytes(), 0), (true, Action::Open));
    assert_eq!(ended(GET.as_bytes(), 1), (false, Action::Reset));
}

/// Deadlines are those of every moment, also where the lower half of the clock wraps around.
#[test]
fn a_clock_may_start_anywhere() {
    for start in [0, 1, u64::from(u32::MAX) - 2_000, u64::from(u32::MAX), u64::MAX - HEAD - 1] {
        let mut responder = Responder::new(&SMALL);
        responder.receive(start, b"GET");
        assert!(send(&mut responder, start + HEAD).is_empty());
        assert_eq!(responses(&send(&mut responder, start + HEAD + 1), &["GET"])[0].status, 408, "{start}");
    }
}

/// A clock that is set back ends nothing before its time.
#[test]
fn a_clock_that_jumps_back_does_no_harm() {
    for start in [1_000_000, u64::from(u32::MAX) - 3, u64::from(u32::MAX) + 3, u64::MAX - 3] {
        let mut responder = Responder::new(&SMALL);
        responder.receive(start, &GET.as_bytes()[..9]);
        for back in [1, 0, 60_000, 0, 1_000_000, 5] {
            assert!(send(&mut responder, start.wrapping_sub(back)).is_empty());
            assert_eq!(responder.next(), Action::Open, "{back} ms back from {start}");
        }
        responder.receive(start, &GET.as_bytes()[9..]);
        assert_eq!(responses(&send(&mut responder, start - 500_000), &["GET"])[0].status, 200);
    }
}
