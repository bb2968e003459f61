//! The loop: every connection, in one thread, each as far as its socket goes.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};

use super::auth::Verdict;
use super::connection::{Connection, Step, Worth, refusal};
use super::head::Request;
use super::listener::Listener;
use super::site::{Route, Site};
use super::stream::{Socket, Stream};
#[cfg(feature = "tls")]
use super::tls::Tls;
use super::workers::Pool;
use crate::respond::{Answer, Buffers};

const LISTENER: Token = Token(0);
const SWITCH: Token = Token(1);
const FIRST_CONNECTION: usize = 2;

/// After an accept that failed for want of something, usually file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Steps of one connection before others have their turn, and connections taken before others are served.
const TURN: usize = 32;
/// What is kept for pages to come; more than threads make at a time would lie idle.
const MOST_SPARE_BUFFERS: usize = 4;
const CHUNK: usize = 16 * 1024;

pub(super) struct Server {
    poll: Poll,
    listener: Option<Listener>,
    site: Arc<Site>,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    switch: Arc<Switch>,
    renderers: Pool,
    /// Of its own, so that guesses at passwords do not hold up pages.
    verifiers: Pool,
    connections: Vec<Option<Connection>>,
    generation: u64,
    rendering: usize,
    verifying: usize,
    spare: Vec<Buffers>,
    /// Connections whose turn ended before they were blocked.
    again: Vec<usize>,
    /// When to try to accept, without being told to.
    accept_at: Option<Instant>,
    /// When to give up what is under way.
    end: Option<Instant>,
    chunk: Vec<u8>,
}

/// How the loop is reached from other threads.
#[derive(Debug)]
pub(super) struct Switch {
    waker: Waker,
    done: Mutex<Vec<(usize, u64, Done)>>,
    stopping: AtomicBool,
    deadline: Mutex<Duration>,
}

/// What a worker made.
#[derive(Debug)]
enum Done {
    Rendered(Answer, Buffers),
    Verified(Box<Request>, bool),
}

impl Switch {
    /// Ends the loop when what is under way is done, or as much time has passed.
    pub(super) fn stop(&self, deadline: Duration) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
        self.stopping.store(true, Ordering::Release);
        // The loop looks every second too.
        let _ = self.waker.wake();
    }

    fn hand_in(&self, place: usize, generation: u64, done: Done) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push((place, generation, done));
        let _ = self.waker.wake();
    }
}

impl Server {
    pub(super) fn new(mut listener: Listener, site: Arc<Site>, #[cfg(feature = "tls")] tls: Option<Tls>) -> io::Result<Self> {
        let poll = Poll::new()?;
        listener.register(poll.registry(), LISTENER)?;
        let waker = Waker::new(poll.registry(), SWITCH)?;
        let switch = Switch { waker, done: Mutex::default(), stopping: AtomicBool::new(false), deadline: Mutex::default() };
        let renderers = Pool::new("picometer-render", site.limits.render_threads);
        Ok(Self {
            poll,
            listener: Some(listener),
            site,
            #[cfg(feature = "tls")]
            tls,
            switch: Arc::new(switch),
            renderers,
            verifiers: Pool::new("picometer-verify", 1),
            connections: Vec::new(),
            generation: 0,
            rendering: 0,
            verifying: 0,
            spare: Vec::new(),
            again: Vec::new(),
            accept_at: None,
            end: None,
            chunk: vec![0; CHUNK],
        })
    }

    pub(super) fn switch(&self) -> Arc<Switch> {
        Arc::clone(&self.switch)
    }

