//! The responder on an asynchronous socket.

mod socket;

use std::cell::Cell;

use picometer::http::{Action, Endpoint, Event, Limits, Responder};
use picometer::{BoundedFamily, Counter, Desc};

use super::client::{GET, SMALL, exchange, response, responses};
use super::fixture::Fixture;
use socket::{Arrival, Broken, Clock, Failure, Socket};

const HEAD: u64 = Limits::DEFAULT.head_millis as u64;
const IDLE: u64 = Limits::DEFAULT.idle_millis as u64;
const SEND: u64 = Limits::DEFAULT.send_millis as u64;

fn bytes(text: &str) -> Arrival {
    Arrival::Bytes(text.as_bytes().to_vec())
}

/// What the same bytes get without a socket.
fn expected(site: &Endpoint<'_>, input: &[u8]) -> Vec<u8> {
    exchange(&mut Responder::<512>::with_sizes(site), input, usize::MAX, 4_096)
}

#[test]
fn any_pieces_and_rooms_give_the_same_bytes() {
    Fixture::filled().with_registry(|registry| same_bytes(&Endpoint::new(registry)));
}

fn same_bytes(site: &Endpoint<'_>) {
    for input in [
        GET.to_owned(),
        GET.repeat(3),
        format!("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n{GET}GET /nothing HTTP/1.0\r\n\r\n"),
        "nonsense\r\n\r\n".to_owned(),
    ] {
        let whole = expected(site, input.as_bytes());
        for (piece, room) in [(1, 1), (1, 4_096), (3, 7), (64, 100), (65, 1), (4_096, 4_096)] {
            let clock = Clock::default();
            let mut socket = Socket::with(&clock, &input);
            (socket.piece, socket.room) = (piece, room);
            let (result, _) = socket.serve(&mut Responder::<512>::with_sizes(site), false);
            assert_eq!(result, Some(Ok(Action::Close)), "{input:?}");
            assert!(socket.sent == whole, "{input:?} in pieces of {piece}, rooms of {room}");
        }
    }
}

#[test]
fn page_larger_than_buffers_is_whole() {
    static SENT: BoundedFamily<Counter<u32>, 1, 200, 8> = BoundedFamily::new(&Desc::counter("sent_total", "By topic."), &["topic"]);
    (0..200).for_each(|nth| SENT.with([&format!("topic{nth}")]).inc());
    let site = Endpoint::new(&SENT);
    // A write that takes as long as it may is not begun anew by a timer that is early.
    for early in [false, true] {
        let clock = Clock::default();
        let mut socket = Socket::with(&clock, GET);
        (socket.room, socket.write_millis) = (100, SEND);
        let (result, events) = socket.serve(&mut Responder::<256>::with_sizes(&site), early);
        assert_eq!(result, Some(Ok(Action::Close)));
        let page = response(&socket.sent, "GET").expect("a response").0;
        assert_eq!(page.text().lines().filter(|line| line.starts_with("sent_total{")).count(), 200);
        let [Event::Request, Event::Response(served)] = events[..] else { panic!("{events:?}") };
        assert_eq!((served.status, served.metrics, served.bytes as usize), (200, true, socket.sent.len()));
    }
}

#[test]
fn events_come_in_pairs() {
    let clock = Clock::default();
    let mut socket = Socket::with(&clock, format!("{GET}GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n{GET}"));
    let (_, events) = socket.serve(&mut Responder::new(&SMALL), false);
    let codes = events.iter().map(|event| if let Event::Response(served) = event { served.status } else { 0 });
    assert_eq!(codes.collect::<Vec<_>>(), [0, 200, 0, 404, 0, 200]);
}

/// As a server does that has other clients waiting.
#[test]
fn owner_ends_the_connection_between_responses() {
    for (last, next, count) in [(1, Action::Close, 1), (2, Action::Close, 2), (2, Action::Reset, 2)] {
        let clock = Clock::default();
        let mut socket = Socket::with(&clock, GET.repeat(3));
        let mut responses_left = last;
        let on = |event| {
            responses_left -= u32::from(matches!(event, Event::Response(_)));
            if responses_left == 0 { next } else { Action::Open }
        };
        let end = clock.run(Responder::new(&SMALL).serve(&mut socket, || clock.now(), |_| std::future::pending(), on));
        assert_eq!(end, Some(Ok(next)));
        assert_eq!(responses(&socket.sent, &["GET"]).len(), count, "whole responses");
    }
    let clock = Clock::default();
    let mut socket = Socket::with(&clock, GET);
    let on = |_| Action::Reset;
    assert_eq!(
        clock.run(Responder::new(&SMALL).serve(&mut socket, || clock.now(), |_| std::future::pending(), on)),
        Some(Ok(Action::Reset))
    );
    assert!(socket.sent.is_empty());
}

#[test]
fn kept_connection_answers_until_it_is_idle() {
    let clock = Clock::default();
    let mut socket = Socket::new(&clock, [(0, bytes(GET)), (IDLE, bytes(GET)), (2 * IDLE, bytes(&GET.repeat(2)))]);
    let (result, _) = socket.serve(&mut Responder::new(&SMALL), false);
    assert_eq!((result, clock.now()), (Some(Ok(Action::Close)), 3 * IDLE + 1));
    assert_eq!(responses(&socket.sent, &["GET"; 4]).len(), 4);
}

