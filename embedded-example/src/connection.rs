//! One socket and the service behind it: moves bytes between the two, and sees to it that no client keeps the socket
//! for ever.
//!
//! A device with two sockets is out of order as soon as two clients hold on to them, so each state has its limit, and
//! the limits are shorter while somebody else is waiting at the door.

use picometer::http::{Next, Served};
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::wire::IpAddress;

use crate::metrics::{self, Ending};
use crate::{info, warning};

/// Answers the requests of one connection at a time, without I/O and without a clock.
pub trait Service {
    /// Takes received bytes and returns how many; 0 while it is busy answering.
    fn receive(&mut self, now_ms: u64, bytes: &[u8]) -> usize;

    /// Writes what is to be sent into `room`, which may be a single byte, and returns how many bytes it wrote; 0 when
    /// there is nothing to send now.
    fn transmit(&mut self, now_ms: u64, room: &mut [u8]) -> usize;

    /// What to do with the connection, asked after everything was handed over that could be.
    fn next(&self) -> Next;

    /// The response that was sent to its end last, once.
    fn take_served(&mut self) -> Option<Served>;

    /// Begins afresh, for a new connection.
    fn restart(&mut self);
}

/// A client that has not completed the handshake by then never will: its kernel answers at once, and our SYN-ACK is
/// repeated after one second and after three.
const HANDSHAKE_MS: u64 = 5_000;
/// Something is to be sent, or the connection to be closed, and the peer takes nothing.
const STALLED_MS: u64 = 30_000;
/// The same while somebody waits: four losses in a row, repeated after 1, 2, 4 and 8 seconds, are still bad luck.
const STALLED_PRESSED_MS: u64 = 16_000;
/// Between two requests while nobody waits: longer than the usual scrape intervals.
const IDLE_MS: u64 = 75_000;
/// The same while somebody waits: a program that asks again does so at once, and a server that scrapes comes back in a new
/// connection.
const IDLE_PRESSED_MS: u64 = 100;
/// Before the first response while somebody waits: a request that got lost is repeated after 1, 3 and 7 seconds.
const REQUEST_PRESSED_MS: u64 = 8_000;
/// The peer has acknowledged everything and keeps its half of the connection open, while somebody waits.
const HALF_CLOSED_PRESSED_MS: u64 = 500;
/// For all in all so long a client may keep somebody waiting, however busy it is: Prometheus gives up on a scrape after
/// ten seconds, a patient person later.
const TURN_PRESSED_MS: u64 = 30_000;
/// Our reset could not leave because the peer's hardware address is unknown.
const FORGET_MS: u64 = 1_000;

/// A service and the state of its socket.
#[derive(Debug)]
pub struct Connection<'a, S> {
    service: &'a mut S,
    port: u16,
    phase: Phase,
    /// When the phase began or a byte moved.
    progress_ms: u64,
    /// When the connection was established.
    accepted_ms: u64,
    /// Bytes that were not acknowledged at the last look.
    unacknowledged: usize,
    /// This client has had a response.
    answered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Listening,
    Handshake,
    Open,
    Closing,
    /// Nobody is connected any more; our reset may still have to leave.
    Over,
}

impl<'a, S: Service> Connection<'a, S> {
    /// Without a client, for connections to `port`.
    pub fn new(service: &'a mut S, port: u16) -> Self {
        Self { service, port, phase: Phase::Listening, progress_ms: 0, accepted_ms: 0, unacknowledged: 0, answered: false }
    }

    /// Does what there is to do on the socket; call it whenever a frame came in and a few times a second.
    /// `waiting_since_ms` says since when somebody else has been waiting for a socket, `settled` that what was to be sent has
    /// been.
    pub fn poll(&mut self, now_ms: u64, socket: &mut Socket<'_>, waiting_since_ms: Option<u64>, settled: bool) {
        match socket.state() {
            // Not before the last acknowledgement has left: the peer would repeat its FIN, a second later at first.
            State::TimeWait if !settled => {}
            State::Closed | State::TimeWait => self.over(now_ms, socket),
            State::Listen | State::SynSent => self.phase = Phase::Listening,
            State::SynReceived => {
                if self.phase != Phase::Handshake {
                    self.enter(Phase::Handshake, now_ms);
                } else if now_ms - self.progress_ms >= HANDSHAKE_MS {
                    socket.abort();
                }
            }
            _ => self.serve(now_ms, socket, waiting_since_ms),
        }
    }

    fn enter(&mut self, phase: Phase, now_ms: u64) {
        self.phase = phase;
        self.progress_ms = now_ms;
    }

    /// The socket is closed: notes how that came, and listens again.
    fn over(&mut self, now_ms: u64, socket: &mut Socket<'_>) {
        match self.phase {
            Phase::Open => {
                warning!("connection lost");
                self.ended(Ending::Lost);
            }
            // Our FIN was answered, be it with a reset: the client had all that it wanted.
            Phase::Closing => self.ended(Ending::Closed),
            Phase::Listening | Phase::Handshake | Phase::Over => {}
        }
        if self.phase != Phase::Over {
            self.enter(Phase::Over, now_ms);
        }
        let reset_pending = socket.state() == State::Closed && socket.remote_endpoint().is_some();
        if !reset_pending || now_ms - self.progress_ms >= FORGET_MS {
            self.listen(now_ms, socket);
        }
    }

