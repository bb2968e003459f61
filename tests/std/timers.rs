//! Timers and guards that own what they need, and attributes of functions.

mod attributes;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Waker};
use std::time::Duration;

use picometer_std::{
    ClosedFamily, Counter, CounterWithExemplar, Created, Family, FamilyOf, FromConfig, Gauge, Handle, Histogram, HistogramWithExemplars,
    InProgress, LabelValue, Labelled, Labels, MeasuredFuture, Metric, NativeHistogram, ObserveDuration, QuantileSummary, Summary, Timer,
    TrackInProgress, labels, statics,
};

use crate::{page, samples};

#[derive(Clone, Copy, LabelValue)]
#[label(rename_all = "UPPERCASE")]
enum Method {
    Get,
}

#[derive(Clone, Copy, Labels)]
struct Route<'a> {
    method: Method,
    path: &'a str,
    code: u16,
}

static SECONDS: LazyLock<FamilyOf<Histogram, Route>> = LazyLock::new(|| FamilyOf::<Histogram, Route>::new("route_seconds", "Routes."));

fn is_send<T: Send + 'static>(value: T) -> T {
    value
}

fn poll<F: Future>(future: F) {
    let _ = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
}

fn count(path: &str, code: u16) -> u64 {
    SECONDS.get(Route { method: Method::Get, path, code }).map_or(0, |seconds| seconds.count())
}

async fn serve(path: String) {
    let mut request = SECONDS.timer(Route { method: Method::Get, path: &path, code: 499 });
    tokio::task::yield_now().await;
    request.code = 200;
}

#[test]
fn labels_are_those_of_the_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { tokio::spawn(is_send(serve("/end".into()))).await.unwrap() });
    assert_eq!((count("/end", 200), count("/end", 499)), (1, 0));
    assert!(SECONDS.get(Route { method: Method::Get, path: "/end", code: 499 }).is_none(), "a series without an observation");
}

#[test]
fn dropped_futures_observe_the_labels_that_they_had() {
    poll(serve("/dropped".into()));
    assert_eq!((count("/dropped", 200), count("/dropped", 499)), (0, 1));
    drop(serve("/never".into()));
    assert_eq!(count("/never", 499), 0);
}

#[test]
fn panics_and_discarded_timers_end_as_they_should() {
    let path = "/panic";
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut timer = SECONDS.timer(Route { method: Method::Get, path, code: 500 });
        timer.path = "/panicked";
        panic!("as it should");
    }));
    assert!(result.is_err());
    assert_eq!((count(path, 500), count("/panicked", 500)), (0, 1));

    let timer = SECONDS.timer(Route { method: Method::Get, path, code: 200 });
    assert_eq!(timer.code, 200);
    timer.discard();
    assert!(SECONDS.get(Route { method: Method::Get, path, code: 200 }).is_none());
    let took = SECONDS.timer(Route { method: Method::Get, path, code: 201 }).observe();
    assert_eq!(SECONDS.with(Route { method: Method::Get, path, code: 201 }).sum(), took.as_secs_f64());
}

#[test]
fn timers_own_what_they_need() {
    let seconds = Arc::new(Family::<Summary, 2>::new("a_seconds", "A.", ["path", "code"]));
    let mut timer = is_send(Timer::new(Labelled::new(seconds.clone(), (String::from("/"), 499))));
    std::thread::spawn(move || timer.1 = 200).join().unwrap();
    assert_eq!(seconds.with(("/", 200)).count(), 1);
    let by_position = seconds.timer(["/", "201"]).observe();
    assert_eq!(seconds.with(("/", 201)).sum(), by_position.as_secs_f64());

    labels! { enum Outcome as "outcome" { Ok = "ok", Failed = "failed" } }
    let closed = Arc::new(ClosedFamily::<Histogram, Outcome>::new("b_seconds", "B."));
    let mut timer = is_send(Timer::new(Labelled::new(closed.clone(), Outcome::Failed)));
    std::thread::spawn(move || *timer = Outcome::Ok).join().unwrap();
    assert_eq!((closed.with(Outcome::Ok).count(), closed.with(Outcome::Failed).count()), (1, 0));

    static STATIC: statics::Family<statics::Summary, Outcome, 2> = statics::Family::new(&statics::Desc::summary("c_seconds", "C."));
    drop(is_send(Timer::new(Labelled::new(&STATIC, Outcome::Ok))));
    assert_eq!(STATIC.with(Outcome::Ok).count(), 1);
}

