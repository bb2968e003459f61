//! Responses with metrics, made on a thread of their own: a slow collector does not stop the thread of an async runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use picometer::Collector;

use crate::respond::{RequestParts, ResponseParts, respond};

/// Responses under way at a time, for one collector. A collector that hangs takes as many threads and no more.
const THREADS: u64 = 16;

/// Metrics, and how many responses with them are under way.
#[derive(Clone)]
pub(super) struct Renderer {
    metrics: Arc<dyn Collector>,
    under_way: UnderWay,
}

/// How many responses are under way, and above that the process in which they are: a child of `fork` has none of its parent's.
#[derive(Clone, Default)]
struct UnderWay(Arc<AtomicU64>);

impl UnderWay {
    fn here() -> u64 {
        u64::from(std::process::id()) << 32
    }

    /// Begins one, unless there are too many. A count and nothing else: no memory is published with it.
    fn begin(&self) -> bool {
        let here = Self::here();
        let begun = |word: u64| {
            let count = if word & !u64::from(u32::MAX) == here { word & u64::from(u32::MAX) } else { 0 };
            (count < THREADS).then_some(here | (count + 1))
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, begun).is_ok()
    }

    fn end(&self) {
        let here = Self::here();
        let ended = |word: u64| (word > here && word & !u64::from(u32::MAX) == here).then(|| word - 1);
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, ended);
    }
}

/// A request in memory of its own.
pub(super) struct OwnedRequest {
    pub(super) method: String,
    pub(super) target: String,
    /// Names and values.
    pub(super) headers: Vec<(String, String)>,
}

impl OwnedRequest {
    fn answer(&self, metrics: &dyn Collector) -> ResponseParts {
        let parts = RequestParts::new(&*self.method, &*self.target);
        respond(&self.headers.iter().fold(parts, |parts, (name, value)| parts.header(name, value)), metrics)
    }
}

impl Renderer {
    pub(super) fn new(metrics: impl Collector + 'static) -> Self {
        Self { metrics: Arc::new(metrics), under_way: UnderWay::default() }
    }

    /// Answers a request on the thread of the caller.
    #[cfg(feature = "tower")]
    pub(super) fn answer(&self, request: &OwnedRequest) -> ResponseParts {
        request.answer(&*self.metrics)
    }

    /// Answers a request on another thread; with status 503 if too many responses are under way or the system has no thread.
    pub(super) fn start(&self, request: OwnedRequest) -> Rendering {
        let slot = Arc::new(Slot(Mutex::new(State::Waiting(Waker::noop().clone()))));
        if !self.under_way.begin() {
            slot.fill(unavailable("503 Service Unavailable: too many responses with metrics are under way\n"));
            return Rendering(slot);
        }
        let job = Job { slot: Arc::clone(&slot), under_way: self.under_way.clone() };
        let metrics = Arc::clone(&self.metrics);
        #[cfg(feature = "tokio")]
        let runtime = tokio::runtime::Handle::try_current().ok();
        // If there is no thread, the job is dropped, which answers too.
        let _ = thread::Builder::new().name("picometer-page".into()).spawn(move || {
            // Collectors find the runtime that asked, as they would on its own threads.
            #[cfg(feature = "tokio")]
            let _entered = runtime.as_ref().map(tokio::runtime::Handle::enter);
            job.slot.fill(request.answer(&*metrics));
        });
        Rendering(slot)
    }
}

fn unavailable(text: &'static str) -> ResponseParts {
    let headers = vec![
        ("content-type", "text/plain; charset=utf-8".into()),
        ("retry-after", "1".into()),
        ("content-length", text.len().to_string().into()),
    ];
    ResponseParts { status: 503, headers, body: text.into() }
}

/// What a thread has to do; dropped undone it answers that it was not done.
struct Job {
    slot: Arc<Slot>,
    under_way: UnderWay,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.under_way.end();
        self.slot.fill(unavailable("503 Service Unavailable: there is no thread for a response with metrics\n"));
    }
}

/// Where a thread leaves its response.
struct Slot(Mutex<State>);

enum State {
    Waiting(Waker),
    Ready(ResponseParts),
    Taken,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a response, unless there was one.
    fn fill(&self, response: ResponseParts) {
        let mut state = self.lock();
        if let State::Waiting(waker) = &*state {
            let waker = waker.clone();
            *state = State::Ready(response);
            // Wakers of others run without the lock.
            drop(state);
            waker.wake();
        }
    }
}

/// A response that is being made.
pub(super) struct Rendering(Arc<Slot>);

impl Future for Rendering {
    type Output = ResponseParts;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<ResponseParts> {
        let mut state = self.0.lock();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Ready(response) => Poll::Ready(response),
            State::Waiting(_) => {
                *state = State::Waiting(context.waker().clone());
                Poll::Pending
            }
            // Polled again after it was ready, which the contract of futures leaves open.
            State::Taken => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use picometer::{Encoder, Stop};
    use std::pin::pin;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Barrier, Condvar};

    fn wait(rendering: Rendering) -> ResponseParts {
        struct Unpark(thread::Thread);
        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Arc::new(Unpark(thread::current())).into();
        let mut rendering = pin!(rendering);
        loop {
            match rendering.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(response) => return response,
                Poll::Pending => thread::park(),
            }
        }
    }

    fn request() -> OwnedRequest {
        OwnedRequest { method: "GET".into(), target: "/".into(), headers: Vec::new() }
    }

    type Gate = Arc<(Mutex<bool>, Condvar)>;

    /// Says that it was asked, and hangs until it is let go.
    struct Hangs(Mutex<Sender<()>>, Gate);

    impl Collector for Hangs {
        fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> {
            self.0.lock().unwrap().send(()).unwrap();
            let (is_over, changed) = &*self.1;
            drop(changed.wait_while(is_over.lock().unwrap(), |is_over| !*is_over).unwrap());
            Ok(())
        }
    }

    fn hanging() -> (Renderer, Receiver<()>, Gate) {
        let (sender, receiver) = channel();
        let gate = Gate::default();
        (Renderer::new(Hangs(Mutex::new(sender), Arc::clone(&gate))), receiver, gate)
    }

    #[test]
    fn hung_collector_takes_a_bounded_number_of_threads() {
        let (renderer, asked, gate) = hanging();
        let under_way: Vec<_> = (0..THREADS).map(|_| renderer.start(request())).collect();
        (0..THREADS).for_each(|_| asked.recv().unwrap());
        assert_eq!(wait(renderer.start(request())).status, 503);
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        assert!(under_way.into_iter().all(|rendering| wait(rendering).status == 200));
    }

    #[test]
    fn panic_of_a_collector_is_a_response() {
        struct Panics(Barrier);
        impl Collector for Panics {
            fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> {
                self.0.wait();
                std::panic::resume_unwind(Box::new("on purpose"))
            }
        }
        assert_eq!(wait(Renderer::new(Panics(Barrier::new(1))).start(request())).status, 500);
    }
}
