//! Clients of the loop: they come, go on, and are closed.

use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use mio::Token;

use super::{FIRST_CONNECTION, PAUSE, Server, TURN};
use crate::exporter::connection::{Connection, Id, Step, Worth};
use crate::exporter::memory::Response;
use crate::exporter::stream::{Socket, Stream};

/// Readers of pages that take no longer than this are not cut off for want of memory.
const READ_IN_PEACE: Duration = Duration::from_secs(1);

impl Server {
    pub(super) fn accept(&mut self, now: Instant) {
        self.accept_at = None;
        let mut failed = false;
        for at in 0..self.listeners.len() {
            for turn in 0.. {
                if turn == TURN {
                    self.accept_at = Some(now);
                    break;
                }
                let Some(listener) = self.listeners.get(at) else { return };
                match listener.accept() {
                    Ok((socket, address)) => {
                        failed = false;
                        self.admit(socket, address, now);
                    }
                    Err(error) => match error.kind() {
                        io::ErrorKind::WouldBlock => break,
                        // Of a client that left, not of us.
                        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset => {}
                        _ => {
                            // No descriptors, no memory. A client that only holds one is closed for one that waits; if that does
                            // not help there is a pause, because the socket stays ready and would be asked again and again.
                            self.site.own.accept_errors.inc();
                            if std::mem::replace(&mut failed, true) || !self.evict(Worth::Idle, now) {
                                self.accept_at = Some(now + PAUSE);
                                return;
                            }
                        }
                    },
                }
            }
        }
    }

    fn admit(&mut self, socket: Socket, address: Option<IpAddr>, now: Instant) {
        let open = self.connections.iter().flatten().count();
        let full = open >= self.site.limits.connections.max(1) && !self.evict(Worth::Idle, now);
        let Some(mut stream) = self.stream(socket) else { return };
        let place = self.connections.iter().position(Option::is_none).unwrap_or(self.connections.len());
        if stream.register(self.poll.registry(), Token(place + FIRST_CONNECTION)).is_err() {
            return;
        }
        self.generation += 1;
        let id = Id { place, generation: self.generation };
        let mut connection = Connection::new(stream, id, address, self.site.own.clone(), now);
        if full {
            // Beyond the limit for as long as one answer lingers.
            connection.refuse(now, self.site.date(), super::answers::busy());
        }
        if place == self.connections.len() {
            self.connections.push(None);
        }
        if let Some(free) = self.connections.get_mut(place) {
            *free = Some(connection);
        }
        // What came with the connection may be there already.
        self.drive(place, now);
    }

    /// `None` if TLS cannot begin.
    #[cfg_attr(not(feature = "tls"), expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "with TLS it may fail"))]
    fn stream(&self, socket: Socket) -> Option<Stream> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return Some(Stream::encrypted(socket, tls.connection()?));
        }
        Some(Stream::plain(socket))
    }

    /// Closes the connection that is worth least, if none that is being served; whether there was one.
    fn evict(&mut self, most: Worth, now: Instant) -> bool {
        let worths = self.connections.iter().enumerate().filter_map(|(place, slot)| Some((slot.as_ref()?.worth(), place)));
        let Some(((worth, _), place)) = worths.min() else { return false };
        if worth > most {
            return false;
        }
        self.site.own.evictions.inc();
        self.close(place, now);
        true
    }

    /// Closes the client that has been reading a page for longest, if that is long; for memory that another page waits for.
    pub(super) fn evict_reader(&mut self, now: Instant) -> bool {
        let readers = self.connections.iter().enumerate().filter_map(|(place, slot)| Some((slot.as_ref()?.sends_page_since()?, place)));
        let Some((since, place)) = readers.min() else { return false };
        if now.saturating_duration_since(since) < READ_IN_PEACE {
            return false;
        }
        self.site.own.evictions.inc();
        self.close(place, now);
        true
    }

    pub(super) fn close(&mut self, place: usize, now: Instant) {
        if let Some(mut connection) = self.connections.get_mut(place).and_then(Option::take) {
            self.memory.give_back(connection.take_response(), now);
            if connection.is_waiting() {
                self.renders.leave(connection.id, false);
                self.verifying.leave(connection.id);
            }
        }
    }

    /// Something happened at a connection.
    pub(super) fn note(&mut self, place: usize, read_closed: bool, gone: bool, now: Instant) {
        let Some(Some(connection)) = self.connections.get_mut(place) else { return };
        let step = connection.note(read_closed, gone, now);
        if read_closed && connection.is_waiting() {
            let id = connection.id;
            self.renders.half_closed(id);
        }
        match step {
            Some(step) => _ = self.handle(place, step, now),
            None => self.drive(place, now),
        }
    }

    /// Takes a connection as far as it goes in one turn.
    pub(super) fn drive(&mut self, place: usize, now: Instant) {
        for _ in 0..TURN {
            let Some(Some(connection)) = self.connections.get_mut(place) else { return };
            let step = connection.advance(now, &self.site.limits, &mut self.chunk);
            if !self.handle(place, step, now) {
                return;
            }
        }
        self.again.push(place);
    }

    /// Whether the connection can go on.
    fn handle(&mut self, place: usize, step: Step, now: Instant) -> bool {
        match step {
            Step::Blocked => return false,
            Step::Closed => {
                self.close(place, now);
                return false;
            }
            Step::Bad(status) => self.refuse(place, super::answers::refusal(status), now),
            Step::Clear => self.refuse(place, super::answers::clear(), now),
            Step::Late => self.late(place, now),
            Step::Request(request) => self.answer(place, request, now),
            Step::Sent(response) => self.memory.give_back(response, now),
        }
        true
    }

    fn refuse(&mut self, place: usize, answer: crate::respond::Answer, now: Instant) {
        let date = self.site.date();
        if let Some(Some(connection)) = self.connections.get_mut(place) {
            connection.refuse(now, date, answer);
        }
    }

    pub(super) fn respond(&mut self, place: usize, response: Response, now: Instant) {
        let date = self.site.date();
        if let Some(Some(connection)) = self.connections.get_mut(place) {
            connection.respond(now, date, response);
        }
    }

    /// The connection at a place, if it is still the same one.
    pub(super) fn is_there(&self, id: Id) -> bool {
        self.connections.get(id.place).is_some_and(|slot| slot.as_ref().is_some_and(|connection| connection.id == id))
    }

    pub(super) fn time_out(&mut self, now: Instant) {
        for place in 0..self.connections.len() {
            let Some(Some(connection)) = self.connections.get_mut(place) else { continue };
            if connection.deadline(&self.site.limits).is_some_and(|deadline| deadline <= now) {
                let step = connection.time_out(now);
                if self.handle(place, step, now) {
                    self.drive(place, now);
                }
            }
        }
    }
}
