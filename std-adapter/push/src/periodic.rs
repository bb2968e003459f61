//! Pushes every so often, in the background.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use picometer::Collector;

use super::destination::{Batch, Destination};
use super::error::PushError;
use super::queue::Queue;
use super::retry::{Retry, later, random};
use super::self_metrics::PushMetrics;

/// Pushes to any [`Destination`] every so often: one thread collects, another one sends.
///
/// What cannot be sent waits in a queue. While the receiver takes batches and the queue is full, the next collection waits. While the
/// receiver fails, older collections make room for newer ones, and what is dropped is counted in [`PushMetrics`] and an error of
/// [`Running::stop`]. Batches of one collection never drop each other.
///
/// ```no_run
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::push::{Periodic, RemoteWrite};
/// use std::time::Duration;
///
/// static ROWS: Metric<Counter> = Metric::new(&Desc::counter("rows_total", "Rows."));
/// let prometheus = RemoteWrite::new("http://prometheus:9090/api/v1/write")?
///     .label("job", "import")?;
/// let running =
///     Periodic::new(prometheus).interval(Duration::from_secs(10)).start(&ROWS)?;
/// // … and at the end, with a last push:
/// running.stop()?;
/// # Ok::<(), picometer_std::push::PushError>(())
/// ```
#[derive(Debug)]
pub struct Periodic<D> {
    destination: D,
    interval: Duration,
    retry: Retry,
    queue: usize,
    grace: Duration,
}

impl<D: Destination> Periodic<D> {
    /// Every 15 seconds, with the queue that suits the destination.
    pub fn new(destination: D) -> Self {
        let (interval, grace) = (Duration::from_secs(15), Duration::from_secs(5));
        Self { destination, interval, retry: Retry::default(), queue: D::QUEUE, grace }
    }

    /// How often, from a millisecond on; a shorter interval is one millisecond.
    ///
    /// The first push comes at a random moment within the first interval. So a fleet that was started at once does not push at once
    /// for ever.
    #[must_use]
    pub fn interval(self, interval: Duration) -> Self {
        Self { interval: interval.max(Duration::from_millis(1)), ..self }
    }

    /// The pauses between attempts.
    #[must_use]
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// How many batches may wait, 1 where 0 is given. A collection of more batches waits alone.
    #[must_use]
    pub fn queue(self, batches: usize) -> Self {
        Self { queue: batches, ..self }
    }

    /// How long the end may take: the last push, and what still waits. 5 seconds if nothing is said.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Starts to push everything that `source` has.
    ///
    /// # Errors
    ///
    /// [`PushError::Io`], if the system has no more threads.
    pub fn start(self, source: impl Collector + 'static) -> Result<Running, PushError> {
        let Self { destination, interval, retry, queue, grace } = self;
        let metrics = Arc::new(PushMetrics::new(D::NAME, queue.max(1)));
        let (queue, last, dropped) = (Queue::new(queue), Mutex::new(None), Default::default());
        let shared = Arc::new(Shared { destination, queue, metrics: metrics.clone(), last, dropped });
        let clock = Arc::new(Queue::<()>::new(1));
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| std::thread::Builder::new().name(name.into()).spawn(work);
        let sending = {
            let shared = shared.clone();
            spawn("push-send", Box::new(move || shared.send(&retry)))?
        };
        let collecting = {
            let (shared, clock) = (shared.clone(), clock.clone());
            spawn("push-collect", Box::new(move || shared.collect_until_closed(&source, interval, &clock)))
        };
        let collecting = collecting.inspect_err(|_| shared.queue.close(Instant::now()))?;
        let control = Some(Control { end: shared, clock, collecting, sending, grace });
        Ok(Running { control, metrics, process: std::process::id() })
    }
}

struct Shared<D: Destination> {
    destination: D,
    queue: Queue<Batch<D::Content>>,
    metrics: Arc<PushMetrics>,
    last: Mutex<Option<PushError>>,
    /// Batches that made room for newer ones, and samples in them.
    dropped: [AtomicU64; 2],
}