#[test]
fn series_that_go_while_timers_run_come_anew() {
    let seconds = Family::<Histogram, 1>::new("a_seconds", "A.", ["path"]).max_series(1);
    let timer = seconds.timer(["/"]);
    seconds.with(["/"]).observe(1.0);
    seconds.clear();
    drop(timer);
    assert_eq!((seconds.with(["/"]).count(), seconds.len()), (1, 1));
    drop(seconds.timer(["/other"]));
    assert_eq!((seconds.len(), seconds.overflowed()), (1, 1));
    assert!(samples(&seconds).contains(&String::from("a_seconds_count{overflow=\"true\"} 1")));
}

#[derive(Labels)]
struct Queue<'a> {
    queue: &'a str,
}

#[test]
fn guards_lower_the_series_that_they_raised() {
    let running = FamilyOf::<Gauge<i64>, Queue>::new("jobs_in_progress", "Jobs.");
    let name = String::from("mail");
    let job = is_send(running.track_in_progress(Queue { queue: &name }));
    drop(name);
    let other = running.untyped().track_in_progress(["mail"]);
    assert_eq!(running.with(Queue { queue: "mail" }).get(), 2);
    assert!(running.remove(Queue { queue: "mail" }));
    let third = running.track_in_progress(Queue { queue: "mail" });
    std::thread::spawn(move || drop(job)).join().unwrap();
    drop(other);
    assert_eq!(running.with(Queue { queue: "mail" }).get(), 1, "those of the removed series are not its own");
    drop(third);
    assert_eq!(running.with(Queue { queue: "mail" }).get(), 0);

    let family = Family::<Gauge<i64>, 1>::new("a", "A.", ["queue"]).ttl(Duration::ZERO);
    let job = family.track_in_progress(["mail"]);
    (0..3).for_each(|_| assert!(page(&family).contains("a{queue=\"mail\"} 1\n"), "it is held"));
    drop(job);
    assert_eq!(family.with(["mail"]).get(), 0);

    labels! { enum Kind as "kind" { One = "one" } }
    let closed = ClosedFamily::<Gauge<i64>, Kind>::new("b", "B.");
    let one = closed.track_in_progress(Kind::One);
    assert_eq!(closed.with(Kind::One).get(), 1);
    drop(one);
    assert_eq!(closed.with(Kind::One).get(), 0);
}

#[test]
fn handles_are_one_pointer_of_any_family() {
    struct Worker {
        done: Handle<Counter>,
    }
    let one = Family::<Counter, 1>::new("a_total", "A.", ["a"]);
    let three = FamilyOf::<Counter, Route>::new("b_total", "B.");
    let route = Route { method: Method::Get, path: "/", code: 200 };
    let workers = [Worker { done: one.handle(["x"]) }, Worker { done: is_send(three.handle(route)) }];
    workers.iter().for_each(|worker| worker.done.inc());
    assert_eq!((one.with(["x"]).get(), three.with(route).get()), (1, 1));
    drop((one, three));
    workers[1].done.inc();
    assert_eq!(workers[1].done.get(), 2, "it outlives the family");
    assert_eq!(size_of::<Handle<Counter>>(), size_of::<usize>());
}

#[test]
fn futures_are_timed_by_labels() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let path = String::from("/future");
    let work = async {
        tokio::task::yield_now().await;
        7
    };
    let labels = Route { method: Method::Get, path: &path, code: 200 };
    assert_eq!(runtime.block_on(work.timed(SECONDS.labelled(labels))), 7);
    assert_eq!(count(&path, 200), 1);

    let running = Family::<Gauge<i64>, 1>::new("a", "A.", ["queue"]);
    let handle = running.handle(["mail"]);
    let task =
        is_send(std::future::pending::<()>().timed(SECONDS.labelled(Route { path: "/pending", ..labels_of("/") })).in_progress(handle));
    poll(task);
    assert_eq!((count("/pending", 200), running.with(["mail"]).get()), (1, 0));
}

