//! Requests in any pieces, at any time: nothing panics, nothing hangs, and what is sent are responses.
//!
//! The input is what a client sends, as it is; behind its last byte 0xff, if it has one, it says how it is cut and when it arrives.
//! So the seeds are requests that can be read.
#![no_main]

#[path = "../../http/client.rs"]
#[allow(dead_code, reason = "more than this target needs")]
mod client;

use client::{Fault, response};
use libfuzzer_sys::fuzz_target;
use picometer::http::{Action, Endpoint, Limits, Responder};
use picometer::{Counter, Desc, Family, Histogram, Metric, Registry, buckets, labels};

labels! { enum Bus as "bus" { I2c = "i2c", Spi = "s\"p\\i\n" } }
buckets! { Seconds: u32 / 1_000 = [5, 10, 500]; }

static FRAMES: Family<Counter, Bus, 2> = Family::new(&Desc::counter("frames_total", "Frames."));
static SECONDS: Metric<Histogram<Seconds, 3>> = Metric::new(&Desc::histogram("transfer_seconds", "How long.").unit("seconds"));
static METRICS: Registry = Registry::new(&[&FRAMES, &SECONDS, &FRAMES, &SECONDS]);
static SITE: Endpoint = Endpoint::new(&METRICS).limits(Limits { head_millis: 500, idle_millis: 2_000, send_millis: 1_000 });

/// How the input is cut and when it arrives; all at once where that is not said.
struct Control<'a>(&'a [u8]);

impl Control<'_> {
    fn next(&mut self, otherwise: usize) -> usize {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                usize::from(*first)
            }
            [] => otherwise,
        }
    }
}

/// Whether bytes are responses one after the other, the last of which may break off where it was said that it would. Which of them
/// answer a `HEAD`, and have no body whatever they say, is found by trying.
fn are_responses(bytes: &[u8], broken: bool) -> bool {
    bytes.is_empty()
        || ["GET", "HEAD"].into_iter().any(|method| match response(bytes, method) {
            Ok((_, rest)) => are_responses(rest, broken),
            Err(Fault::Short) => broken,
            Err(Fault::Malformed(_)) => false,
        })
}

fuzz_target!(|data: &[u8]| {
    let end = data.iter().rposition(|&byte| byte == 0xff).unwrap_or(data.len());
    let (mut input, mut control) = (&data[..end], Control(data.get(end + 1..).unwrap_or(&[])));
    let timed = control.next(0) % 2 == 1;
    let mut responder = Responder::<256, 40, 1_000, 4>::with_sizes(&SITE);
    let (mut sent, mut now, mut steps, mut late) = (Vec::new(), 0, 0, false);
    while responder.next() == Action::Open {
        late |= now > 0 && !input.is_empty();
        let piece = control.next(255).min(input.len());
        let taken = responder.receive(now, &input[..piece]);
        assert!(taken <= piece);
        input = &input[taken..];
        // The smallest rooms are the likeliest to go wrong, none at all included.
        let mut room = vec![0xee; control.next(200)];
        let len = responder.transmit(now, &mut room);
        assert!(room[len..].iter().all(|&byte| byte == 0xee), "written behind what is counted");
        sent.extend_from_slice(&room[..len]);
        if let Some(served) = responder.take_served() {
            assert!(served.bytes as usize <= sent.len() && served.bytes > 0);
        }
        let pause = if timed { control.next(0) as u64 * 4 } else { 0 };
        now += if taken + len == 0 { pause.max(400) } else { pause };
        steps += 1;
        assert!(steps < 100_000, "it never ends");
    }
    let broken = responder.next() == Action::Reset;
    assert!(!broken || now > 1_000, "only a client that takes nothing breaks a page off");
    assert!(are_responses(&sent, broken), "{}", String::from_utf8_lossy(&sent));
    // Without pauses the answer does not depend on how the bytes were cut.
    if !late && !broken {
        let mut whole = Responder::<256, 40, 1_000, 4>::with_sizes(&SITE);
        assert_eq!(client::exchange(&mut whole, &data[..end], usize::MAX, 4_096), strip_end(&sent, whole.next()));
    }
});

/// The other connection went on until it was idle, or until its half of a head was too old.
fn strip_end(sent: &[u8], next: Action) -> &[u8] {
    const TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 20\r\n\r\n408 Request Timeout\n";
    if next == Action::Open { sent.strip_suffix(TIMEOUT).unwrap_or(sent) } else { sent }
}