impl<D: Destination> Shared<D> {
    fn note(&self, error: PushError) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn collect(&self, source: &dyn Collector, collection: u64) {
        // A collector that panics costs its page, not the thread.
        let frozen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.destination.freeze(source, SystemTime::now())));
        match frozen {
            Ok(Ok(batches)) => self.enqueue(collection, batches),
            Ok(Err(error)) => {
                self.metrics.failed();
                self.note(error);
            }
            Err(panic) => {
                // Dropped here, a payload could panic again.
                let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(panic)));
                dropped.unwrap_or_else(std::mem::forget);
                self.metrics.failed();
            }
        }
    }

    fn collect_until_closed(&self, source: &dyn Collector, interval: Duration, clock: &Queue<()>) {
        let first = Duration::try_from_secs_f64(interval.as_secs_f64() * random()).unwrap_or(interval);
        let (mut due, mut collection) = (later(first), 0);
        while clock.pause(due) {
            self.collect(source, collection);
            collection += 1;
            // Ticks that were missed are not made up for.
            while due <= Instant::now() {
                due = due.checked_add(interval).unwrap_or_else(|| later(interval));
            }
        }
        self.collect(source, collection);
        self.enqueue(collection, self.destination.farewell(SystemTime::now()));
    }

    fn enqueue(&self, collection: u64, batches: Vec<Batch<D::Content>>) {
        self.queue.push(collection, batches).iter().for_each(|batch| self.drop_old(batch));
        self.metrics.waits(self.queue.len());
    }

    /// A batch made room for newer ones.
    fn drop_old(&self, batch: &Batch<D::Content>) {
        self.metrics.dropped(batch.samples);
        // Where only the newest counts nothing is lost. Both are counts and nothing else: no memory is published with them.
        if D::QUEUE > 1 {
            let [batches, samples] = &self.dropped;
            batches.fetch_add(1, Ordering::Relaxed);
            samples.fetch_add(batch.samples as u64, Ordering::Relaxed);
        }
    }

    fn send(&self, retry: &Retry) {
        let mut failures = 0;
        while let Some((collection, batch)) = self.queue.next() {
            let started = Instant::now();
            let result = self.destination.send(&batch);
            self.metrics.tried(started.elapsed(), result.is_err());
            match result {
                Ok(bytes) => {
                    failures = 0;
                    self.queue.goes_on();
                    self.metrics.sent(batch.samples, bytes);
                }
                Err(error) if error.may_retry() => {
                    failures += 1;
                    let pause = retry.pause(failures, &error);
                    self.note(error);
                    // Back to where it was: a series' samples go in order (R7).
                    if let Some(batch) = self.queue.put_back(collection, batch) {
                        self.drop_old(&batch);
                    }
                    self.queue.pause(later(pause));
                }
                Err(error) => {
                    failures = 0;
                    self.queue.goes_on();
                    self.metrics.dropped(batch.samples);
                    self.note(error);
                }
            }
            self.metrics.waits(self.queue.len());
        }
    }
}

/// The parts of [`Shared`] that do not depend on the destination.
trait End: Send + Sync {
    /// The next collection is the last.
    fn comes_last(&self);
    fn close(&self, until: Instant);
    /// How many batches wait, and the last error, once.
    fn left(&self) -> (usize, Option<PushError>);
    /// Batches that were dropped, and samples in them.
    fn dropped(&self) -> (u64, u64);
}

impl<D: Destination> End for Shared<D> {
    fn comes_last(&self) {
        self.queue.comes_last();
    }

    fn close(&self, until: Instant) {
        self.queue.close(until);
    }

    fn dropped(&self) -> (u64, u64) {
        let [batches, samples] = &self.dropped;
        (batches.load(Ordering::Relaxed), samples.load(Ordering::Relaxed))
    }

    fn left(&self) -> (usize, Option<PushError>) {
        (self.queue.len(), self.last.lock().unwrap_or_else(PoisonError::into_inner).take())
    }
}

