//! How connections end.

use super::*;

#[test]
fn a_reset_in_the_middle_of_a_page_frees_the_socket() {
    let mut world = world();
    for _ in 0..10 {
        let client = world.connect(2048);
        world.send(client, REQUEST);
        world.until(100, "part of a page", |world| !world.take(client).is_empty());
        world.client(client).abort();
        world.step();
    }
    let next = world.connect(8192);
    world.send(next, REQUEST);
    assert_eq!(world.response(next, 100).len(), PAGE_BYTES);
}

#[test]
fn a_client_that_closes_its_half_gets_its_page_and_an_end() {
    let mut world = world();
    let client = world.connect(8192);
    world.send(client, REQUEST);
    world.client(client).close();
    assert_eq!(world.response(client, 100).len(), PAGE_BYTES);
    world.until(100, "the end", |world| world.state(client) == State::TimeWait);
}

#[test]
fn a_connection_that_the_device_ends_is_over_for_the_client_too() {
    let mut world = world();
    for _ in 0..4 {
        let client = world.connect(8192);
        world.send(client, b"GET /metrics HTTP/1.1\r\nHost: device\r\nConnection: close\r\n\r\n");
        assert_eq!(world.response(client, 100).len(), PAGE_BYTES);
        world.until(100, "the device's end", |world| world.state(client) == State::CloseWait);
        world.client(client).close();
        let began_ms = world.now_ms;
        world.until(100, "the last acknowledgement", |world| world.state(client) == State::Closed);
        assert_eq!(world.now_ms, began_ms, "nothing is repeated");
    }
}

/// Answers the first byte with `answer`, then does what `next` says.
struct Answer {
    answer: &'static [u8],
    next: Action,
    asked: bool,
}

impl Service for Answer {
    fn receive(&mut self, _now_ms: u64, bytes: &[u8]) -> usize {
        self.asked = true;
        bytes.len()
    }

    fn transmit(&mut self, _now_ms: u64, room: &mut [u8]) -> usize {
        let length = if self.asked { self.answer.len().min(room.len()) } else { 0 };
        room[..length].copy_from_slice(&self.answer[..length]);
        self.answer = &self.answer[length..];
        length
    }

    fn next(&self) -> Action {
        if self.asked && self.answer.is_empty() { self.next } else { Action::Open }
    }

    fn is_answering(&self) -> bool {
        self.asked && !self.answer.is_empty()
    }

    fn take_served(&mut self) -> Option<ResponseStats> {
        None
    }

    fn restart(&mut self) {
        *self = Self { answer: b"half a page", asked: false, next: self.next };
    }
}

#[test]
fn the_service_decides_how_a_connection_ends() {
    for (next, end) in [(Action::Close, State::CloseWait), (Action::Reset, State::Closed), (Action::Open, State::Established)] {
        let mut world = World::new(0, 1, || Answer { answer: b"half a page", next, asked: false });
        let client = world.connect(8192);
        world.send(client, REQUEST);
        world.pass(100);
        assert_eq!(world.state(client), end, "{next:?}");
        if next != Action::Reset {
            assert_eq!(world.take(client), b"half a page");
        }
        let other = world.connect(8192);
        world.until(100, "next client", |world| world.client(other).may_send());
    }
}