    /// Serves until it is told to stop.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(256);
        loop {
            if let Err(error) = self.poll.poll(&mut events, Some(self.patience()))
                && error.kind() != io::ErrorKind::Interrupted
            {
                // Nothing is known that causes it; if there is, it must not take a processor.
                std::thread::sleep(ACCEPT_PAUSE);
            }
            let now = Instant::now();
            let mut accept = self.accept_at.is_some_and(|at| at <= now);
            for place in std::mem::take(&mut self.again) {
                self.drive(place, now);
            }
            for event in &events {
                match event.token() {
                    LISTENER => accept = true,
                    SWITCH => {}
                    Token(token) => self.drive(token.wrapping_sub(FIRST_CONNECTION), now),
                }
            }
            self.take_done(now);
            // Behind the others: who was there first is served first, and who is served is not evicted.
            if accept {
                self.accept(now);
            }
            self.time_out(now);
            if self.is_over(now) {
                return;
            }
        }
    }

    /// How long nothing can happen without an event.
    fn patience(&self) -> Duration {
        if !self.again.is_empty() {
            return Duration::ZERO;
        }
        let deadlines = self.connections.iter().flatten().filter_map(|connection| connection.deadline(&self.site.limits));
        let next = deadlines.chain(self.accept_at).chain(self.end).min();
        // A millisecond more than rounding down to nothing, which would be asked again and again.
        let until = next.map(|next| next.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
        until.unwrap_or(Duration::MAX).min(Duration::from_secs(1))
    }

    fn accept(&mut self, now: Instant) {
        self.accept_at = None;
        let mut failed = false;
        for _ in 0..TURN {
            let Some(listener) = &self.listener else { return };
            match listener.accept() {
                Ok(socket) => {
                    failed = false;
                    self.admit(socket, now);
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    // Of a client that left, not of us.
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset => {}
                    _ => {
                        // No descriptors, no memory. Who only holds one is closed for who waits; if that does not help there is a
                        // pause, because the socket stays ready and would be asked again and again.
                        self.site.own.accept_errors.inc();
                        if std::mem::replace(&mut failed, true) || !self.evict(Worth::Idle) {
                            self.accept_at = Some(now + ACCEPT_PAUSE);
                            return;
                        }
                    }
                },
            }
        }
        self.accept_at = Some(now);
    }

    fn admit(&mut self, socket: Socket, now: Instant) {
        let open = self.connections.iter().flatten().count();
        let full = open >= self.site.limits.connections.max(1) && !self.evict(Worth::Idle);
        let Some(mut stream) = self.stream(socket) else { return };
        let place = self.connections.iter().position(Option::is_none).unwrap_or(self.connections.len());
        if stream.register(self.poll.registry(), Token(place + FIRST_CONNECTION)).is_err() {
            return;
        }
        self.generation += 1;
        let mut connection = Connection::new(stream, self.generation, now);
        if full {
            // Beyond the limit for as long as one answer lingers.
            connection.refuse(now, busy());
        }
        if place == self.connections.len() {
            self.connections.push(None);
        }
        if let Some(free) = self.connections.get_mut(place) {
            *free = Some(connection);
        }
        self.site.own.connections.inc();
        // What came with the connection may be there already.
        self.drive(place, now);
    }

    /// `None` if TLS cannot begin.
    fn stream(&mut self, socket: Socket) -> Option<Stream> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            if tls.reload_if_changed().is_err() {
                self.site.own.reload_errors.inc();
            }
            return Some(Stream::encrypted(socket, tls.connection()?));
        }
        Some(Stream::plain(socket))
    }

    /// Closes the connection that is worth least, if none that is being served; whether there was one.
    fn evict(&mut self, most: Worth) -> bool {
        let worths = self.connections.iter().enumerate().filter_map(|(place, slot)| Some((slot.as_ref()?.worth(), place)));
        let Some(((worth, _), place)) = worths.min() else { return false };
        if worth > most {
            return false;
        }
        self.site.own.evictions.inc();
        self.close(place);
        true
    }

    fn close(&mut self, place: usize) {
        if self.connections.get_mut(place).and_then(Option::take).is_some() {
            self.site.own.connections.dec();
        }
    }

    /// Takes a connection as far as it goes in one turn.
    fn drive(&mut self, place: usize, now: Instant) {
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
                self.close(place);
                return false;
            }
            Step::Bad(status) => {
                if let Some(Some(connection)) = self.connections.get_mut(place) {
                    self.site.own.in_flight.inc();
                    connection.refuse(now, refusal(status));
                }
            }
            Step::Request(request) => {
                self.site.own.in_flight.inc();
                self.answer(place, request, now);
            }
            Step::Sent { status, bytes, buffers } => {
                self.site.own.in_flight.dec();
                self.site.own.answered(status, bytes);
                self.keep(buffers);
            }
        }
        true
    }

    fn answer(&mut self, place: usize, request: Box<Request>, now: Instant) {
        if self.site.is_public(&request.parts) {
            return self.answer_known(place, request, now);
        }
        match self.site.auth.check(&request.authorization) {
            Verdict::Granted => self.answer_known(place, request, now),
            Verdict::Denied => self.respond(place, self.unauthorized(), None, now),
            Verdict::Unverified if self.verifying >= self.site.limits.renders => self.respond(place, busy(), None, now),
            Verdict::Unverified => {
                let Some(generation) = self.generation_of(place) else { return };
                self.verifying += 1;
                let (site, switch) = (Arc::clone(&self.site), Arc::clone(&self.switch));
                self.verifiers.submit(move || {
                    let granted = site.auth.verify(&request.authorization);
                    switch.hand_in(place, generation, Done::Verified(request, granted));
                });
            }
        }
    }

    fn unauthorized(&self) -> Answer {
        refusal(401).with(("www-authenticate", self.site.auth.challenge().into()))
    }

    /// Answers who may ask.
    fn answer_known(&mut self, place: usize, request: Box<Request>, now: Instant) {
        match self.site.route(&request.parts) {
            Route::Ready(answer) => self.respond(place, answer, None, now),
            Route::Metrics if self.rendering >= self.site.limits.renders => self.respond(place, busy(), None, now),
            Route::Metrics => {
                let Some(generation) = self.generation_of(place) else { return };
                self.rendering += 1;
                let mut buffers = self.spare.pop().unwrap_or_default();
                let (site, switch) = (Arc::clone(&self.site), Arc::clone(&self.switch));
                let patience = request.patience.and_then(|patience| now.checked_add(patience));
                self.renderers.submit(move || {
                    // A scraper that gave up meanwhile needs no page.
                    let late = patience.is_some_and(|end| end <= Instant::now());
                    let answer = if late { busy() } else { site.render(&request.parts, &mut buffers) };
                    switch.hand_in(place, generation, Done::Rendered(answer, buffers));
                });
            }
        }
    }

    /// What workers made since.
    fn take_done(&mut self, now: Instant) {
        let done = std::mem::take(&mut *self.switch.done.lock().unwrap_or_else(PoisonError::into_inner));
        for (place, generation, done) in done {
            let is_there = self.generation_of(place) == Some(generation);
            match done {
                Done::Rendered(answer, buffers) => {
                    self.rendering -= 1;
                    if is_there {
                        self.respond(place, answer, Some(buffers), now);
                    } else {
                        self.keep(Some(buffers));
                    }
                }
                Done::Verified(request, granted) => {
                    self.verifying -= 1;
                    match (is_there, granted) {
                        (false, _) => {}
                        (true, true) => self.answer_known(place, request, now),
                        (true, false) => self.respond(place, self.unauthorized(), None, now),
                    }
                }
            }
            if is_there {
                self.drive(place, now);
            }
        }
    }

    fn respond(&mut self, place: usize, answer: Answer, buffers: Option<Buffers>, now: Instant) {
        if let Some(Some(connection)) = self.connections.get_mut(place) {
            connection.respond(now, answer, buffers);
        }
    }

    fn generation_of(&self, place: usize) -> Option<u64> {
        self.connections.get(place)?.as_ref().map(|connection| connection.generation)
    }

    fn keep(&mut self, buffers: Option<Buffers>) {
        if self.spare.len() < MOST_SPARE_BUFFERS {
            self.spare.extend(buffers);
        }
    }

    fn time_out(&mut self, now: Instant) {
        for place in 0..self.connections.len() {
            let Some(Some(connection)) = self.connections.get_mut(place) else { continue };
            if connection.deadline(&self.site.limits).is_some_and(|deadline| deadline <= now) {
                let step = connection.time_out();
                if self.handle(place, step, now) {
                    self.drive(place, now);
                }
            }
        }
    }

    /// Whether it was told to stop and nothing is left to do.
    fn is_over(&mut self, now: Instant) -> bool {
        if self.end.is_none() && self.switch.stopping.load(Ordering::Acquire) {
            let deadline = *self.switch.deadline.lock().unwrap_or_else(PoisonError::into_inner);
            // Never without an end, however far away.
            self.end = Some(now.checked_add(deadline).unwrap_or(now));
            (self.listener, self.accept_at) = (None, None);
            for place in 0..self.connections.len() {
                if self.connections.get_mut(place).and_then(Option::as_mut).is_some_and(|connection| !connection.wind_up()) {
                    self.close(place);
                }
            }
        }
        self.end.is_some_and(|end| end <= now || self.connections.iter().all(Option::is_none))
    }
}

fn busy() -> Answer {
    refusal(503).with(("retry-after", "1".into()))
}
