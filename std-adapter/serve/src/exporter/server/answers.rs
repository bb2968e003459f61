//! What requests are answered with: at once, or by a worker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::{Done, Server};
use crate::exporter::auth::Verdict;
use crate::exporter::connection::{Connection, Id};
use crate::exporter::head::{Request, reason};
use crate::exporter::memory::Response;
use crate::exporter::site::Route;
use crate::respond::Answer;

impl Server {
    pub(super) fn answer(&mut self, place: usize, request: Box<Request>, now: Instant) {
        let patience = self.site.limits.patience(request.patience);
        let deadline = now.checked_add(patience).unwrap_or(now);
        let Some(Some(connection)) = self.connections.get_mut(place) else { return };
        connection.wait_until(deadline, now);
        let (id, address, denied) = (connection.id, connection.address, connection.denied);
        if self.site.is_public(&request.parts) {
            return self.answer_known(id, &request, deadline, now);
        }
        match self.site.auth.check(&request.authorization) {
            Verdict::Granted => self.answer_known(id, &request, deadline, now),
            Verdict::Denied => self.respond(place, Response::Own(self.unauthorized()), now),
            Verdict::Unverified(sealed) => self.verifying.ask(sealed, id, address, denied, request),
        }
    }

    fn unauthorized(&self) -> Answer {
        refusal(401).with(("www-authenticate", self.site.auth.challenge().into()))
    }

    /// Answers a client that may ask.
    fn answer_known(&mut self, id: Id, request: &Request, deadline: Instant, now: Instant) {
        let limits = &self.site.limits;
        let route = self.site.route(&request.parts);
        let recent = if let Route::Metrics(asked) = &route { self.recent.find(asked, now) } else { None };
        if let Some(made) = recent {
            self.site.own.shared.inc();
            return self.respond(id.place, Response::Page(made), now);
        }
        match route {
            Route::Ready(answer) => self.respond(id.place, Response::Own(answer), now),
            Route::Metrics(_) if self.renders.waiting() >= limits.renders => self.respond(id.place, Response::Own(busy()), now),
            Route::Metrics(_) if self.renders.is_stuck(limits) => {
                self.site.own.late.inc();
                let names = self.renders.under_way();
                self.respond(id.place, Response::Own(self.hanging(names)), now);
            }
            Route::Metrics(asked) => {
                let half_closed = self.connections.get(id.place).and_then(Option::as_ref).is_some_and(Connection::is_half_closed);
                self.renders.ask(asked, id, deadline, half_closed);
            }
        }
    }

    /// Time is up for a client that waits for its answer.
    pub(super) fn late(&mut self, place: usize, now: Instant) {
        let Some(Some(connection)) = self.connections.get_mut(place) else { return };
        let id = connection.id;
        self.verifying.leave(id);
        let answer = match self.renders.leave(id, true) {
            // It waited for its turn, or for its password to be verified.
            None => busy(),
            Some(names) => {
                self.site.own.late.inc();
                self.hanging(if names.is_empty() { self.renders.under_way() } else { names })
            }
        };
        self.respond(place, Response::Own(answer), now);
    }

    fn hanging(&self, names: Vec<Box<str>>) -> Answer {
        let text = format!("503 Service Unavailable: the page is not made in time; under way: {}\n", self.named(names).join(", "));
        Answer::text(503, text).with(("retry-after", "1".into()))
    }

    /// Names of collectors; what is in no registry has that of its type.
    pub(super) fn named(&self, names: Vec<Box<str>>) -> Vec<String> {
        if names.is_empty() { vec![self.site.name.to_owned()] } else { names.into_iter().map(String::from).collect() }
    }