fn labels_of(path: &'static str) -> Route<'static> {
    Route { method: Method::Get, path, code: 200 }
}

#[test]
fn every_cell_that_observes_takes_durations() {
    fn observes<C: FromConfig + ObserveDuration>(name: &str) {
        let (family, metric) = (Family::<C, 1>::new(name, "A.", ["a"]), Metric::<C>::new(name, "A."));
        drop((family.timer(["x"]), family.handle(["x"]).start_timer(), metric.start_timer()));
        family.with(["x"]).time(|| ());
        let page = page(&family);
        assert!(page.contains("a=\"x\"") && !page.contains("a=\"x\"} 0\n"), "{page}");
    }
    observes::<Histogram>("a_seconds");
    observes::<HistogramWithExemplars>("a_seconds");
    observes::<Summary>("a_seconds");
    observes::<QuantileSummary>("a_seconds");
    observes::<Gauge<f64>>("a_seconds");
    observes::<statics::Summary<f64>>("a_seconds");
    let native = Family::<NativeHistogram, 1>::new("a_seconds", "A.", ["a"]);
    drop(native.timer(["x"]));
    assert_eq!(native.with(["x"]).count(), 1);
    let created = Family::<Created<Histogram>, 1>::new("a_seconds", "A.", ["a"]);
    drop(created.timer(["x"]));
    assert_eq!(created.with(["x"]).count(), 1);
    let counter = Family::<CounterWithExemplar, 1>::new("a_total", "A.", ["a"]);
    picometer_std::CountOne::count_one(&counter.labelled(["x"]));
    assert_eq!(counter.with(["x"]).get(), 1);
}

#[test]
fn timers_of_many_threads_are_all_observed() {
    let seconds = Arc::new(FamilyOf::<Histogram, Queue>::new("a_seconds", "A."));
    let running = Arc::new(FamilyOf::<Gauge<i64>, Queue>::new("a", "A."));
    let guards: Vec<_> = std::thread::scope(|scope| {
        let begin = |thread: usize| {
            let queue = ["a", "b", "c"][thread % 3];
            let (seconds, running) = (&seconds, &running);
            move || {
                drop(seconds.timer(Queue { queue }));
                (InProgress::new(running.handle(Queue { queue })), Timer::new(Labelled::new(seconds.clone(), Queue { queue })))
            }
        };
        let threads: Vec<_> = (0..999).map(|thread| scope.spawn(begin(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for queue in ["a", "b", "c"] {
        assert_eq!((seconds.with(Queue { queue }).count(), running.with(Queue { queue }).get()), (333, 333));
    }
    // The threads that began them are gone.
    drop(guards);
    for queue in ["a", "b", "c"] {
        assert_eq!((seconds.with(Queue { queue }).count(), running.with(Queue { queue }).get()), (666, 0));
    }
}

#[test]
fn a_timer_ends_in_a_destructor_of_the_thread() {
    static LAST: LazyLock<FamilyOf<Histogram, Queue>> = LazyLock::new(|| FamilyOf::<Histogram, Queue>::new("a_seconds", "A."));
    type Kept = std::cell::RefCell<Option<Timer<Labelled<&'static FamilyOf<Histogram, Queue<'static>>, Queue<'static>>>>>;
    std::thread_local! { static KEPT: Kept = const { std::cell::RefCell::new(None) }; }
    std::thread::spawn(|| KEPT.set(Some(LAST.timer(Queue { queue: "end" })))).join().unwrap();
    assert_eq!(LAST.with(Queue { queue: "end" }).count(), 1);
    let _ = TrackInProgress::track_in_progress(&Gauge::<i64>::default());
}