#[test]
fn silent_client_is_closed() {
    for early in [false, true] {
        let clock = Clock::default();
        let mut socket = Socket::new(&clock, []);
        let (result, events) = socket.serve(&mut Responder::new(&SMALL), early);
        assert_eq!((result, clock.now(), events), (Some(Ok(Action::Close)), IDLE + 1, vec![]));
        assert!(socket.sent.is_empty());
    }
}

#[test]
fn half_a_request_is_408_at_the_deadline() {
    for early in [false, true] {
        let clock = Clock::default();
        let mut socket = Socket::with(&clock, &GET[..20]);
        let (result, _) = socket.serve(&mut Responder::new(&SMALL), early);
        assert_eq!((result, clock.now()), (Some(Ok(Action::Close)), HEAD + 1));
        assert_eq!(responses(&socket.sent, &["GET"])[0].status, 408);
    }
}

/// Bytes that come one by one do not put the deadline off.
#[test]
fn dripping_client_is_408_at_the_deadline() {
    let clock = Clock::default();
    let drops = GET.repeat(9).chars().enumerate().map(|(nth, byte)| (nth as u64 * 250, bytes(&byte.to_string()))).collect::<Vec<_>>();
    let mut socket = Socket::new(&clock, drops);
    let (result, _) = socket.serve(&mut Responder::new(&SMALL), false);
    assert_eq!((result, clock.now()), (Some(Ok(Action::Close)), HEAD + 1));
    assert_eq!(responses(&socket.sent, &["GET"])[0].status, 408);
}

#[test]
fn client_that_takes_nothing_is_reset() {
    for (behind, early) in [(0, false), (50, false), (50, true)] {
        let clock = Clock::default();
        let mut socket = Socket::with(&clock, GET);
        socket.fails_behind = Some((behind, Failure::Hangs));
        let (result, events) = socket.serve(&mut Responder::new(&SMALL), early);
        assert_eq!((result, clock.now(), events), (Some(Ok(Action::Reset)), SEND + 1, vec![Event::Request]));
    }
}

#[test]
fn flush_that_hangs_is_reset() {
    let clock = Clock::default();
    let mut socket = Socket::with(&clock, GET);
    socket.stuck = true;
    let (result, events) = socket.serve(&mut Responder::new(&SMALL), false);
    assert_eq!((result, clock.now()), (Some(Ok(Action::Reset)), SEND));
    assert!(matches!(events[..], [Event::Request, Event::Response(_)]), "{events:?}");
}

#[test]
fn socket_that_fails_ends_the_connection() {
    let clock = Clock::default();
    for (arrivals, failure, end) in [
        (vec![(5, Arrival::Error)], None, Err(Broken)),
        (vec![(0, bytes(&GET[..9])), (5, Arrival::Error)], None, Err(Broken)),
        (vec![(0, bytes(GET))], Some((0, Failure::Error)), Err(Broken)),
        (vec![(0, bytes(GET))], Some((50, Failure::Error)), Err(Broken)),
        (vec![(0, bytes(GET))], Some((50, Failure::Zero)), Ok(Action::Reset)),
    ] {
        let mut socket = Socket::new(&clock, arrivals);
        socket.fails_behind = failure;
        let (result, _) = socket.serve(&mut Responder::new(&SMALL), false);
        assert_eq!(result, Some(end));
    }
}

#[test]
fn client_that_closes_its_half_gets_what_it_asked_for() {
    for (input, count) in [("", 0), (&GET[..20], 0), (GET, 1), (&GET.repeat(2), 2)] {
        let clock = Clock::default();
        let mut socket = Socket::with(&clock, input);
        socket.script.retain(|(_, arrival)| !matches!(arrival, Arrival::Bytes(bytes) if bytes.is_empty()));
        socket.script.push_back((0, Arrival::End));
        let (result, _) = socket.serve(&mut Responder::new(&SMALL), false);
        assert_eq!((result, clock.now()), (Some(Ok(Action::Close)), 0));
        assert_eq!(responses(&socket.sent, &vec!["GET"; count]).len(), count);
    }
}

/// A server drops the future to make room for another client.
#[test]
fn responder_begins_anew_after_a_dropped_connection() {
    let mut responder = Responder::new(&SMALL);
    for behind in [0, 1, 100] {
        let clock = Clock::default();
        let mut socket = Socket::with(&clock, GET);
        socket.fails_behind = Some((behind, Failure::Hangs));
        let never = |_| std::future::pending();
        assert_eq!(clock.run(responder.serve(&mut socket, || clock.now(), never, |_| Action::Open)), None);
        assert!(responder.is_answering());
        let mut socket = Socket::with(&clock, GET);
        assert_eq!(socket.serve(&mut responder, false).0, Some(Ok(Action::Close)));
        assert!(socket.sent == expected(&SMALL, GET.as_bytes()));
    }
}

/// A clock that is set back puts deadlines off, and brings none near.
#[test]
fn clock_that_goes_back_ends_no_connection() {
    let clock = Clock::default();
    let mut socket = Socket::new(&clock, [(0, bytes(&GET[..9])), (HEAD / 2, bytes(&GET[9..]))]);
    let back = Cell::new(0);
    let now = || 1_000_000 + clock.now() - back.replace(1_000);
    let sleep = |_| std::future::pending();
    assert_eq!(clock.run(Responder::new(&SMALL).serve(&mut socket, now, sleep, |_| Action::Open)), None);
    assert_eq!(responses(&socket.sent, &["GET"])[0].status, 200);
}
