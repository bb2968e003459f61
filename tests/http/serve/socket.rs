//! An asynchronous socket that follows a script, in a time that passes only while everything waits.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use picometer::http::{Action, Event, Responder};

/// A clock, and who waits for it.
#[derive(Default)]
pub struct Clock {
    now: Cell<u64>,
    wanted: RefCell<Vec<u64>>,
}

impl Clock {
    pub fn now(&self) -> u64 {
        self.now.get()
    }

    async fn until(&self, at: u64) {
        poll_fn(|_| {
            if self.now() >= at {
                return Poll::Ready(());
            }
            self.wanted.borrow_mut().push(at);
            Poll::Pending
        })
        .await;
    }

    /// Polls, and lets time pass to the next moment that anything waits for; `None` where that is never.
    pub fn run<F: Future>(&self, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        while let Poll::Ready(output) = self.step(work.as_mut()) {
            if output.is_some() {
                return output;
            }
        }
        None
    }

    /// One poll and one leap of time: ready with the output, ready with nothing where there is more to do, pending for ever.
    fn step<F: Future>(&self, work: Pin<&mut F>) -> Poll<Option<F::Output>> {
        self.wanted.borrow_mut().clear();
        if let Poll::Ready(output) = work.poll(&mut Context::from_waker(Waker::noop())) {
            return Poll::Ready(Some(output));
        }
        let next = self.wanted.borrow().iter().copied().filter(|&at| at < u64::MAX).min();
        match next {
            Some(at) => {
                assert!(at > self.now(), "waits for what has passed");
                self.now.set(at);
                Poll::Ready(None)
            }
            None => Poll::Pending,
        }
    }
}

/// What arrives.
#[derive(Clone)]
pub enum Arrival {
    Bytes(Vec<u8>),
    /// The peer closes its half.
    End,
    Error,
}

#[derive(Debug, PartialEq)]
pub struct Broken;

impl core::fmt::Display for Broken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("broken")
    }
}

impl core::error::Error for Broken {}

impl embedded_io_async::Error for Broken {
    fn kind(&self) -> ErrorKind {
        ErrorKind::ConnectionReset
    }
}

pub struct Socket<'c> {
    pub clock: &'c Clock,
    /// What arrives, and from when on.
    pub script: VecDeque<(u64, Arrival)>,
    /// Bytes that one read returns, one write takes, and the milliseconds that a write takes.
    pub piece: usize,
    pub room: usize,
    pub write_millis: u64,
    /// After so many bytes writes fail, return zero, or never complete.
    pub fails_behind: Option<(usize, Failure)>,
    /// A flush never completes.
    pub stuck: bool,
    pub sent: Vec<u8>,
    pub flushed: usize,
}

#[derive(Clone, Copy)]
pub enum Failure {
    Error,
    Zero,
    Hangs,
}

impl<'c> Socket<'c> {
    pub fn new(clock: &'c Clock, arrivals: impl IntoIterator<Item = (u64, Arrival)>) -> Self {
        let script = arrivals.into_iter().collect();
        Self { clock, script, piece: 4_096, room: 4_096, write_millis: 0, fails_behind: None, stuck: false, sent: Vec::new(), flushed: 0 }
    }

    /// All of it at once, and then nothing.
    pub fn with(clock: &'c Clock, bytes: impl AsRef<[u8]>) -> Self {
        Self::new(clock, [(0, Arrival::Bytes(bytes.as_ref().to_vec()))])
    }

    /// Serves it to its end; the events with what had been sent and flushed by then.
    pub fn serve<const BUFFER: usize>(
        &mut self,
        responder: &mut Responder<'_, BUFFER>,
        early: bool,
    ) -> (Option<Result<Action, Broken>>, Vec<Event>) {
        let clock = self.clock;
        let mut events = Vec::new();
        let sleep = |millis: u64| clock.until(clock.now() + if early { millis.div_ceil(2) } else { millis });
        let result = clock.run(responder.serve(
            self,
            || clock.now(),
            sleep,
            |event| {
                events.push(event);
                Action::Open
            },
        ));
        (result, events)
    }
}

impl ErrorType for Socket<'_> {
    type Error = Broken;
}

impl Read for Socket<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        assert!(!buffer.is_empty());
        assert_eq!(self.flushed, self.sent.len(), "waits for the client, and has not sent it everything");
        let Some((at, arrival)) = self.script.front_mut() else { return std::future::pending().await };
        self.clock.until(*at).await;
        match arrival {
            Arrival::Bytes(bytes) => {
                let count = self.piece.min(buffer.len()).min(bytes.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                bytes.drain(..count);
                if bytes.is_empty() {
                    self.script.pop_front();
                }
                Ok(count)
            }
            Arrival::End => Ok(0),
            Arrival::Error => Err(Broken),
        }
    }
}

impl Write for Socket<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        assert!(!bytes.is_empty());
        let mut room = self.room;
        if let Some((limit, failure)) = self.fails_behind {
            room = room.min(limit - self.sent.len());
            match failure {
                _ if room > 0 => {}
                Failure::Error => return Err(Broken),
                Failure::Zero => return Ok(0),
                Failure::Hangs => return std::future::pending().await,
            }
        }
        self.clock.until(self.clock.now() + self.write_millis).await;
        let count = room.min(bytes.len());
        self.sent.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        if self.stuck {
            return std::future::pending().await;
        }
        self.flushed = self.sent.len();
        Ok(())
    }
}
