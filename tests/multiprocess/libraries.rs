//! What a recorder and `HttpMetrics` count, on the page of all workers.

use picometer_std::Registry;
use picometer_std::recorder::Recorder;
use picometer_std::serve::HttpMetrics;

use super::Folder;
use super::child::{self, Worker};

fn recorded() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    child::serve(|command| {
        metrics::with_local_recorder(&recorder, || {
            for table in command {
                metrics::counter!("db.queries", "table" => (*table).to_owned()).increment(2);
                metrics::histogram!("db.query_seconds", "table" => (*table).to_owned()).record(0.5);
                metrics::gauge!("db.connections").set(3.0);
            }
        });
    });
}

#[test]
fn what_libraries_record_is_shared_series_by_series() {
    child::role!(role, recorded());
    let folder = Folder::new();
    let (mut one, mut other) = (Worker::start(role, &folder), Worker::start(role, &folder));
    one.ask("a");
    one.ask("b a");
    other.ask("a");
    let page = folder.page();
    for (table, count) in [("a", 3.0), ("b", 1.0)] {
        assert_eq!(page.value("db_queries_total", &[("table", table)]), Some(2.0 * count));
        assert_eq!(page.value("db_query_seconds_sum", &[("table", table)]), Some(0.5 * count));
    }
    assert_eq!(page.value("db_connections", &[("pid", &other.pid())]), Some(3.0));
    other.end();
}

fn serving() {
    let registry = Registry::new();
    let metrics = registry.register(HttpMetrics::server()).unwrap();
    let mut under_way = None;
    child::serve(|command| match command {
        ["answer", route] => metrics.begin("GET", Some(500)).end(route, 200, Some(5_000)),
        ["begin"] => under_way = Some(metrics.begin("GET", None)),
        ["end"] => drop(under_way.take()),
        ["own"] => assert_eq!(metrics.count("GET", "/a", 200), 2),
        other => panic!("{other:?}"),
    });
}

#[test]
fn requests_of_all_workers_are_on_one_page() {
    child::role!(role, serving());
    let folder = Folder::new();
    let (mut one, mut other) = (Worker::start(role, &folder), Worker::start(role, &folder));
    ["answer /a", "answer /a", "begin", "own"].into_iter().for_each(|line| _ = one.ask(line));
    ["answer /a", "answer /b", "begin"].into_iter().for_each(|line| _ = other.ask(line));
    let labels = [("code", "200"), ("method", "GET"), ("route", "/a")];
    let page = folder.page();
    assert_eq!((page.value("http_requests_total", &labels), page.value("http_requests_in_flight", &[])), (Some(3.0), Some(2.0)));
    assert_eq!(page.value("http_request_size_bytes_sum", &labels[1..]), Some(1_500.0));
    assert_eq!(page.value("http_request_duration_seconds_count", &[("method", "GET"), ("route", "/b")]), Some(1.0));
    other.ask("end");
    assert_eq!(folder.page().value("http_requests_in_flight", &[]), Some(1.0));
    one.kill();
    let page = folder.page();
    assert_eq!((page.value("http_requests_total", &labels), page.value("http_requests_in_flight", &[])), (Some(3.0), Some(0.0)));
    other.end();
}
