//! The join of a [`Responder`] to an asynchronous socket.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use embedded_io_async::{Read, Write};

use super::responder::Responder;
use super::state::{Action, Phase, ResponseStats};

/// Bytes that are read at once. A request is understood as it arrives, so that they bound nothing but the number of calls.
const READ_BYTES: usize = 64;

/// What happens on a connection that [`Responder::serve`] serves.
///
/// ```
/// use picometer::http::{Event, Action};
///
/// let mut bytes = 0;
/// let count = |event| {
///     if let Event::Response(served) = event {
///         bytes += served.bytes;
///     }
///     Action::Open
/// };
/// # let _ = count;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// A whole request has arrived. Its [`Response`](Self::Response) follows, unless the connection breaks.
    Request,
    /// A response is written to its end, and the socket has flushed it.
    Response(ResponseStats),
}

/// For asynchronous sockets, with feature `embedded-io-async`.
impl<const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize> Responder<'_, BUFFER, QUERY, HEAD, BUCKETS> {
    /// Serves a connection from its first request to its end, and returns what to do with the socket: close it, or reset it.
    ///
    /// `now` reads a clock of milliseconds that does not go back, `sleep` completes after that many milliseconds. The
    /// [`Limits`](super::Limits) of the site bound every wait, so that a client that sends nothing, or takes nothing, ends too.
    /// `on` sees each [`Event`] and returns [`Action::Open`]; another answer ends the connection there, as a server with few
    /// sockets does behind a response when other clients wait. The future holds 64 bytes of received data; a response is written
    /// straight from the buffer of the responder.
    ///
    /// To end a connection early, drop the future; [`is_answering`](Self::is_answering) then tells whether a response breaks off.
    /// The responder serves one connection after the other: each call begins anew.
    ///
    /// # Errors
    ///
    /// Returns the error of the socket. The connection is over.
    ///
    /// # Examples
    ///
    /// With embassy, `now` is `|| Instant::now().as_millis()` and `sleep` is `Timer::after_millis`:
    ///
    /// ```
    /// use core::future::Future;
    /// use embedded_io_async::{Read, Write};
    /// use picometer::http::{Event, Action, Responder, Endpoint};
    /// use picometer::{Counter, Desc, Metric, Registry};
    ///
    /// static RESPONSES: Metric<Counter> =
    ///     Metric::new(&Desc::counter("responses_total", "Whole responses."));
    /// static METRICS: Registry = Registry::new(&[&RESPONSES]);
    /// static SITE: Endpoint = Endpoint::new(&METRICS);
    ///
    /// async fn connection<T: Future<Output = ()>>(
    ///     socket: &mut (impl Read + Write),
    ///     now: fn() -> u64,
    ///     sleep: fn(u64) -> T,
    /// ) {
    ///     let mut responder = Responder::new(&SITE);
    ///     let count = |event| {
    ///         if let Event::Response(_) = event {
    ///             RESPONSES.inc()
    ///         }
    ///         Action::Open
    ///     };
    ///     match responder.serve(socket, now, sleep, count).await {
    ///         Ok(Action::Close) => { /* socket.close() */ }
    ///         _ => { /* socket.abort() */ }
    ///     }
    /// }
    /// #
    /// # struct Socket(&'static [u8], Vec<u8>);
    /// # impl embedded_io_async::ErrorType for Socket { type Error = core::convert::Infallible; }
    /// # impl Read for Socket {
    /// #     async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> { self.0.read(buffer).await }
    /// # }
    /// # impl Write for Socket {
    /// #     async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> { self.1.extend(bytes); Ok(bytes.len()) }
    /// #     async fn flush(&mut self) -> Result<(), Self::Error> { Ok(()) }
    /// # }
    /// # let mut socket = Socket(b"GET /metrics HTTP/1.1\r\nHost: device\r\n\r\n", Vec::new());
    /// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::pin::pin!(connection(&mut socket, || 0, |_| std::future::pending())).poll(&mut context).is_ready());
    /// # assert!(socket.1.starts_with(b"HTTP/1.1 200 OK\r\n") && socket.1.ends_with(b"0\r\n\r\n"));
    /// # assert_eq!(RESPONSES.get(), 1);
    /// ```
    pub async fn serve<S, T>(
        &mut self,
        socket: &mut S,
        now: impl Fn() -> u64,
        sleep: impl Fn(u64) -> T,
        mut on: impl FnMut(Event) -> Action,
    ) -> Result<Action, S::Error>
    where
        S: Read + Write + ?Sized,
        T: Future<Output = ()>,
    {
        self.restart();
        let mut input = [0; READ_BYTES];
        let mut arrived = 0..0;
        loop {
            while self.fill_piece(now()) {
                let until = now() + self.left_millis(now());
                match within(socket.write(self.piece()), until, &now, &sleep).await {
                    Some(Ok(0)) => return Ok(Action::Reset),
                    Some(Ok(count)) => self.sent(now(), count),
                    Some(Err(error)) => return Err(error),
                    // The clock decides, in the next turn.
                    None => {}
                }
            }
            if let Some(served) = self.take_served() {
                // A socket with a buffer of its own would keep the end of the response for as long as the client waits for it.
                let until = now() + u64::from(self.site().limits.send_millis);
                let flushed = within(socket.flush(), until, &now, &sleep).await;
                let next = on(Event::Response(served));
                match flushed {
                    Some(result) => result?,
                    None => return Ok(Action::Reset),
                }
                if next != Action::Open {
                    return Ok(next);
                }
            }
            if self.next() != Action::Open {
                return Ok(self.next());
            }
            if arrived.is_empty() {
                let until = now() + self.left_millis(now());
                match within(socket.read(&mut input), until, &now, &sleep).await {
                    // The client has all its answers, or does not want them.
                    Some(Ok(0)) => return Ok(Action::Close),
                    Some(Ok(count)) => arrived = 0..count.min(READ_BYTES),
                    Some(Err(error)) => return Err(error),
                    None => continue,
                }
            }
            // What is not taken is behind the request: it waits until that is answered.
            let taken = self.receive(now(), input.get(arrived.clone()).unwrap_or(&[]));
            arrived.start += taken;
            if self.is_answering() {
                let next = on(Event::Request);
                if next != Action::Open {
                    return Ok(next);
                }
            }
        }
    }

    /// Sees to it that there is something to send, if there is anything.
    fn fill_piece(&mut self, now: u64) -> bool {
        self.watch_clock(now as u32);
        while self.phase == Phase::Sending && self.piece.start >= self.piece.end {
            self.next_piece(now as u32);
        }
        self.phase == Phase::Sending
    }

    fn piece(&self) -> &[u8] {
        self.buffer.get(self.piece.start..self.piece.end).unwrap_or(&[])
    }

    /// So much of the piece is sent.
    fn sent(&mut self, now: u64, count: usize) {
        let count = count.min(self.piece().len());
        self.piece.start += count;
        self.since = Some(now as u32);
        self.sending.bytes = self.sending.bytes.saturating_add(count as u32);
    }
}

/// Completes with the work, or with nothing once the clock shows `until`. The work is not dropped for a timer that is early.
async fn within<F: Future, T: Future<Output = ()>>(
    work: F,
    until: u64,
    now: &impl Fn() -> u64,
    sleep: &impl Fn(u64) -> T,
) -> Option<F::Output> {
    let mut work = pin!(work);
    loop {
        let mut timer = pin!(sleep(until.saturating_sub(now())));
        let done = poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => timer.as_mut().poll(context).map(|()| None),
        });
        let done = done.await;
        if done.is_some() || now() >= until {
            return done;
        }
    }
}
