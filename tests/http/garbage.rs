//! Bytes of every kind: nothing panics, nothing hangs, and what is sent are responses.

use super::client::{Random, SMALL, response};
use picometer::http::{Action, Responder};

/// What garbage is made of, with `|` in between: parts of requests, and what is near to them.
const WORDS: &str = concat!(
    "GET |POST |OPTIONS |PRI |/metrics|/|*|?|name[]=|name%5B%5D=boots_total|&|%|%zz| |HTTP/1.1|HTTP/1.0|HTTP/2.0|",
    "\r\n|\r\n\r\n|\n|\r|\0|\u{e9}|Host: x\r\n|Host|:|Accept: |text/plain|;q=|;version=1.0.0|",
    "application/openmetrics-text|,|\"|\\|Connection: close\r\n|Connection: keep-alive\r\n|Content-Length: |0|",
    "18446744073709551616|Transfer-Encoding: chunked\r\n",
);

fn garbage(random: &mut Random) -> Vec<u8> {
    let words: Vec<&str> = WORDS.split('|').collect();
    let mut bytes = Vec::new();
    match random.below(3) {
        // Noise.
        0 => (0..random.below(400)).for_each(|_| bytes.push(random.below(256) as u8)),
        // Words.
        1 => (0..random.below(60)).for_each(|_| bytes.extend_from_slice(words[random.below(words.len())].as_bytes())),
        // Requests with a few bytes changed.
        _ => {
            for _ in 0..=random.below(3) {
                bytes.extend_from_slice(b"GET /metrics?name[]=boots HTTP/1.1\r\nHost: x\r\nAccept: text/plain;version=0.0.4;q=1\r\n\r\n");
            }
            if random.below(4) == 0 {
                let field = format!("X: {}\r\n", "x".repeat(random.below(700)));
                bytes.splice(49..49, field.into_bytes());
            }
            for _ in 0..random.below(5) {
                let at = random.below(bytes.len());
                match random.below(3) {
                    0 => bytes[at] = random.below(256) as u8,
                    1 => bytes.insert(at, b"\r\n :,;\0?"[random.below(8)]),
                    _ => drop(bytes.remove(at)),
                }
            }
        }
    }
    bytes
}

/// Feeds and drains as a seed says, then waits until the connection is over; all that was sent, and how it ended. Whatever
/// arrived, the time after which that must be so is known.
fn live(input: &[u8], seed: u64) -> (Vec<u8>, Action) {
    let mut random = Random(seed);
    let mut responder = Responder::<256, 64, 600>::with_sizes(&SMALL);
    let (mut left, mut sent, mut now) = (input, Vec::new(), 0);
    let mut steps = 0;
    while responder.next() == Action::Open {
        let piece = random.below(40).min(left.len());
        let taken = responder.receive(now, &left[..piece]);
        assert!(taken <= piece);
        left = &left[taken..];
        let mut room = vec![0xff; 1 + random.below(50)];
        let len = responder.transmit(now, &mut room);
        assert!(len <= room.len());
        sent.extend_from_slice(&room[..len]);
        if left.is_empty() && len == 0 {
            now += 1_000;
        }
        steps += 1;
        assert!(steps < 100_000, "it never ends: {:?}", String::from_utf8_lossy(input));
    }
    assert!(now <= 62_000, "it outlives its deadlines: {:?}", String::from_utf8_lossy(input));
    (sent, responder.next())
}

#[test]
fn garbage_is_answered_or_closed() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut statuses = std::collections::BTreeMap::<u16, u32>::new();
    for round in 0..20_000 {
        let input = garbage(&mut random);
        let (sent, next) = live(&input, 1 + round);
        let shown = String::from_utf8_lossy(&input);
        assert_eq!(next, Action::Close, "{shown:?}");
        let mut rest = &sent[..];
        while !rest.is_empty() {
            let (found, behind) = response(rest, "GET").unwrap_or_else(|fault| panic!("{fault:?} for {shown:?}"));
            *statuses.entry(found.status).or_default() += 1;
            rest = behind;
        }
    }
    // Otherwise it would be garbage of one kind only.
    assert!([200, 400, 404, 408, 414, 431, 501].iter().all(|status| statuses.contains_key(status)), "{statuses:?}");
}

/// Good or bad, the answer does not depend on how the bytes were cut.
#[test]
fn the_answer_to_garbage_does_not_depend_on_its_pieces() {
    let mut random = Random(77);
    for round in 0..5_000 {
        let input = garbage(&mut random);
        let once = live(&input, 1);
        assert_eq!(live(&input, 1_000 + round), once, "{:?}", String::from_utf8_lossy(&input));
    }
}
