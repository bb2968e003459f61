//! Pushes the metrics, beside serving them: for devices that cannot be scraped.
//!
//! Feature `push-pushgateway` replaces a group on a Pushgateway, feature `push-remote-write` sends samples by Remote Write 1.0. Either
//! goes over one connection at a time, through [`BUFFER`] bytes, and comes back with growing pauses while the server is away. The
//! device has no clock: the server's answers tell the time.
//!
//! Bare metal only: the wire of the host run has no server at its other end.

#[cfg_attr(feature = "push-remote-write", path = "push/remote_write.rs")]
#[cfg_attr(not(feature = "push-remote-write"), path = "push/pushgateway.rs")]
mod report;

mod clock;

use picometer::push::{Client, Response, ResponseError};
use smoltcp::iface::{Interface, SocketHandle, SocketSet};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::wire::{IpEndpoint, Ipv4Address};

use self::clock::Clock;
use crate::metrics::{self, Pushed};
use crate::{info, warning};

/// The router, behind which QEMU's user network shows the ports of 127.0.0.1.
const SERVER: Ipv4Address = Ipv4Address::new(10, 0, 2, 2);
/// The port of the server: `PICOMETER_PUSH_PORT` when the firmware was built, or the usual one.
const PORT: u16 = port(option_env!("PICOMETER_PUSH_PORT"), report::USUAL_PORT);
/// From one push to the next.
const INTERVAL_MS: u64 = 5_000;
/// The first pause after a failure, and the longest.
const BACKOFF_MS: (u64, u64) = (500, 60_000);
/// A push that has no answer by then never will.
const DEADLINE_MS: u64 = 10_000;

/// What is sent ahead, what is received ahead, and the longest line or series: a kibibyte in all.
const SEND_BYTES: usize = 448;
const RECEIVE_BYTES: usize = 192;
const BUFFER: usize = 384;

/// Ports of our own, one after the other, so that a connection is not taken for the one before.
const EPHEMERAL_PORTS: core::ops::RangeInclusive<u16> = 49_152..=65_535;

const fn port(text: Option<&str>, usual: u16) -> u16 {
    let Some(text) = text else { return usual };
    match u16::from_str_radix(text, 10) {
        Ok(port) => port,
        Err(_) => panic!("PICOMETER_PUSH_PORT is not a port"),
    }
}

/// The buffers of the socket.
#[derive(Debug)]
pub struct Rings {
    receive: [u8; RECEIVE_BYTES],
    send: [u8; SEND_BYTES],
}

impl Rings {
    /// Zeroes.
    pub const fn new() -> Self {
        Self { receive: [0; RECEIVE_BYTES], send: [0; SEND_BYTES] }
    }
}

impl Default for Rings {
    fn default() -> Self {
        Self::new()
    }
}

/// Pushes every so often.
#[derive(Debug)]
pub struct Pusher {
    socket: SocketHandle,
    push: Option<Client<'static, report::Body, BUFFER>>,
    clock: Clock,
    /// When the push under way began, and when the next one is due.
    started_ms: u64,
    due_ms: u64,
    failures: u32,
    next_port: u16,
}

impl Pusher {
    /// Sockets that it needs.
    pub const SOCKETS: usize = 1;

    /// Adds its socket.
    pub fn new<'a>(sockets: &mut SocketSet<'a>, rings: &'a mut Rings, seed: u64) -> Self {
        let socket = Socket::new(SocketBuffer::new(&mut rings.receive[..]), SocketBuffer::new(&mut rings.send[..]));
        let socket = sockets.add(socket);
        let next_port = EPHEMERAL_PORTS.start() + (seed >> 20) as u16 % 0x3fff;
        Self { socket, push: None, clock: Clock::new(), started_ms: 0, due_ms: 0, failures: 0, next_port }
    }

    /// Does what there is to do.
    pub fn poll(&mut self, now_ms: u64, interface: &mut Interface, sockets: &mut SocketSet<'_>) {
        let socket = sockets.get_mut::<Socket<'_>>(self.socket);
        if self.push.is_some() {
            self.go_on(now_ms, socket);
        } else if now_ms >= self.due_ms && interface.ipv4_addr().is_some() {
            self.begin(now_ms, interface, socket);
        }
    }

    /// A function of its own, as what begins a program is: the client is made on the stack first, and a push goes deepest into it.
    #[inline(never)]
    fn begin(&mut self, now_ms: u64, interface: &mut Interface, socket: &mut Socket<'_>) {
        // The last connection may still wait for its last acknowledgement.
        socket.abort();
        let to = IpEndpoint::new(SERVER.into(), PORT);
        if socket.connect(interface.context(), to, self.next_port).is_ok() {
            self.push = Some(report::begin(self.clock.now(now_ms)));
            self.started_ms = now_ms;
        }
        self.next_port = if self.next_port == *EPHEMERAL_PORTS.end() { *EPHEMERAL_PORTS.start() } else { self.next_port + 1 };
    }

    fn go_on(&mut self, now_ms: u64, socket: &mut Socket<'_>) {
        let Some(push) = &mut self.push else { return };
        let mut broken = now_ms - self.started_ms >= DEADLINE_MS;
        while socket.can_send() && !push.is_sent() && !broken {
            let sent = socket.send(|room| match push.transmit(room) {
                Ok(len) => (len, Ok(len)),
                Err(error) => (0, Err(error)),
            });
            match sent {
                Ok(Ok(0)) => break,
                Ok(Ok(_)) => {}
                _ => broken = true,
            }
        }
        while socket.can_recv() {
            // It can be received, so this cannot fail.
            let _ = socket.recv(|bytes| {
                push.receive(bytes);
                (bytes.len(), ())
            });
        }
        let connecting = matches!(socket.state(), State::SynSent | State::SynReceived);
        let closed = broken || (!connecting && !socket.may_recv());
        if let Some(answer) = push.response(closed) {
            // What is not whole must not look as if it were.
            if broken {
                socket.abort()
            } else {
                socket.close()
            }
            self.end(now_ms, answer);
        }
    }

    fn end(&mut self, now_ms: u64, answer: Result<Response, ResponseError>) {
        self.push = None;
        let knew_time = self.clock.now(now_ms).is_some();
        if let Ok(Response { date: Some(date), .. }) = answer {
            self.clock.set(now_ms, date);
        }
        let (outcome, again) = match answer {
            Ok(response) if response.is_success() => (Pushed::Ok, false),
            Ok(response) => (Pushed::Refused, response.may_retry()),
            Err(_) => (Pushed::Failed, true),
        };
        let wish = answer.ok().and_then(|response| response.retry_after);
        if again {
            self.failures = (self.failures + 1).min(16);
            let pause = (BACKOFF_MS.0 << self.failures).min(BACKOFF_MS.1);
            // Devices that lost the same server do not come back in the same millisecond.
            let pause = pause - now_ms.wrapping_mul(0x9e37_79b9) % (pause / 2);
            self.due_ms = now_ms + wish.map_or(pause, |seconds| u64::from(seconds.min(600)) * 1_000);
            warning!("push failed");
        } else {
            self.failures = 0;
            // The first answer told the time: now there is something to push.
            let first = report::NEEDS_TIME && !knew_time && self.clock.now(now_ms).is_some();
            self.due_ms = if first { now_ms } else { self.started_ms + INTERVAL_MS };
            info!("pushed");
        }
        metrics::PUSHES.with(outcome).inc();
    }
}
