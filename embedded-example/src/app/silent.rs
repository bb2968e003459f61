//! Clients that hold a socket and ask for nothing, beside one that scrapes.

use std::vec::Vec;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::State;

use crate::testing::{PAGE_BYTES, Page, REQUEST, World, page};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Connects and says nothing.
    Silent,
    /// Sends its request a byte each 20 ms.
    Drips,
    /// Connects again as soon as it is reset.
    ComesAgain,
    /// Had a page and keeps the connection.
    Idle,
}

struct Crowd {
    kind: Kind,
    clients: Vec<SocketHandle>,
    dripped_ms: u64,
}

impl Crowd {
    fn new(world: &mut World<Page>, kind: Kind, count: usize) -> Self {
        let clients = (0..count).map(|_| world.connect(8192)).collect();
        let mut crowd = Self { kind, clients, dripped_ms: 0 };
        let end_ms = world.now_ms + 500;
        crowd.until(world, 1_000, "half a second", |world| world.now_ms >= end_ms);
        crowd
    }

    fn act(&mut self, world: &mut World<Page>) {
        let drips = self.kind == Kind::Drips && world.now_ms >= self.dripped_ms + 20;
        if drips {
            self.dripped_ms = world.now_ms;
        }
        for &client in &self.clients {
            match self.kind {
                Kind::Drips if drips && world.client(client).may_send() => drop(world.client(client).send_slice(b"G")),
                Kind::ComesAgain if world.state(client) == State::Closed => world.connect_again(client),
                Kind::Idle if world.state(client) == State::CloseWait => world.client(client).close(),
                _ => {}
            }
        }
    }

    fn until(&mut self, world: &mut World<Page>, limit_ms: u64, what: &str, mut is_so: impl FnMut(&mut World<Page>) -> bool) {
        world.until(limit_ms, what, |world| {
            self.act(world);
            is_so(world)
        });
    }

    /// How long a scrape takes from the first frame to the last.
    fn scrape(&mut self, world: &mut World<Page>) -> u64 {
        let began_ms = world.now_ms;
        let client = world.connect(8192);
        let (mut asked, mut bytes) = (false, Vec::new());
        let what = std::format!("a page beside {} clients, {:?}", self.clients.len(), self.kind);
        self.until(world, 5_000, &what, |world| {
            assert_ne!(world.state(client), State::Closed, "{what}: reset");
            if !asked && world.client(client).may_send() {
                asked = world.client(client).send_slice(REQUEST).is_ok();
            }
            bytes.extend(world.take(client));
            bytes.ends_with(b"\r\n0\r\n\r\n")
        });
        world.client(client).abort();
        assert_eq!(crate::testing::body(&bytes).len(), PAGE_BYTES);
        world.now_ms - began_ms
    }
}

fn world() -> World<Page> {
    World::new(0, 1, page)
}

#[test]
fn scrape_takes_100_ms_beside_silent_clients() {
    for kind in [Kind::Silent, Kind::Drips, Kind::ComesAgain] {
        for count in [2, 6, 40] {
            let mut world = world();
            let mut crowd = Crowd::new(&mut world, kind, count);
            for scrape in 0..20 {
                let took_ms = crowd.scrape(&mut world);
                assert!(took_ms <= 100, "{count} clients, {kind:?}, scrape {scrape}: {took_ms} ms");
                crowd.until(&mut world, 1_000, "some time", |_| true);
            }
        }
    }
}

/// Two at once find the crowd's sockets one after the other.
#[test]
fn two_scrapes_at_once_pass_silent_clients() {
    let mut world = world();
    let mut crowd = Crowd::new(&mut world, Kind::Silent, 2);
    let clients = [world.connect(8192), world.connect(8192)];
    let began_ms = world.now_ms;
    let (mut asked, mut received) = ([false; 2], [0; 2]);
    crowd.until(&mut world, 5_000, "two pages", |world| {
        for (nth, &client) in clients.iter().enumerate() {
            if !asked[nth] && world.client(client).may_send() {
                asked[nth] = world.client(client).send_slice(REQUEST).is_ok();
            }
            received[nth] += world.take(client).len();
        }
        received.iter().all(|&received| received > PAGE_BYTES)
    });
    assert!(world.now_ms - began_ms <= 100, "{} ms", world.now_ms - began_ms);
}

/// However many come, a client that reads slowly has its page to the end.
#[test]
fn answered_request_is_never_cut() {
    for kind in [Kind::Silent, Kind::ComesAgain] {
        let mut world = world();
        let slow = world.connect(512);
        world.send(slow, REQUEST);
        world.until(100, "the beginning", |world| world.client(slow).can_recv());
        let mut crowd = Crowd::new(&mut world, kind, 40);
        let (mut bytes, mut read_ms) = (Vec::new(), 0);
        crowd.until(&mut world, 30_000, "a whole page", |world| {
            assert_ne!(world.state(slow), State::Closed, "cut after {} bytes", bytes.len());
            if world.now_ms >= read_ms + 50 {
                read_ms = world.now_ms;
                bytes.extend(world.take(slow));
            }
            bytes.ends_with(b"\r\n0\r\n\r\n")
        });
        assert_eq!(crate::testing::body(&bytes).len(), PAGE_BYTES);
    }
}

#[test]
fn idle_connection_gets_an_end_in_order() {
    for polite in [true, false] {
        let mut world = world();
        let idle = [world.connect(8192), world.connect(8192)];
        for client in idle {
            world.send(client, REQUEST);
            world.response(client, 100);
        }
        world.pass(10_000);
        let mut crowd = Crowd { kind: if polite { Kind::Idle } else { Kind::Silent }, clients: idle.to_vec(), dripped_ms: 0 };
        let took_ms = crowd.scrape(&mut world);
        assert!(took_ms <= 100, "{took_ms} ms");
        let states = idle.map(|client| world.state(client));
        let ended = if polite { [State::Closed, State::TimeWait, State::LastAck].as_slice() } else { &[State::CloseWait] };
        assert!(ended.contains(&states[0]) || ended.contains(&states[1]), "{states:?}");
        assert!(states.contains(&State::Established), "one is enough: {states:?}");
    }
}

/// Half-open connections, whose kernel never answers, make room too.
#[test]
fn half_open_connections_make_room() {
    let mut world = world();
    let first = world.connect(8192);
    world.send(first, REQUEST);
    world.response(first, 100);
    world.client(first).abort();
    world.pass(100);
    for port in 1..=6 {
        world.send_syn((crate::addressing::GATEWAY, 1_000 + port).into());
    }
    world.deaf = true;
    world.pass(100);
    world.deaf = false;
    let mut crowd = Crowd { kind: Kind::Silent, clients: Vec::new(), dripped_ms: 0 };
    let took_ms = crowd.scrape(&mut world);
    assert!(took_ms <= 200, "{took_ms} ms");
}
