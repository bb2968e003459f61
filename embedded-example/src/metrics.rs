//! Everything that the device can tell about itself, in one place.
//!
//! The rest of the program only says what happened, as in `FRAMES.with(Direction::Receive).inc()`; what it is called
//! and what it means to a reader is decided here.

use heapless::String;
use picometer::http::ResponseStats;
use picometer::{BoundedFamily, Counter, Desc, Family, Gauge, Histogram, Info, Label, Metric, Number, Registry, StateSet, buckets, labels};

labels! {
    /// Which way a frame goes, seen from the device.
    pub enum Direction as "direction" {
        /// Towards the device.
        Receive = "receive",
        /// Away from it.
        Transmit = "transmit",
    }
}

labels! {
    /// What interrupted the program.
    pub enum Interrupt as "source" {
        /// The clock.
        Timer = "timer",
        /// A frame has arrived.
        Ethernet = "ethernet",
    }
}

labels! {
    /// How a TCP connection ended.
    pub enum Ending as "ending" {
        /// In order.
        Closed = "closed",
        /// The device gave up: the peer did not read or never asked, or the page broke off.
        Aborted = "aborted",
        /// The peer reset it or fell silent.
        Lost = "lost",
    }
}

labels! {
    /// How a transfer on the I²C bus ended.
    pub enum Outcome as "outcome" {
        /// Acknowledged.
        Ok = "ok",
        /// No host answered to the address.
        Nack = "nack",
        /// The clock was held down too long.
        Timeout = "timeout",
    }
}

labels! {
    /// What became of a push.
    pub enum Pushed as "outcome" {
        /// The server took it.
        Ok = "ok",
        /// The server answered, and did not.
        Refused = "refused",
        /// There was no answer.
        Failed = "failed",
    }
}

labels! {
    /// What the device is doing.
    pub enum State as "state" {
        /// Before the network is set up.
        Booting = "booting",
        /// Has no address yet.
        WaitingForAddress = "waiting_for_address",
        /// Answers requests.
        Serving = "serving",
    }
}

labels! {
    /// Why the program began.
    pub enum ResetReason as "reason" {
        /// The power came on.
        PowerOn = "power_on",
        /// Anything that left the memory intact: a watchdog, a debugger, the program itself.
        Warm = "warm",
    }
}

labels! {
    /// What a request came to.
    pub enum Code as "code" {
        /// Everything else.
        Other = "other",
        /// Answered.
        Ok = "200",
        /// Not HTTP, or not whole.
        BadRequest = "400",
        /// No such page.
        NotFound = "404",
        /// Not that method.
        MethodNotAllowed = "405",
        /// Too slow.
        RequestTimeout = "408",
    }
}

buckets! {
    /// Microseconds.
    pub LoopSeconds: u32 / 1_000_000 = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000];
    /// Microseconds.
    pub TransferSeconds: u32 / 1_000_000 = [100, 250, 300, 400, 500, 10_000];
    /// Milliseconds.
    pub ScrapeSeconds: u32 / 1_000 = [5, 10, 20, 50, 100, 500, 1_000, 5_000];
}

/// How long the device has been up.
pub static UPTIME_SECONDS: Metric<Gauge<u32>> =
    Metric::new(&Desc::gauge("uptime_seconds", "Time since the start.").namespace("device").unit("seconds"));
/// Starts since the power came on, this one included.
pub static BOOTS: Metric<Counter<u32>> = Metric::new(&Desc::counter("boots_total", "Starts since power-on.").namespace("device"));
/// Why this start happened.
pub static RESET_REASON: Metric<StateSet<ResetReason>> =
    Metric::new(&Desc::state_set("reset_reason", "Why the device started.").namespace("device"));
/// What the device is doing.
pub static STATE: Metric<StateSet<State>> = Metric::new(&Desc::state_set("state", "What the device is doing.").namespace("device"));
/// What was built.
static BUILD: Metric<Info> = Metric::from_cell(
    &Desc::info("build_info", "What was built.").namespace("device"),
    Info::new(&[Label::new("version", VERSION), Label::new("board", BOARD)]),
);
/// One turn of the main loop, without the sleep.
pub static LOOP_SECONDS: Metric<Histogram<LoopSeconds, 8>> =
    Metric::new(&Desc::histogram("loop_seconds", "Turns of the main loop.").namespace("device").unit("seconds"));
