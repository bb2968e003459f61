//! One page for several clients, and the memory of pages.

use std::io::Read;
use std::time::Duration;

use picometer_std::exporter::Limits;

use crate::client::{Large, PATIENCE, ask, exporter, get, own, own_filtered, read, started};
use crate::hanging::registry;
use crate::peers::wait_for;

const PATIENT: &str = "X-Prometheus-Scrape-Timeout-Seconds: 60";

#[test]
fn clients_that_wait_for_one_page_share_it() {
    let (registry, database) = registry();
    // A third thread for the exporter's own metrics.
    let limits = Limits { render_threads: 3, ..Limits::DEFAULT };
    let (_handle, address) = started(exporter().limits(limits), registry);
    database.close(true);
    let before = database.asked();
    // As many as there are threads are asked for by the first.
    let mut crowd: Vec<_> = (0..2)
        .map(|client| {
            let stream = ask(address, "/metrics", &[PATIENT]);
            wait_for("the collector to be asked", || (database.asked() == before + client + 1).then_some(()));
            stream
        })
        .collect();
    crowd.extend((0..40).map(|_| ask(address, "/metrics", &[PATIENT])));
    // Others want something else.
    crowd.extend((0..10).map(|_| ask(address, "/metrics?name[]=db_rows", &[PATIENT])));
    wait_for("all of them to wait", || (own_filtered(address, "picometer_exporter_requests_in_flight") >= 53.0).then_some(()));
    database.close(false);
    for stream in &mut crowd {
        let page = read(stream, true).unwrap();
        assert!(page.status == 200 && page.text().contains("\ndb_rows 17\n"), "{page:?}");
    }
    let asked = database.asked() - before;
    assert!(asked <= 12, "{asked} pages for 52 clients");
    assert!(own(address, "picometer_exporter_shared_pages_total") >= 30.0);
}

#[test]
fn page_is_shared_for_as_long_as_told() {
    let (registry, database) = registry();
    let (_handle, address) = started(exporter().share_pages(Duration::from_secs(3_600)), registry);
    let before = database.asked();
    let pages = [(); 3].map(|()| get(address, "/metrics", &[]).text().to_owned());
    assert!(pages[0].contains("\ndb_rows 17\n") && pages.iter().all(|page| *page == pages[0]));
    assert_eq!(database.asked() - before, 1, "one page for all");
    // What asks for something else has its own, and shares that too.
    let filtered = [(); 2].map(|()| get(address, "/metrics?name[]=db_rows", &[]).text().to_owned());
    assert!(filtered[0] == filtered[1] && filtered[0] != pages[0]);
    let refused = get(address, "/nothing", &[]).status;
    assert_eq!((database.asked() - before, refused), (2, 404));
    assert_eq!(own_filtered(address, "picometer_exporter_shared_pages_total"), 3.0);
}

#[test]
fn page_is_made_anew_behind_its_time() {
    for share in [Duration::ZERO, Duration::from_millis(1)] {
        let (registry, database) = registry();
        let (_handle, address) = started(exporter().share_pages(share), registry);
        let before = database.asked();
        get(address, "/metrics", &[]);
        std::thread::sleep(share * 2);
        get(address, "/metrics", &[]);
        assert_eq!(database.asked() - before, 2, "{share:?}");
    }
}

#[test]
fn bytes_of_slow_readers_are_limited() {
    const LIMIT: usize = 25_000_000;
    // Pages of 10 MB: two of them, and no third.
    let limits = Limits { page_bytes: LIMIT, ..Limits::DEFAULT };
    let (handle, address) = started(exporter().limits(limits), Large(15_000));
    let mut slow = Vec::new();
    for _ in 0..8 {
        // Each asks for a page of its own, and does not read it.
        let mut stream = ask(address, "/metrics", &[PATIENT]);
        stream.read_exact(&mut [0; 15]).unwrap();
        slow.push(stream);
        let held = own_filtered(address, "picometer_exporter_page_bytes");
        assert!(held <= LIMIT as f64, "{held}");
    }
    // Others are served whole.
    let page = get(address, "/metrics", &[PATIENT]);
    assert!(page.status == 200 && page.text().contains("large{place=\"14999\""));
    assert!(own_filtered(address, "picometer_exporter_evicted_connections_total") >= 5.0);
    drop(slow);
    wait_for("memory to be free", || (own_filtered(address, "picometer_exporter_page_bytes") < 20_000.0).then_some(()));
    handle.handle().shutdown_within(Duration::ZERO);
}

/// As many as 250 readers of a page of 9.5 MB, of which none reads, hold no more than the limit.
#[test]
fn hundreds_of_slow_readers_hold_the_limit() {
    const READERS: usize = 250;
    let limits = Limits { connections: READERS + 20, renders: READERS + 20, ..Limits::DEFAULT };
    let limit = limits.page_bytes;
    let (handle, address) = started(exporter().limits(limits), Large(15_000));
    let mut slow = Vec::new();
    for reader in 0..READERS {
        slow.push(ask(address, "/metrics", &[PATIENT]));
        if reader % 50 == 49 {
            let held = own_filtered(address, "picometer_exporter_page_bytes");
            assert!(held <= limit as f64, "{held} bytes of {reader} readers");
        }
    }
    // Who came is served or cut off, and others are served.
    assert_eq!(get(address, "/metrics", &[PATIENT]).status, 200);
    assert!(own_filtered(address, "picometer_exporter_page_bytes") <= limit as f64);
    drop(slow);
    wait_for("memory to be free", || (own_filtered(address, "picometer_exporter_page_bytes") < 20_000.0).then_some(()));
    handle.handle().shutdown_within(Duration::ZERO);
}

#[test]
fn page_beyond_the_limit_is_served_alone() {
    let limits = Limits { page_bytes: 1_000, ..Limits::DEFAULT };
    let (handle, address) = started(exporter().limits(limits), Large(300));
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(move || {
                let page = get(address, "/metrics", &[PATIENT]);
                assert!(page.status == 200 && page.text().contains("large{place=\"299\""));
            });
        }
    });
    handle.handle().shutdown_within(PATIENCE);
}
