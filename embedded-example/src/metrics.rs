//! Everything that the device can tell about itself, in one place.
//!
//! The rest of the program only says what happened, as in `FRAMES.with(Direction::Receive).inc()`; what it is called
//! and what it means to a reader is decided here.

use crate::labels;
use crate::placeholder::{Counter, Family, Gauge, Histogram};

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
        /// The device gave up: the peer did not read, or the page broke off.
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
        /// Nobody answered to the address.
        Nack = "nack",
        /// The clock was held down too long.
        Timeout = "timeout",
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

/// How long the device has been up.
pub static UPTIME_SECONDS: Gauge = Gauge::new();
/// Starts since the power came on, this one included.
pub static BOOTS: Gauge = Gauge::new();
/// Why this start happened: a [`ResetReason`].
pub static RESET_REASON: Gauge = Gauge::new();
/// A [`State`].
pub static STATE: Gauge = Gauge::new();
/// One turn of the main loop, without the sleep.
pub static LOOP_MICROS: Histogram = Histogram::new();
/// Incremented by the interrupt handlers themselves.
pub static INTERRUPTS: Family<Counter, 2> = Family([const { Counter::new() }; 2]);

/// Most of the stack that was ever in use, in bytes.
pub static STACK_USED: Gauge = Gauge::new();
/// What there is for the stack, in bytes.
pub static STACK_SIZE: Gauge = Gauge::new();
/// RAM taken by statics, in bytes.
pub static STATIC_RAM: Gauge = Gauge::new();

/// Ethernet frames.
pub static FRAMES: Family<Counter, 2> = Family([const { Counter::new() }; 2]);
/// Their bytes, without checksum.
pub static FRAME_BYTES: Family<Counter, 2> = Family([const { Counter::new() }; 2]);
/// Frames that were lost in the chip or its driver: damaged, too long, no room.
pub static FRAME_DROPS: Family<Counter, 2> = Family([const { Counter::new() }; 2]);

/// TCP connections that were established.
pub static CONNECTIONS: Counter = Counter::new();
/// Those that ended, by how.
pub static CONNECTIONS_ENDED: Family<Counter, 3> = Family([const { Counter::new() }; 3]);
/// Requests to connect that were left waiting because each socket was taken.
pub static CONNECTIONS_DEFERRED: Counter = Counter::new();
/// Whole responses.
pub static RESPONSES: Counter = Counter::new();
/// Bytes of responses, as handed to TCP.
pub static RESPONSE_BYTES: Counter = Counter::new();
/// From the last byte of the request to the last of the response, in milliseconds.
pub static RESPONSE_MILLIS: Histogram = Histogram::new();

/// A sensor, in thousandths of a degree Celsius.
pub static TEMPERATURE_MILLIS: Gauge = Gauge::new();
/// Transfers on the I²C bus.
pub static TRANSFERS: Family<Counter, 3> = Family([const { Counter::new() }; 3]);
/// How long they took, in microseconds.
pub static TRANSFER_MICROS: Family<Histogram, 3> = Family([const { Histogram::new() }; 3]);

/// A peer has connected. Here a bounded family of peers will count it.
pub fn peer_connected(_address: [u8; 4]) {}

/// What this program is: for `build_info`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The board that it was built for.
pub const BOARD: &str = match (cfg!(target_os = "none"), cfg!(feature = "lm3s")) {
    (false, _) => "host",
    (true, false) => "mps2-an385",
    (true, true) => "lm3s6965evb",
};
