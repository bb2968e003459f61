//! What clients may do to the application, in a world with a clock of its own: a minute takes no time.

mod ending;

use std::vec::Vec;

use smoltcp::phy::TxToken;
use smoltcp::socket::tcp::State;

use super::*;
use picometer::http::{Action, ResponseStats};

use crate::testing::{PAGE_BYTES, Page, REQUEST, World, page};

fn world() -> World<Page> {
    World::new(0, 1, page)
}

/// What the page looks like on an undisturbed connection.
fn undisturbed() -> Vec<u8> {
    let mut world = world();
    let client = world.connect(8192);
    world.send(client, REQUEST);
    world.response(client, 100)
}

#[test]
fn a_page_takes_no_time_on_a_fast_network() {
    let mut world = world();
    let client = world.connect(8192);
    world.send(client, REQUEST);
    let began_ms = world.now_ms;
    assert_eq!(world.response(client, 100).len(), PAGE_BYTES);
    assert!(world.now_ms - began_ms <= 5, "waits for nothing but the other side: {} ms", world.now_ms - began_ms);
    world.send(client, REQUEST);
    assert_eq!(world.response(client, 100).len(), PAGE_BYTES, "the connection is kept");
}

#[test]
fn pages_survive_a_lossy_network() {
    let expected = undisturbed();
    for seed in 0..20 {
        let mut world = World::new(5, seed, page);
        let client = world.connect(8192);
        world.send(client, REQUEST);
        assert!(world.response(client, 120_000) == expected, "seed {seed}");
    }
}

#[test]
fn pages_survive_a_very_lossy_network() {
    let expected = undisturbed();
    for (percent, seed) in [(10, 1), (10, 2), (20, 3), (20, 4), (30, 5), (30, 6)] {
        let mut world = World::new(percent, seed, page);
        let mut attempts = 0;
        // Where the device gives up after all, the client sees a reset and never half a page that looks whole.
        loop {
            attempts += 1;
            assert!(attempts < 10, "{percent} % lost, seed {seed}");
            let client = world.connect(8192);
            let (mut asked, mut bytes) = (false, Vec::new());
            world.until(600_000, "a page or a reset", |world| {
                if !asked && world.client(client).may_send() {
                    world.send(client, REQUEST);
                    asked = true;
                }
                bytes.extend(world.take(client));
                bytes.ends_with(b"\r\n0\r\n\r\n") || world.state(client) == State::Closed
            });
            if bytes.ends_with(b"\r\n0\r\n\r\n") {
                assert!(crate::testing::body(&bytes) == expected, "{percent} % lost, seed {seed}");
                break;
            }
        }
    }
}

#[test]
fn pages_survive_frames_that_come_twice_or_out_of_order() {
    let expected = undisturbed();
    for seed in 0..20 {
        let mut world = World::new(if seed < 10 { 0 } else { 5 }, seed, page);
        world.shuffle();
        let client = world.connect(8192);
        for _ in 0..3 {
            world.send(client, REQUEST);
            assert!(world.response(client, 120_000) == expected, "seed {seed}");
        }
    }
}

#[test]
fn pages_survive_a_chip_that_overruns() {
    let expected = undisturbed();
    let mut world = world();
    let client = world.connect(8192);
    world.send(client, REQUEST);
    // More noise than the chip holds, in front of what the client has to say.
    for _ in 0..20 {
        for _ in 0..100 {
            world.port.transmit(Instant::ZERO).expect("room").consume(60, |frame| frame.fill(0xff));
        }
        world.pass(1);
    }
    assert!(world.overruns() > 100, "the chip was never full");
    assert!(world.response(client, 60_000) == expected);
}

#[test]
fn a_clock_that_jumps_does_no_harm() {
    let expected = undisturbed();
    // An hour ahead in the middle of a page: the device may give the client up, which sees a reset, and serves the next.
    let mut world = world();
    let first = world.connect(2048);
    world.send(first, REQUEST);
    world.until(100, "part of a page", |world| !world.take(first).is_empty());
    world.now_ms += 3_600_000;
    world.pass(10);
    let next = world.connect(8192);
    world.send(next, REQUEST);
    assert!(world.response(next, 1_000) == expected);
    // Behind the 32 bits of a clock in milliseconds.
    world.now_ms = u64::from(u32::MAX) - 2;
    world.client(next).close();
    world.pass(10);
    let last = world.connect(8192);
    world.send(last, REQUEST);
    assert!(world.response(last, 1_000) == expected);
}

#[test]
fn a_clock_that_goes_back_does_no_harm() {
    let mut world = world();
    world.now_ms = 1_000_000;
    let client = world.connect(8192);
    world.send(client, REQUEST);
    world.response(client, 100);
    // The client's own stack is not what is tested: only the application sees the wrong time.
    for now_ms in [999_000, 5, 0, 500_000] {
        world.app.poll(now_ms);
    }
    world.send(client, REQUEST);
    assert_eq!(world.response(client, 60_000).len(), PAGE_BYTES);
}

#[test]
fn two_clients_are_served_at_the_same_time() {
    let mut world = world();
    let clients = [world.connect(8192), world.connect(8192)];
    clients.into_iter().for_each(|client| world.send(client, REQUEST));
    clients.into_iter().for_each(|client| assert_eq!(world.response(client, 100).len(), PAGE_BYTES));
}

