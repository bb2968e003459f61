//! The loop: every connection, in one thread, each as far as its socket goes.

mod answers;
mod clients;

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};

use super::connection::{Connection, Worth};
use super::kept_pages::Recent;
use super::listener::Listener;
use super::memory::Memory;
use super::page_queue::{Renders, most_threads};
use super::report::ShutdownReport;
use super::site::Site;
#[cfg(feature = "tls")]
use super::tls::Tls;
use super::verifying::Verifying;
use super::workers::Pool;
use crate::page::drop_quietly;
use crate::respond::{Answer, Buffers};

const SWITCH: Token = Token(0);
const FIRST_CONNECTION: usize = 1;
/// Listeners have the tokens from here down.
const LAST_LISTENER: usize = usize::MAX - 1;

/// After an accept that failed for want of something, usually file descriptors, and after a panic.
const PAUSE: Duration = Duration::from_millis(100);
/// Steps of one connection before others have their turn, and connections taken before others are served.
const TURN: usize = 32;
const CHUNK: usize = 16 * 1024;
/// At least, for threads that only have to be told to end.
const LAST_GRACE: Duration = Duration::from_millis(100);

pub(super) struct Server {
    poll: Poll,
    listeners: Vec<Listener>,
    site: Arc<Site>,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    #[cfg(feature = "tls")]
    certificates: Pool,
    #[cfg(feature = "tls")]
    looked: Option<Instant>,
    switch: Arc<Switch>,
    renderers: Pool,
    /// Of its own, so that guesses at passwords do not hold up pages.
    verifiers: Pool,
    connections: Vec<Option<Connection>>,
    generation: u64,
    renders: Renders,
    verifying: Verifying,
    memory: Memory,
    recent: Recent,
    /// Connections whose turn ended before they were blocked.
    again: Vec<usize>,
    /// When to try to accept, without being told to.
    accept_at: Option<Instant>,
    /// When to give up what is under way.
    end: Option<Instant>,
    cut_off: usize,
    chunk: Vec<u8>,
}

/// How the loop is reached from other threads.
#[derive(Debug)]
pub(super) struct Switch {
    waker: Waker,
    done: Mutex<VecDeque<Done>>,
    stopping: AtomicBool,
    deadline: Mutex<Duration>,
}

/// What a worker made.
#[derive(Debug)]
enum Done {
    Rendered { number: u64, answer: Answer, buffers: Buffers },
    Verified { sealed: u128, granted: bool },
}

impl Switch {
    /// Ends the loop when what is under way is done, or as much time has passed.
    pub(super) fn stop(&self, deadline: Duration) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
        // Release: who sees it sees the deadline.
        self.stopping.store(true, Ordering::Release);
        // The loop looks every second too.
        let _ = self.waker.wake();
    }

    fn hand_in(&self, done: Done) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push_back(done);
        let _ = self.waker.wake();
    }
}

impl Server {
    pub(super) fn new(mut listeners: Vec<Listener>, site: Arc<Site>, #[cfg(feature = "tls")] tls: Option<Tls>) -> io::Result<Self> {
        let poll = Poll::new()?;
        for (at, listener) in listeners.iter_mut().enumerate() {
            listener.register(poll.registry(), Token(LAST_LISTENER - at))?;
        }
        let waker = Waker::new(poll.registry(), SWITCH)?;
        let switch = Switch { waker, done: Mutex::default(), stopping: AtomicBool::new(false), deadline: Mutex::default() };
        let recent = Recent::new(site.share_within);
        let renderers = Pool::new("picometer-render", most_threads(&site.limits));
        Ok(Self {
            poll,
            listeners,
            site,
            #[cfg(feature = "tls")]
            tls,
            #[cfg(feature = "tls")]
            certificates: Pool::new("picometer-certs", 1),
            #[cfg(feature = "tls")]
            looked: None,
            switch: Arc::new(switch),
            renderers,
            verifiers: Pool::new("picometer-verify", 1),
            connections: Vec::new(),
            generation: 0,
            renders: Renders::default(),
            verifying: Verifying::default(),
            memory: Memory::new(),
            recent,
            again: Vec::new(),
            accept_at: None,
            end: None,
            cut_off: 0,
            chunk: vec![0; CHUNK],
        })
    }

    pub(super) fn switch(&self) -> Arc<Switch> {
        Arc::clone(&self.switch)
    }