    /// Forgets the peer, and with it a reset that has not left yet.
    fn listen(&mut self, now_ms: u64, socket: &mut Socket<'_>) {
        // Fails for port 0 and on an open socket, and it is neither.
        let _ = socket.listen(self.port);
        self.enter(Phase::Listening, now_ms);
    }

    fn ended(&mut self, ending: Ending) {
        metrics::CONNECTIONS_ENDED.with(ending).inc();
    }

    fn abort(&mut self, now_ms: u64, socket: &mut Socket<'_>) {
        warning!("connection aborted");
        socket.abort();
        self.ended(Ending::Aborted);
        self.enter(Phase::Over, now_ms);
    }

    fn serve(&mut self, now_ms: u64, socket: &mut Socket<'_>, waiting_since_ms: Option<u64>) {
        if matches!(self.phase, Phase::Listening | Phase::Handshake) {
            self.accept(now_ms, socket);
        }
        let unacknowledged = socket.send_queue();
        if unacknowledged < self.unacknowledged {
            self.progress_ms = now_ms;
        }
        if self.phase == Phase::Open {
            self.exchange(now_ms, socket);
        } else {
            // What comes after our FIN has no reader, but would fill the window and keep the peer's FIN out.
            while socket.recv(|bytes| (bytes.len(), !bytes.is_empty())).unwrap_or(false) {}
        }
        self.unacknowledged = socket.send_queue();
        self.enforce_limits(now_ms, socket, waiting_since_ms);
    }

    fn accept(&mut self, now_ms: u64, socket: &Socket<'_>) {
        self.enter(Phase::Open, now_ms);
        self.service.restart();
        self.accepted_ms = now_ms;
        self.unacknowledged = 0;
        self.answered = false;
        metrics::CONNECTIONS.inc();
        if let Some(peer) = socket.remote_endpoint() {
            let IpAddress::Ipv4(address) = peer.addr;
            let address = address.octets();
            info!("connection from {=u8}.{=u8}.{=u8}.{=u8}:{=u16}", address[0], address[1], address[2], address[3], peer.port);
            metrics::peer_connected(address);
        }
    }

    /// Moves bytes until neither side takes any, then does what the service wants.
    fn exchange(&mut self, now_ms: u64, socket: &mut Socket<'_>) {
        // Each turn takes a byte from one ring or puts one into the other, and neither is emptied or filled by
        // anybody else meanwhile: the loop ends.
        loop {
            let received = self.receive(now_ms, socket);
            let sent = self.transmit(now_ms, socket);
            if received == 0 && sent == 0 {
                break;
            }
            self.progress_ms = now_ms;
        }
        match self.service.next() {
            Next::Reset => self.abort(now_ms, socket),
            // Only when everything is acknowledged: behind a FIN, smoltcp notices with its next timer that a window that was
            // full has opened again.
            _ if socket.send_queue() > 0 => {}
            Next::Close => self.close(now_ms, socket),
            // The peer has closed its half and has its answers: nothing can come any more.
            Next::Open if !socket.may_recv() => self.close(now_ms, socket),
            Next::Open => {}
        }
    }

    fn receive(&mut self, now_ms: u64, socket: &mut Socket<'_>) -> usize {
        let service = &mut *self.service;
        socket
            .recv(|bytes| {
                let taken = if bytes.is_empty() { 0 } else { service.receive(now_ms, bytes) };
                (taken, taken)
            })
            .unwrap_or(0)
    }

    fn transmit(&mut self, now_ms: u64, socket: &mut Socket<'_>) -> usize {
        if !socket.can_send() {
            return 0;
        }
        let service = &mut *self.service;
        let sent = socket
            .send(|room| {
                let sent = service.transmit(now_ms, room);
                (sent, sent)
            })
            .unwrap_or(0);
        if let Some(served) = self.service.take_served() {
            self.answered = true;
            metrics::responded(&served);
        }
        sent
    }

    fn close(&mut self, now_ms: u64, socket: &mut Socket<'_>) {
        socket.close();
        self.enter(Phase::Closing, now_ms);
    }

    fn enforce_limits(&mut self, now_ms: u64, socket: &mut Socket<'_>, waiting_since_ms: Option<u64>) {
        let quiet_ms = now_ms - self.progress_ms;
        let pressed = waiting_since_ms.is_some();
        let turn_is_over = waiting_since_ms.is_some_and(|since| now_ms - since.max(self.accepted_ms) >= TURN_PRESSED_MS);
        match self.phase {
            Phase::Open if turn_is_over => self.abort(now_ms, socket),
            Phase::Open if socket.send_queue() == 0 => {
                let limit_ms = match (pressed, self.answered) {
                    (false, _) => IDLE_MS,
                    (true, true) => IDLE_PRESSED_MS,
                    (true, false) => REQUEST_PRESSED_MS,
                };
                if quiet_ms >= limit_ms {
                    self.close(now_ms, socket);
                }
            }
            Phase::Closing if socket.state() == State::FinWait2 => {
                if quiet_ms >= if pressed { HALF_CLOSED_PRESSED_MS } else { STALLED_MS } {
                    // Without a reset: what was acknowledged may still be on its way through a proxy.
                    self.ended(Ending::Closed);
                    socket.abort();
                    self.listen(now_ms, socket);
                }
            }
            Phase::Open | Phase::Closing => {
                if quiet_ms >= if pressed { STALLED_PRESSED_MS } else { STALLED_MS } {
                    self.abort(now_ms, socket);
                }
            }
            Phase::Listening | Phase::Handshake | Phase::Over => {}
        }
    }
}