/// Incremented by the interrupt handlers themselves.
pub static INTERRUPTS: Family<Counter<u32>, Interrupt, 2> =
    Family::new(&Desc::counter("interrupts_total", "Interrupts.").namespace("device"));

/// Most of the stack that was ever in use.
pub static STACK_USED: Metric<Gauge<u32>> =
    Metric::new(&Desc::gauge("stack_used_bytes", "Deepest use of the stack.").namespace("device").unit("bytes"));
/// What there is for the stack.
pub static STACK_SIZE: Metric<Gauge<u32>> =
    Metric::new(&Desc::gauge("stack_size_bytes", "Room for the stack.").namespace("device").unit("bytes"));
/// RAM taken by statics.
pub static STATIC_RAM: Metric<Gauge<u32>> = Metric::new(&Desc::gauge("static_ram_bytes", "Statics.").namespace("device").unit("bytes"));

#[cfg(target_os = "none")]
static MEMORY: Registry<'_> = Registry::new(&[&STACK_USED, &STACK_SIZE, &STATIC_RAM]);

/// Pushes by what became of them.
pub static PUSHES: Family<Counter<u32>, Pushed, 3> = Family::new(&Desc::counter("pushes_total", "Pushes of the metrics to a server."));

/// Ethernet frames.
pub static FRAMES: Family<Counter<u32>, Direction, 2> = Family::new(&Desc::counter("frames_total", "Ethernet frames."));
/// Their bytes, without checksum.
pub static FRAME_BYTES: Family<Counter<u32>, Direction, 2> = Family::new(&Desc::counter("frame_bytes_total", "Their bytes.").unit("bytes"));
/// Frames that were lost in the chip or its driver: damaged, too long, no room.
pub static FRAME_DROPS: Family<Counter<u32>, Direction, 2> = Family::new(&Desc::counter("dropped_frames_total", "Frames lost."));
static NIC: Registry<'_> = Registry::new(&[&FRAMES, &FRAME_BYTES, &FRAME_DROPS]).prefix("nic_");

/// TCP connections that were established.
pub static CONNECTIONS: Metric<Counter<u32>> = Metric::new(&Desc::counter("connections_total", "Connections established."));
/// Those that ended, by how.
pub static CONNECTIONS_ENDED: Family<Counter<u32>, Ending, 3> =
    Family::new(&Desc::counter("connections_ended_total", "Connections that ended."));
/// Requests to connect that were left waiting because each socket was taken.
pub static CONNECTIONS_DEFERRED: Metric<Counter<u32>> =
    Metric::new(&Desc::counter("connections_deferred_total", "Callers that had to wait."));
static TCP: Registry<'_> = Registry::new(&[&CONNECTIONS, &CONNECTIONS_ENDED, &CONNECTIONS_DEFERRED]).prefix("tcp_");

/// Whole responses.
static RESPONSES: Family<Counter<u32>, Code, 6> = Family::new(&Desc::counter("http_responses_total", "Whole responses."));
/// Their bytes, as handed to TCP.
static RESPONSE_BYTES: Metric<Counter<u32>> =
    Metric::new(&Desc::counter("http_response_bytes_total", "Their bytes, with heads.").unit("bytes"));
/// From the last byte of a request for metrics to the last of the page.
static SCRAPE_SECONDS: Metric<Histogram<ScrapeSeconds, 8>> = Metric::new(&Desc::histogram("scrape_seconds", "Scrapes.").unit("seconds"));

/// A sensor.
pub static TEMPERATURE: Metric<Gauge<f32>> =
    Metric::new(&Desc::gauge("temperature_celsius", "Simulated.").namespace("board").unit("celsius"));
