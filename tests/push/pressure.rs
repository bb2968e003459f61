//! Many series: the queue puts pressure on the collecting thread, and what is dropped is told.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use picometer::{Collector, Desc, Encoder, Stop};
use picometer_std::push::{Graphite, Http, HttpRequest, HttpResponse, Periodic, PushError, RemoteWrite, Retry};

use crate::peers::wait_for;
use crate::scripted::Scripted;
use crate::support::collector;

/// So many gauges, which say how often they were asked.
#[derive(Clone)]
struct Many {
    series: u32,
    asked: Arc<AtomicU32>,
}

impl Many {
    fn new(series: u32) -> Self {
        Self { series, asked: Arc::default() }
    }
}

impl Collector for Many {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let mut family = out.family(const { &Desc::gauge("many", "") })?;
        let asked = self.asked.load(Ordering::Relaxed);
        (0..self.series).try_for_each(|number| family.gauge(&[("number", number.to_string().as_str())], asked))?;
        self.asked.store(asked + 1, Ordering::Relaxed);
        Ok(())
    }
}

/// How many series a request of Remote Write 2.0 has, as `TimeSeries` of field 5.
pub(crate) fn series(body: &[u8]) -> u64 {
    let bytes = snap::raw::Decoder::new().decompress_vec(body).unwrap();
    let (mut rest, mut count) = (&bytes[..], 0);
    while let Some((&tag, after)) = rest.split_first() {
        let (mut len, mut shift, mut after) = (0, 0, after);
        while let Some((&byte, next)) = after.split_first() {
            (len, shift, after) = (len | usize::from(byte & 127) << shift, shift + 7, next);
            if byte < 128 {
                break;
            }
        }
        assert!(tag == 5 << 3 | 2 || tag == 4 << 3 | 2, "field {tag}");
        count += u64::from(tag == 5 << 3 | 2);
        rest = &after[len..];
    }
    count
}

fn taken(samples: u64) -> HttpResponse {
    let written = ("X-Prometheus-Remote-Write-Samples-Written".to_owned(), samples.to_string());
    HttpResponse { status: 204, headers: vec![written], body: Vec::new() }
}

const SOON: Retry = Retry { first: Duration::from_millis(1), longest: Duration::from_millis(1), attempts: 1 };

/// Collects so often, with a queue that holds less than a collection; a healthy receiver gets everything.
fn delivers(series_of_each: u32, batch: usize, queue: usize, collections: u32) {
    let received = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&received);
    let source = Many::new(series_of_each);
    let asked = Arc::clone(&source.asked);
    let http = Http::new().handler(move |request: &HttpRequest<'_>| {
        // Slow at first: the second collection meets the first one, of which nearly everything waits.
        while asked.load(Ordering::Relaxed) < 2 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let samples = series(request.body);
        counting.fetch_add(samples, Ordering::Relaxed);
        Ok(taken(samples))
    });
    let remote = RemoteWrite::new("receiver").unwrap().batch(batch).end_series(false).http(http);
    let periodic = Periodic::new(remote).interval(Duration::from_millis(1)).queue(queue).grace(Duration::from_secs(300));
    let running = periodic.start(source.clone()).unwrap();
    wait_for("collections", || (source.asked.load(Ordering::Relaxed) >= collections).then_some(()));
    let metrics = running.metrics();
    running.stop().unwrap();
    let all = u64::from(source.asked.load(Ordering::Relaxed)) * u64::from(series_of_each);
    assert_eq!((metrics.dropped_samples(), metrics.samples(), received.load(Ordering::Relaxed)), (0, all, all));
}

#[test]
fn healthy_receiver_gets_every_series_of_a_large_collection() {
    // The queue and the batches that there are if nothing is said.
    delivers(600_000, 2_000, 256, 2);
}

#[test]
fn collection_waits_for_the_one_before() {
    delivers(20_000, 1_000, 8, 6);
}

#[test]
fn receiver_that_fails_loses_older_collections_only_and_stop_tells() {
    const SERIES: u32 = 5_000;
    let is_up = Arc::new((Mutex::new(false), Condvar::new()));
    let (of_handler, received) = (Arc::clone(&is_up), Arc::new(AtomicU64::new(0)));
    let counting = Arc::clone(&received);
    let http = Http::new().handler(move |request: &HttpRequest<'_>| {
        if !*of_handler.0.lock().unwrap() {
            return Err(PushError::Timeout { url: request.url.into() });
        }
        let samples = series(request.body);
        counting.fetch_add(samples, Ordering::Relaxed);
        Ok(taken(samples))
    });
    let remote = RemoteWrite::new("receiver").unwrap().end_series(false).batch(1_000).http(http);
    let source = Many::new(SERIES);
    // Two collections of five batches fit.
    let periodic = Periodic::new(remote).interval(Duration::from_millis(10)).queue(10).retry(SOON).grace(Duration::from_secs(300));
    let running = periodic.start(source.clone()).unwrap();
    let metrics = running.metrics();
    wait_for("drops", || (metrics.dropped_samples() > 20_000).then_some(()));
    *is_up.0.lock().unwrap() = true;
    let error = running.stop().unwrap_err();
    let (asked, received) = (u64::from(source.asked.load(Ordering::Relaxed)), received.load(Ordering::Relaxed));
    let PushError::Dropped { batches, samples, last: Some(_) } = error else { panic!("{error:?}") };
    assert_eq!((samples, batches * 1_000), (metrics.dropped_samples(), samples));
    assert_eq!(received + samples, asked * u64::from(SERIES));
    // The last collection is whole.
    assert!(received >= u64::from(SERIES));
}

#[test]
fn batch_that_failed_by_tls_waits_as_others_do() {
    let failures = AtomicU32::new(0);
    let http = Http::new().handler(move |request: &HttpRequest<'_>| match failures.fetch_add(1, Ordering::Relaxed) {
        0 => Err(PushError::Tls("the certificate expired".into())),
        1 => Err(PushError::TooManyRedirects { url: request.url.into() }),
        2 => Ok(HttpResponse { status: 307, headers: vec![("Location".into(), "ftp://elsewhere".into())], body: Vec::new() }),
        _ => Ok(taken(series(request.body))),
    });
    let remote = RemoteWrite::new("receiver").unwrap().end_series(false).http(http);
    let source = Many::new(3);
    let running = Periodic::new(remote).interval(Duration::from_millis(5)).retry(SOON).start(source.clone()).unwrap();
    let metrics = running.metrics();
    wait_for("deliveries", || (metrics.samples() > 9).then_some(()));
    running.stop().unwrap();
    assert_eq!((metrics.failures(), metrics.dropped_batches()), (3, 0));
    assert_eq!(metrics.samples(), 3 * u64::from(source.asked.load(Ordering::Relaxed)));
}

#[test]
fn paths_of_graphite_are_distinct() {
    let similar = collector(|out| {
        let mut family = out.family(const { &Desc::gauge("similar", "") })?;
        ["a.b", "a_b", "a/b", "a b", "a__b", "a%2Eb", "~a", "é", "_"].iter().try_for_each(|value| family.gauge(&[("v", *value)], 1_u32))
    });
    for tags in [false, true] {
        let lines = Scripted::start(|_, _| {});
        Graphite::new(&lines.address().to_string()).tags(tags).push(&similar).unwrap();
        wait_for("the lines", || (!lines.seen().is_empty()).then_some(()));
        let seen = lines.seen().remove(0);
        let paths: BTreeSet<_> = seen.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(paths.len(), 9, "{seen}");
    }
}