/// A [`Periodic`] pusher that runs. Dropping it pushes a last time and ends it; [`stop`](Self::stop) also tells how that went.
///
/// In a child of `fork` nothing runs, and dropping it does nothing: a child that pushes starts a pusher of its own.
///
/// ```no_run
/// # fn example(running: picometer_std::push::Running) -> Result<(), picometer_std::push::PushError> {
/// println!("{} samples so far", running.metrics().samples());
/// running.stop()
/// # }
/// ```
#[must_use = "dropping it ends the pushing"]
pub struct Running {
    control: Option<Control>,
    metrics: Arc<PushMetrics>,
    /// Only there are the threads.
    process: u32,
}

struct Control {
    end: Arc<dyn End>,
    clock: Arc<Queue<()>>,
    collecting: JoinHandle<()>,
    sending: JoinHandle<()>,
    grace: Duration,
}

impl Running {
    /// What it has done so far; also a [`Collector`].
    pub fn metrics(&self) -> Arc<PushMetrics> {
        self.metrics.clone()
    }

    /// Why the last push failed, once for each failure. In a child of `fork` that is [`PushError::OtherProcess`].
    pub fn take_error(&self) -> Option<PushError> {
        if self.is_elsewhere() {
            return Some(PushError::OtherProcess);
        }
        self.control.as_ref().and_then(|control| control.end.left().1)
    }

    /// Collects and pushes a last time, waits until all is delivered or the grace is over, and ends.
    ///
    /// ```
    /// # use picometer_std::push::{Http, HttpRequest, HttpResponse, Periodic, Pushgateway};
    /// # use picometer_std::Registry;
    /// let http = Http::new().handler(|_: &HttpRequest<'_>| {
    ///     Ok(HttpResponse { status: 200, ..HttpResponse::default() })
    /// });
    /// let gateway = Pushgateway::new("http://gateway:9091", "backup").unwrap().http(http);
    /// let running = Periodic::new(gateway).start(Registry::new()).unwrap();
    /// // The last push is made, and its error is the program's to handle.
    /// running.stop().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`PushError::Undelivered`] if something was left, and [`PushError::Dropped`] if batches were dropped while it ran.
    /// Batches that the receiver refused for good are in [`PushMetrics::dropped_batches`]. Returns [`PushError::OtherProcess`] at once
    /// in a child of `fork`: the threads are in the parent, where they go on.
    pub fn stop(mut self) -> Result<(), PushError> {
        self.end()
    }

    fn is_elsewhere(&self) -> bool {
        self.process != std::process::id()
    }

    fn end(&mut self) -> Result<(), PushError> {
        if self.is_elsewhere() {
            // Neither joined nor dropped: no thread is there, and locks may be those of one that stayed behind.
            std::mem::forget(self.control.take());
            return Err(PushError::OtherProcess);
        }
        let Some(Control { end, clock, collecting, sending, grace }) = self.control.take() else { return Ok(()) };
        let until = later(grace);
        end.comes_last();
        clock.close(Instant::now());
        // Neither a collector that hangs nor a request, which may take as long as its own timeout, is waited for any longer.
        let has_collected = ended(collecting, until);
        end.close(until);
        let has_sent = ended(sending, until);
        let (waiting, last) = end.left();
        let (batches, samples) = end.dropped();
        let last = last.map(Box::new);
        let last = if batches > 0 { Some(Box::new(PushError::Dropped { batches, samples, last })) } else { last };
        match (waiting + usize::from(!has_collected) + usize::from(!has_sent), last) {
            (0, Some(dropped)) if batches > 0 => Err(*dropped),
            (0, _) => Ok(()),
            (batches, last) => Err(PushError::Undelivered { batches, last }),
        }
    }
}

/// Waits for a thread; whether it ended in time.
fn ended(thread: JoinHandle<()>, until: Instant) -> bool {
    while !thread.is_finished() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
    let has_ended = thread.is_finished();
    if has_ended {
        // Both survive what they run; a panic of ours has been reported by its thread.
        let _ = thread.join();
    }
    has_ended
}

impl Drop for Running {
    fn drop(&mut self) {
        // `stop` returns the error.
        let _ = self.end();
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("metrics", &self.metrics).finish_non_exhaustive()
    }
}