/// Transfers on the I²C bus.
pub static TRANSFERS: Family<Counter<u32>, Outcome, 3> = Family::new(&Desc::counter("transfers_total", "Bus transfers.").namespace("i2c"));
/// How long they took.
pub static TRANSFER_SECONDS: Family<Histogram<TransferSeconds, 6>, Outcome, 3> =
    Family::new(&Desc::histogram("transfer_seconds", "How long they took.").namespace("i2c").unit("seconds"));
/// The same in exponential buckets, in microseconds: of this a server makes quantiles within 9 %.
#[cfg(feature = "protobuf")]
pub static TRANSFER_SPREAD: Metric<picometer::NativeHistogram<picometer::Scaled<u32, 1_000_000>, 32>> =
    Metric::new(&Desc::histogram("transfer_spread_seconds", "How long they took, in fine.").namespace("i2c").unit("seconds"));

/// Who has connected, by IPv4 address: the first few, the rest together.
static PEERS: BoundedFamily<Counter<u32>, 1, 4, 15> = BoundedFamily::new(&Desc::counter("peer_connections_total", "By peer."), &["peer"]);

/// Everything that is exposed, in this order.
pub static METRICS: Registry<'_> = Registry::new(&[
    &UPTIME_SECONDS,
    &BOOTS,
    &RESET_REASON,
    &STATE,
    &BUILD,
    &LOOP_SECONDS,
    &INTERRUPTS,
    // A PC has no figures for these.
    #[cfg(target_os = "none")]
    &MEMORY,
    &NIC,
    &TCP,
    &RESPONSES,
    &RESPONSE_BYTES,
    &SCRAPE_SECONDS,
    &TEMPERATURE,
    &TRANSFERS,
    &TRANSFER_SECONDS,
    #[cfg(feature = "protobuf")]
    &TRANSFER_SPREAD,
    &PEERS,
    #[cfg(all(any(feature = "push-pushgateway", feature = "push-remote-write"), target_os = "none"))]
    &PUSHES,
    #[cfg(feature = "bench-page")]
    &crate::bench_page::ROWS,
]);

/// A peer has connected.
pub fn peer_connected(address: [u8; 4]) {
    let mut text = String::<15>::new();
    for (index, octet) in address.into_iter().enumerate() {
        // Four times three digits and three points: it fits.
        let _ = text.push_str(if index > 0 { "." } else { "" });
        Number::from(octet).text().as_bytes().iter().for_each(|&digit| drop(text.push(char::from(digit & 0x7f))));
    }
    PEERS.with([&text]).inc();
}

/// A response has been sent to its end.
pub fn responded(served: &ResponseStats) {
    let code = match served.status {
        200 => Code::Ok,
        400 => Code::BadRequest,
        404 => Code::NotFound,
        405 => Code::MethodNotAllowed,
        408 => Code::RequestTimeout,
        _ => Code::Other,
    };
    RESPONSES.with(code).inc();
    RESPONSE_BYTES.inc_by(served.bytes);
    if served.metrics {
        SCRAPE_SECONDS.observe(served.millis);
    }
}

/// What this program is.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The board that it was built for.
pub const BOARD: &str = match (cfg!(target_os = "none"), cfg!(feature = "lm3s")) {
    (false, _) => "host",
    (true, false) => "mps2-an385",
    (true, true) => "lm3s6965evb",
};

#[cfg(test)]
mod tests {
    use super::*;
    use picometer::{Exposition, Format};

    #[test]
    fn names_do_not_collide() {
        assert_eq!(METRICS.check(), Ok(()));
    }

    #[test]
    fn every_line_fits_the_buffer_of_a_connection() {
        for format in [
            Format::Text004,
            Format::OpenMetrics100,
            #[cfg(feature = "protobuf")]
            Format::Protobuf,
        ] {
            // Every microsecond from 1 to 10,000 once: more buckets than the bus makes, and counts of three bytes.
            #[cfg(feature = "protobuf")]
            (1..10_000).for_each(|micros| TRANSFER_SPREAD.observe(picometer::Scaled(micros)));
            let longest = Exposition::new(&METRICS, format).longest_line();
            assert!(longest + 20 <= crate::page::BUFFER - 13, "{longest} bytes");
        }
    }
}