    /// Has workers do what waits, as far as threads and memory go.
    pub(super) fn start_work(&mut self, now: Instant) {
        while let Some(old) = self.recent.take_old(now) {
            self.memory.give_back(Response::Page(old), now);
        }
        while self.renders.has_queued() {
            if !self.memory.fits(self.site.limits.page_bytes, self.renders.running()) {
                if let Some(kept) = self.recent.take_any() {
                    self.memory.give_back(Response::Page(kept), now);
                    continue;
                }
                if self.evict_reader(now) {
                    continue;
                }
                break;
            }
            let Some(start) = self.renders.start(now, &self.site.limits) else { break };
            let mut buffers = self.memory.take();
            let (site, switch) = (Arc::clone(&self.site), Arc::clone(&self.switch));
            let number = start.number;
            let begun = self.renderers.submit(move || {
                let answer = site.render(&start.asked, &start.scrape, &mut buffers);
                switch.hand_in(Done::Rendered { number, answer, buffers });
            });
            if !begun {
                // No thread can be had: this one must not make pages.
                for id in self.renders.done(number) {
                    self.respond(id.place, Response::Own(busy()), now);
                    self.again.push(id.place);
                }
            }
        }
        if let Some((sealed, authorization)) = self.verifying.start(now) {
            let (site, switch) = (Arc::clone(&self.site), Arc::clone(&self.switch));
            let begun = self.verifiers.submit(move || {
                // Its answer is waited for in any case: others are verified behind it.
                let granted = catch_unwind(AssertUnwindSafe(|| site.auth.verify(&authorization))).unwrap_or(false);
                switch.hand_in(Done::Verified { sealed, granted });
            });
            if !begun {
                for (id, _) in self.verifying.done(sealed, true) {
                    self.respond(id.place, Response::Own(busy()), now);
                    self.again.push(id.place);
                }
            }
        }
        self.site.own.overdue.set(i64::try_from(self.renders.overdue()).unwrap_or(i64::MAX));
        self.site.own.page_bytes.set(i64::try_from(self.memory.held()).unwrap_or(i64::MAX));
    }

    /// What workers made since.
    pub(super) fn take_done(&mut self, now: Instant) {
        // One by one: where one of them is a mistake of ours, the others are answered when the thread goes on.
        let switch = Arc::clone(&self.switch);
        let next = || switch.done.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        while let Some(done) = next() {
            match done {
                Done::Rendered { number, answer, buffers } => {
                    self.memory.keep(buffers, now);
                    let begun = self.renders.begun(number);
                    let clients = self.renders.done(number);
                    let made = self.memory.made(answer);
                    if let Some(left) = begun.and_then(|(asked, began)| self.recent.keep(asked, began, &made, now)) {
                        self.memory.give_back(Response::Page(left), now);
                    }
                    for (at, id) in clients.into_iter().filter(|id| self.is_there(*id)).collect::<Vec<_>>().into_iter().enumerate() {
                        if at > 0 {
                            self.site.own.shared.inc();
                        }
                        self.respond(id.place, Response::Page(Arc::clone(&made)), now);
                        self.drive(id.place, now);
                    }
                    self.memory.give_back(Response::Page(made), now);
                }
                Done::Verified { sealed, granted } => {
                    for (id, request) in self.verifying.done(sealed, granted) {
                        if !self.is_there(id) {
                            continue;
                        }
                        self.verified(id, &request, granted, now);
                        self.drive(id.place, now);
                    }
                }
            }
        }
    }

    fn verified(&mut self, id: Id, request: &Request, granted: bool, now: Instant) {
        let Some(Some(connection)) = self.connections.get_mut(id.place) else { return };
        if granted {
            let deadline = connection.waits_until().unwrap_or(now);
            return self.answer_known(id, request, deadline, now);
        }
        connection.denied = connection.denied.saturating_add(1);
        self.respond(id.place, Response::Own(self.unauthorized()), now);
    }
}

/// The text of a refusal.
pub(super) fn refusal(status: u16) -> Answer {
    Answer::text(status, format!("{status} {}\n", reason(status)))
}

pub(super) fn busy() -> Answer {
    refusal(503).with(("retry-after", "1".into()))
}

/// For HTTP in the clear where TLS was meant.
pub(super) fn clear() -> Answer {
    Answer::text(400, "400 Bad Request: this port speaks TLS; ask it by https\n")
}
