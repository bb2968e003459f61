//! Contexts that change metrics.

use super::ROUNDS;
use super::metrics::{ALL, modes};

/// More names than slots.
const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g\"\\\n"];

/// Does everything [`ROUNDS`] times, each writer in an order of its own.
pub fn work(writer: u32) {
    for round in 0..ROUNDS {
        count(round);
        observe(round);
        come_and_go(writer, round);
        // What is made way for depends on the machine; without it, a machine of one core would run one writer after the other.
        if (round + writer).is_multiple_of(16) {
            std::thread::yield_now();
        }
    }
}

fn count(round: u32) {
    let mode = modes()[round as usize % 3];
    ALL.events.inc();
    ALL.bytes.inc_by(3);
    ALL.seconds.inc_by(0.25);
    if round.is_multiple_of(2) {
        ALL.level.inc()
    } else {
        ALL.level.dec()
    }
    ALL.highest.inc_to(round);
    ALL.modes.with(mode).inc();
    ALL.state.set(mode);
    // Both labels and the value say the same, so that halves of two exemplars are seen.
    let text = (round % 10_000).to_string();
    ALL.traced.inc_with(&[("a", &text), ("b", &text)], None).unwrap();
}

fn observe(round: u32) {
    ALL.sizes.observe(7);
    ALL.waits.observe(0.25);
    ALL.spent.observe(2);
    // What came goes in the next round; before it, a page may find that nothing is there.
    if round.is_multiple_of(2) {
        ALL.open.insert(7)
    } else {
        ALL.open.remove(7)
    }
    let size = round % 20;
    let text = size.to_string();
    ALL.slow.observe_with(size, &[("a", &text), ("b", &text)], None).unwrap();
}

fn come_and_go(writer: u32, round: u32) {
    let which = (round * (2 * writer + 1) + writer) as usize % NAMES.len();
    let name = [NAMES[which]];
    ALL.peers.with(name).inc();
    let topic = ALL.topics.with(name);
    if !topic.is_overflow() {
        topic.inc_as(which as u32 + 1);
        if round % 5 == writer {
            ALL.topics.remove(name);
            // It is not on the pages any more, and still ours.
            topic.inc_as(which as u32 + 1);
        }
    }
    drop(topic);
    ALL.tasks.with(name).observe(round % 20);
    match round % 64 {
        7 => drop(ALL.tasks.remove([NAMES[round as usize / 64 % NAMES.len()]])),
        // Whatever came into the slots meanwhile.
        63 if writer == 0 => ALL.topics.clear(),
        _ => {}
    }
}