    /// Serves until it is told to stop, also behind panics, and says what it leaves.
    pub(super) fn run(mut self) -> ShutdownReport {
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.serve())) {
            drop_quietly(panic);
            self.site.own.restarts.inc();
            self.begin_again();
        }
        // Clients that are still there see the end.
        self.begin_again();
        self.listeners.clear();
        let until = self.end.unwrap_or_else(Instant::now).max(Instant::now() + LAST_GRACE);
        let names = self.renders.under_way();
        let rendering = self.renderers.end(until);
        #[cfg_attr(not(feature = "tls"), allow(unused_mut, reason = "there are no others"))]
        let mut threads = rendering + self.verifiers.end(until);
        #[cfg(feature = "tls")]
        {
            threads += self.certificates.end(until);
        }
        let collectors = if rendering > 0 { self.named(names) } else { Vec::new() };
        ShutdownReport { cut_off: self.cut_off, threads, collectors, ..ShutdownReport::default() }
    }

    /// Without clients, whatever state a panic left them in.
    fn begin_again(&mut self) {
        self.connections.clear();
        self.again.clear();
        self.renders.leave_all();
        self.verifying.leave_all();
        self.memory = Memory::new();
        self.recent.clear();
        self.accept_at = Some(Instant::now() + PAUSE);
        if self.end.is_none() && !self.listeners.is_empty() {
            // What panics again and again must not take a processor.
            std::thread::sleep(PAUSE.min(Duration::from_millis(20)));
        }
    }

    fn serve(&mut self) {
        let mut events = Events::with_capacity(256);
        loop {
            let patience = self.patience();
            if let Err(error) = self.poll.poll(&mut events, Some(patience))
                && error.kind() != io::ErrorKind::Interrupted
            {
                // Nothing is known that causes it; if there is, it must not take a processor.
                std::thread::sleep(PAUSE);
            }
            let now = Instant::now();
            let mut accept = self.accept_at.is_some_and(|at| at <= now);
            for place in std::mem::take(&mut self.again) {
                self.drive(place, now);
            }
            for event in &events {
                match event.token() {
                    SWITCH => {}
                    Token(token) if token > LAST_LISTENER - self.listeners.len() => accept = true,
                    Token(token) => {
                        let gone = event.is_error() || (event.is_write_closed() && event.is_read_closed());
                        self.note(token - FIRST_CONNECTION, event.is_read_closed(), gone, now);
                    }
                }
            }
            self.take_done(now);
            // Behind the others: who was there first is served first, and who is served is not evicted.
            if accept {
                self.accept(now);
            }
            self.time_out(now);
            self.start_work(now);
            self.look_at_certificates(now);
            if self.is_over(now) {
                return;
            }
        }
    }

    /// How long nothing can happen without an event.
    fn patience(&mut self) -> Duration {
        if !self.again.is_empty() {
            return Duration::ZERO;
        }
        let now = Instant::now();
        let large = self.memory.shrink(now);
        let overdue = self.renders.watch(now, self.site.limits.render);
        let deadlines = self.connections.iter().flatten().filter_map(|connection| connection.deadline(&self.site.limits));
        let next = deadlines.chain(self.accept_at).chain(self.end).chain(large).chain(overdue).chain(self.recent.next()).min();
        // A millisecond more than rounding down to nothing, which would be asked again and again.
        let until = next.map(|next| next.saturating_duration_since(now) + Duration::from_millis(1));
        until.unwrap_or(Duration::MAX).min(Duration::from_secs(1))
    }

    #[cfg(feature = "tls")]
    fn look_at_certificates(&mut self, now: Instant) {
        const EVERY: Duration = Duration::from_secs(1);
        if let Some(tls) = self.tls.as_ref().filter(|_| self.looked.is_none_or(|looked| now.saturating_duration_since(looked) >= EVERY)) {
            self.looked = Some(now);
            tls.look(&self.certificates, &self.site.own);
        }
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "the other one looks")]
    fn look_at_certificates(&self, _: Instant) {}

    /// Whether it was told to stop and nothing is left to do.
    fn is_over(&mut self, now: Instant) -> bool {
        // Acquire: the deadline was written before.
        if self.end.is_none() && self.switch.stopping.load(Ordering::Acquire) {
            let deadline = *self.switch.deadline.lock().unwrap_or_else(PoisonError::into_inner);
            // Never without an end, however far away.
            self.end = Some(now.checked_add(deadline).unwrap_or(now));
            self.listeners.clear();
            self.accept_at = None;
            for place in 0..self.connections.len() {
                if self.connections.get_mut(place).and_then(Option::as_mut).is_some_and(|connection| !connection.wind_up()) {
                    self.close(place, now);
                }
            }
        }
        let is_over = self.end.is_some_and(|end| end <= now || self.connections.iter().all(Option::is_none));
        if is_over {
            let served = |connection: &&Connection| connection.worth().0 == Worth::Served;
            self.cut_off = self.connections.iter().flatten().filter(served).count();
        }
        is_over
    }
}