#[test]
fn forty_clients_at_once_wait_for_their_turn() {
    let mut world = world();
    let mut clients: Vec<_> = (0..40).map(|_| world.connect(8192)).collect();
    let mut asked = Vec::new();
    world.until(20_000, "everybody served", |world| {
        clients.retain(|&client| {
            assert_ne!(world.state(client), State::Closed, "no client is turned away");
            if !world.client(client).may_send() {
                return true;
            }
            if !asked.contains(&client) {
                asked.push(client);
                world.send(client, REQUEST);
            }
            let served = world.take(client).ends_with(b"\r\n0\r\n\r\n");
            if served {
                world.client(client).close();
            }
            !served
        });
        clients.is_empty()
    });
}

#[test]
fn a_repeated_request_to_connect_does_no_harm() {
    let mut world = world();
    let clients = [world.connect(2048), world.connect(2048)];
    for client in clients {
        world.send(client, REQUEST);
    }
    // The first socket listens again, and the second has a connection.
    world.client(clients[0]).abort();
    world.pass(1);
    let from = world.client(clients[1]).local_endpoint().expect("connected");
    world.send_syn(from);
    world.pass(1);
    assert_eq!(world.response(clients[1], 100).len(), PAGE_BYTES);
}

#[test]
fn idle_clients_make_room_for_one_who_waits() {
    let mut world = world();
    let idle = [world.connect(8192), world.connect(8192)];
    for client in idle {
        world.send(client, REQUEST);
        world.response(client, 100);
    }
    world.pass(60_000);
    assert_eq!(idle.map(|client| world.state(client)), [State::Established; 2], "kept while no client waits");
    let third = world.connect(8192);
    world.send(third, REQUEST);
    let began_ms = world.now_ms;
    world.response(third, 100);
    assert!(world.now_ms - began_ms < 4_000);
}

#[test]
fn clients_that_do_not_read_make_room_for_one_who_waits() {
    let mut world = world();
    let stuck = [world.connect(512), world.connect(512)];
    stuck.into_iter().for_each(|client| world.send(client, REQUEST));
    world.pass(5_000);
    let third = world.connect(8192);
    world.send(third, REQUEST);
    assert_eq!(world.response(third, 100).len(), PAGE_BYTES);
    assert!(stuck.iter().any(|&client| world.state(client) == State::Closed), "reset, not ended");
}

#[test]
fn clients_that_never_stop_asking_make_room_for_one_who_waits() {
    let mut world = world();
    let busy = [world.connect(8192), world.connect(8192)];
    for client in busy {
        world.send(client, REQUEST);
    }
    let third = world.connect(8192);
    world.until(60_000, "third connected", |world| {
        for client in busy {
            let _ = (world.take(client), world.client(client).send_slice(REQUEST));
        }
        // A client with a busy program between two turns of its loop.
        world.now_ms += 50;
        world.client(third).may_send()
    });
    world.send(third, REQUEST);
    assert_eq!(world.response(third, 100).len(), PAGE_BYTES);
}

#[test]
fn clients_that_were_switched_off_are_forgotten() {
    let mut world = world();
    let dead = [world.connect(2048), world.connect(8192)];
    world.send(dead[0], REQUEST);
    world.pass(10);
    world.deaf = true;
    world.pass(45_000);
    // They forget their connections; otherwise their kernels would reset them when asked.
    dead.into_iter().for_each(|client| world.client(client).abort());
    world.deaf = false;
    world.pass(10);
    let clients = [world.connect(8192), world.connect(8192)];
    clients.into_iter().for_each(|client| world.send(client, REQUEST));
    clients.into_iter().for_each(|client| assert_eq!(world.response(client, 100).len(), PAGE_BYTES));
}

#[test]
fn handshakes_that_are_not_completed_end_soon() {
    let mut world = world();
    let first = world.connect(8192);
    world.send(first, REQUEST);
    world.response(first, 100);
    world.client(first).abort();
    world.pass(10);
    // The interface knows the device now: the next poll sends both requests to connect, and the answers are lost.
    let silent = [world.connect(8192), world.connect(8192)];
    world.pass(1);
    world.deaf = true;
    world.pass(6_000);
    silent.into_iter().for_each(|client| world.client(client).abort());
    world.deaf = false;
    let next = world.connect(8192);
    world.send(next, REQUEST);
    assert_eq!(world.response(next, 100).len(), PAGE_BYTES);
}

#[test]
fn a_flood_of_frames_does_not_stop_the_program() {
    let mut world = world();
    world.step();
    let mut random = 1_u32;
    for number in 0..20_000_u32 {
        let mut frame = [0; 300];
        for byte in &mut frame {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (random >> 24) as u8;
        }
        // More and more of a frame that is meant for the device, the rest noise.
        let good = [0x02, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 1, 0x1e, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 2, 2, 10, 0, 2, 15];
        let known = number as usize % (good.len() + 1);
        frame[..known].copy_from_slice(&good[..known]);
        let token = world.port.transmit(Instant::ZERO).expect("room");
        token.consume(frame.len(), |room| room.copy_from_slice(&frame));
        if number % 50 == 49 {
            assert_eq!(world.app.poll(world.now_ms), world.now_ms, "comes back before it has seen all of them");
        }
        if number % 500 == 499 {
            world.step();
        }
    }
    let client = world.connect(8192);
    world.send(client, REQUEST);
    assert_eq!(world.response(client, 1_000).len(), PAGE_BYTES);
}
