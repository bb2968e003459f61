//! One socket and the service behind it: moves bytes between the two, and sees to it that no client keeps the socket
//! for ever.
//!
//! A device with two sockets is out of order as soon as two clients hold on to them. So each state has its limit, shorter while
//! another client waits, and a client without a request leaves at once for one that waits: see [`Connection::standing`].

use picometer::http::{Action, ResponseStats};
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
    fn next(&self) -> Action;

    /// Whether a whole request has arrived whose response is not written to its end.
    fn is_answering(&self) -> bool;

    /// The response that was sent to its end last, once.
    fn take_served(&mut self) -> Option<ResponseStats>;

    /// Begins afresh, for a new connection.
    fn restart(&mut self);
}

/// A client that has not completed the handshake by then never will: its kernel answers at once, and our SYN-ACK is
/// repeated after one second and after three.
const HANDSHAKE_MS: u64 = 5_000;
/// Something is to be sent, or the connection to be closed, and the peer takes nothing.
const STALLED_MS: u64 = 30_000;
/// The same while another client waits: four losses in a row, repeated after 1, 2, 4 and 8 seconds, are still bad luck.
const STALLED_PRESSED_MS: u64 = 16_000;
/// The same of a FIN alone: everything else is acknowledged, so a reset loses nothing.
const FIN_PRESSED_MS: u64 = 2_000;
/// Between two requests while no client waits: longer than the usual scrape intervals.
const IDLE_MS: u64 = 75_000;
/// A client that asks again and again is closed behind a response once another one has waited for so long.
const TURN_PRESSED_MS: u64 = 1_000;
/// A response to a client that reads ever so slowly ends when another client has waited for so long: Prometheus gives up on a scrape
/// after ten seconds.
const RESPONSE_PRESSED_MS: u64 = 30_000;
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
    /// When it was established, its last request was whole, or its last response was.
    turn_ms: u64,
    answering: bool,
    /// Bytes that were not acknowledged at the last look.
    unacknowledged: usize,
    /// This client has had a response.
    answered: bool,
}

/// What a connection is worth to its client while another one waits for a socket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// It is being answered, or has its grace.
    Stays,
    /// Since this moment it has had its socket without a whole request: it may be asked to leave.
    MayLeave(u64),
    /// It is about to be over.
    Leaves,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Listening,
    Handshake,
    Open,
    Closing,
    /// No client is connected any more; our reset may still have to leave.
    Over,
}

impl<'a, S: Service> Connection<'a, S> {
    /// Without a client, for connections to `port`.
    pub fn new(service: &'a mut S, port: u16) -> Self {
        Self {
            service,
            port,
            phase: Phase::Listening,
            progress_ms: 0,
            accepted_ms: 0,
            turn_ms: 0,
            answering: false,
            unacknowledged: 0,
            answered: false,
        }
    }

    /// Does what there is to do on the socket; call it whenever a frame came in and a few times a second.
    /// `waiting_since_ms` says since when another client has been waiting for a socket, `settled` that what was to be sent has
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

    /// Whether the client may have to leave for another one, after `grace_ms` in which it may say something.
    ///
    /// Bytes do not count, requests do: a client that sends one byte at a time is as silent as one that sends none.
    pub fn standing(&self, now_ms: u64, socket: &Socket<'_>, grace_ms: u64) -> Standing {
        let since_ms = match (self.phase, socket.state()) {
            (Phase::Over, _) | (_, State::Closed | State::TimeWait) => return Standing::Leaves,
            (Phase::Handshake, _) => self.progress_ms,
            (Phase::Open, _) if !self.answering && socket.send_queue() == 0 => self.turn_ms,
            (Phase::Closing, _) if now_ms - self.progress_ms < grace_ms => return Standing::Leaves,
            // It has everything: before any other.
            (Phase::Closing, State::FinWait2) => 0,
            _ => return Standing::Stays,
        };
        if now_ms - since_ms >= grace_ms { Standing::MayLeave(since_ms) } else { Standing::Stays }
    }

    /// Asks the client to leave for another one. One that had a response gets an end in order, which kernels answer at once; one that
    /// never asked for anything is reset.
    pub fn make_room(&mut self, now_ms: u64, socket: &mut Socket<'_>) {
        match self.phase {
            Phase::Open if self.answered => self.close(now_ms, socket),
            Phase::Open => self.abort(now_ms, socket),
            Phase::Closing => self.forget(now_ms, socket),
            Phase::Listening | Phase::Handshake | Phase::Over => {
                socket.abort();
                self.enter(Phase::Over, now_ms);
            }
        }
    }

    /// Of a client that has everything, our FIN included, and keeps its half open. No reset: what it has acknowledged may still be on
    /// its way through a proxy.
    fn forget(&mut self, now_ms: u64, socket: &mut Socket<'_>) {
        self.ended(Ending::Closed);
        socket.abort();
        self.listen(now_ms, socket);
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
            let turn_is_over = waiting_since_ms.is_some_and(|since| now_ms - since.max(self.accepted_ms) >= TURN_PRESSED_MS);
            self.exchange(now_ms, socket, turn_is_over);
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
        (self.accepted_ms, self.turn_ms) = (now_ms, now_ms);
        self.answering = false;
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

    /// Moves bytes until neither side takes any, then does what the service wants. When the turn of this client is over, nothing is
    /// received between two requests.
    fn exchange(&mut self, now_ms: u64, socket: &mut Socket<'_>, turn_is_over: bool) {
        // Each turn takes a byte from one ring or puts one into the other, and neither is emptied or filled by
        // anything else: the loop ends.
        loop {
            let ends = turn_is_over && self.answered && !self.service.is_answering();
            let received = if ends { 0 } else { self.receive(now_ms, socket) };
            let sent = self.transmit(now_ms, socket);
            if received == 0 && sent == 0 {
                break;
            }
            self.progress_ms = now_ms;
        }
        let answering = self.service.is_answering();
        if answering != self.answering {
            (self.answering, self.turn_ms) = (answering, now_ms);
        }
        match self.service.next() {
            Action::Reset => self.abort(now_ms, socket),
            // Only when everything is acknowledged: behind a FIN, smoltcp notices with its next timer that a window that was
            // full has opened again.
            _ if socket.send_queue() > 0 => {}
            Action::Close => self.close(now_ms, socket),
            // The peer has closed its half and has its answers: nothing can come any more.
            Action::Open if !socket.may_recv() => self.close(now_ms, socket),
            Action::Open if turn_is_over && self.answered && !answering => self.close(now_ms, socket),
            Action::Open => {}
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
            self.turn_ms = now_ms;
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
        let pressed = |limit_ms, pressed_ms| if waiting_since_ms.is_some() { pressed_ms } else { limit_ms };
        let response_is_over = waiting_since_ms.is_some_and(|since| now_ms - since.max(self.turn_ms) >= RESPONSE_PRESSED_MS);
        match self.phase {
            Phase::Open if !self.answering && socket.send_queue() == 0 => {
                if quiet_ms >= IDLE_MS {
                    self.close(now_ms, socket);
                }
            }
            Phase::Open if quiet_ms >= pressed(STALLED_MS, STALLED_PRESSED_MS) || response_is_over => self.abort(now_ms, socket),
            Phase::Closing if socket.state() == State::FinWait2 => {
                if quiet_ms >= STALLED_MS {
                    self.forget(now_ms, socket);
                }
            }
            Phase::Closing if quiet_ms >= pressed(STALLED_MS, FIN_PRESSED_MS) => self.abort(now_ms, socket),
            Phase::Open | Phase::Closing | Phase::Listening | Phase::Handshake | Phase::Over => {}
        }
    }
}
