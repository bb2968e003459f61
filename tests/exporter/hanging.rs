//! Collectors that hang: everything else is served, and who waits for them is told.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use picometer::{Collector, Desc, Encoder, Stop};
use picometer_std::exporter::Limits;
use picometer_std::{Counter, Metric, Registry};

use crate::client::{PATIENCE, ask, exchange, exporter, get, read, started};
use crate::peers::wait_for;

/// Far from the deadlines below, near to what a scraper waits.
pub const SOON: Duration = Duration::from_secs(8);

/// Hangs while it is closed, as a database does that does not answer.
pub struct Database {
    closed: Mutex<bool>,
    opened: Condvar,
    pub asked: AtomicU32,
    /// Whether it gives its family before it hangs.
    begins: AtomicBool,
}

impl Database {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { closed: Mutex::new(false), opened: Condvar::new(), asked: AtomicU32::new(0), begins: AtomicBool::new(false) })
    }

    pub fn close(&self, closed: bool) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = closed;
        self.opened.notify_all();
    }

    pub fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    fn wait(&self) {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        while *closed {
            closed = self.opened.wait(closed).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

pub struct Rows(pub Arc<Database>);

impl Collector for Rows {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const ROWS: Desc = Desc::gauge("db_rows", "Rows of the table.");
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        if self.0.begins.load(Ordering::SeqCst) {
            out.family(&ROWS)?.gauge(&[("table", "first")], 1)?;
            self.0.wait();
            return out.family(&ROWS)?.gauge(&[("table", "second")], 2);
        }
        self.0.wait();
        out.family(&ROWS)?.gauge(&(), 17)
    }
}

/// A counter `fast_total`, and a database that answers still.
pub fn registry() -> (Registry, Arc<Database>) {
    let (registry, database) = (Registry::new(), Database::new());
    registry.register(Metric::<Counter>::new("fast_total", "Fast.")).unwrap();
    registry.register(Rows(database.clone())).unwrap();
    registry.register(Metric::<Counter>::new("behind_total", "Behind the database.")).unwrap();
    (registry, database)
}

const ONE_SECOND: &str = "X-Prometheus-Scrape-Timeout-Seconds: 1";

#[test]
fn every_client_is_answered_by_its_deadline() {
    let (registry, database) = registry();
    let (_handle, address) = started(exporter(), registry);
    assert_eq!(get(address, "/metrics", &[ONE_SECOND]).status, 200);
    database.close(true);
    for round in 0..4 {
        let began = Instant::now();
        let response = get(address, "/metrics", &[ONE_SECOND]);
        assert!(began.elapsed() < SOON, "round {round}: {:?}", began.elapsed());
        assert_eq!(response.status, 503);
        assert!(response.text().contains("db_rows"), "{}", response.text());
        assert!(response.header("retry-after").is_some());
    }
    database.close(false);
}

#[test]
fn many_clients_at_once_are_answered_by_their_deadlines() {
    let (registry, database) = registry();
    let (_handle, address) = started(exporter(), registry);
    database.close(true);
    std::thread::scope(|scope| {
        for client in 0..40 {
            scope.spawn(move || {
                let began = Instant::now();
                let path = if client % 2 == 0 { "/metrics".to_owned() } else { format!("/metrics?name[]=db_rows&name[]=n{client}") };
                assert_eq!(get(address, &path, &[ONE_SECOND]).status, 503);
                assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
            });
        }
    });
    database.close(false);
}

#[test]
fn filter_does_not_call_other_collectors() {
    let (registry, database) = registry();
    let (_handle, address) = started(exporter(), registry);
    database.close(true);
    let asked = database.asked();
    for name in ["fast_total", "fast", "behind_total", "picometer_exporter_connections"] {
        for _ in 0..3 {
            let page = get(address, &format!("/metrics?name[]={name}"), &[ONE_SECOND]);
            assert_eq!(page.status, 200, "{name}: {}", page.text());
            assert!(page.text().contains(name), "{}", page.text());
        }
    }
    assert_eq!(database.asked(), asked, "the database was asked in vain");
    database.close(false);
    let page = get(address, "/metrics?name[]=db_rows", &[]);
    assert_eq!(page.text(), "# HELP db_rows Rows of the table.\n# TYPE db_rows gauge\ndb_rows 17\n");
}

#[test]
fn other_families_do_not_wait_for_a_hang() {
    let (registry, database) = registry();
    let (_handle, address) = started(exporter(), registry);
    database.close(true);
    // These wait for ten seconds, and have all threads meanwhile.
    let waiting: Vec<_> = (0..8).map(|_| ask(address, "/metrics", &[])).collect();
    wait_for("the database to be asked", || (database.asked() >= 3).then_some(()));
    for _ in 0..5 {
        let page = get(address, "/metrics?name[]=fast_total", &["X-Prometheus-Scrape-Timeout-Seconds: 6"]);
        assert!(page.status == 200 && page.text().contains("\nfast_total 0\n"), "{page:?}");
    }
    drop(waiting);
    database.close(false);
}

#[test]
fn rendering_goes_on_after_a_passing_hang() {
    let (registry, database) = registry();
    let (_handle, address) = started(exporter(), registry);
    // As many as there are threads by default hang, one of them in the middle of its family.
    for begins in [false, true] {
        database.begins.store(begins, Ordering::SeqCst);
        database.close(true);
        assert_eq!(get(address, "/metrics", &[ONE_SECOND]).status, 503);
        assert_eq!(get(address, "/metrics", &[ONE_SECOND]).status, 503);
    }
    // The next question is answered, though the others are still without an answer.
    database.begins.store(false, Ordering::SeqCst);
    *database.closed.lock().unwrap() = false;
    let page = get(address, "/metrics", &[]);
    assert!(page.status == 200 && page.text().contains("\nbehind_total 0\n"), "{page:?}");
    database.close(false);
}

#[test]
fn hung_threads_are_few_and_come_back() {
    let (registry, database) = registry();
    let limits = Limits { render_threads: 1, ..Limits::DEFAULT };
    let (_handle, address) = started(exporter().limits(limits), registry);
    database.close(true);
    let asked = database.asked();
    for _ in 0..12 {
        assert_eq!(get(address, "/metrics", &["X-Prometheus-Scrape-Timeout-Seconds: 0.1"]).status, 503);
    }
    assert!(database.asked() - asked <= 8, "{} threads hang", database.asked() - asked);
    // With all of them lost, the answer comes at once.
    let began = Instant::now();
    let refused = get(address, "/metrics", &["X-Prometheus-Scrape-Timeout-Seconds: 60"]);
    assert!(refused.status == 503 && refused.text().contains("db_rows"), "{refused:?}");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    database.close(false);
    wait_for("pages to be made again", || (get(address, "/metrics", &[ONE_SECOND]).status == 200).then_some(()));
}

#[test]
fn health_is_served_beside_a_hang() {
    let (registry, database) = registry();
    let (_handle, address) = started(exporter(), registry);
    database.close(true);
    let mut waiting: Vec<_> = (0..20).map(|_| ask(address, "/metrics", &[ONE_SECOND])).collect();
    assert_eq!(get(address, "/-/healthy", &[]).status, 200);
    assert_eq!(get(address, "/", &[]).status, 200);
    for stream in &mut waiting {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(read(stream, true).unwrap().status, 503);
        // The connection is good for more.
        assert_eq!(exchange(stream, "/-/healthy", &[]).status, 200);
    }
    database.close(false);
}
