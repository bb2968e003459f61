//! `name[]` in the query (spec H10), and what else a scraper says.

use super::client::{SMALL, exchange, responses};
use super::fixture::{Fixture, page};
use picometer::http::{Endpoint, Responder};
use picometer::{Format, Registry};

/// The names after `# TYPE` on the page that a query gives.
fn families(query: &str) -> Vec<String> {
    let mut found = Vec::new();
    Fixture::filled().with_registry(|registry| found = families_of(registry, query));
    found
}

fn families_of<'a>(registry: &'a Registry<'a>, query: &str) -> Vec<String> {
    let site = Endpoint::new(registry);
    let mut responder = Responder::<512, 200>::with_sizes(&site);
    let request = format!("GET /metrics{query} HTTP/1.1\r\nHost: x\r\n\r\n");
    let sent = exchange(&mut responder, request.as_bytes(), 11, 256);
    let response = responses(&sent, &["GET"]).remove(0);
    assert_eq!(response.status, 200, "{query}");
    // What is left out is left out line by line: the rest is as on the whole page.
    let whole = page(registry, Format::Text004);
    response.text().lines().for_each(|line| assert!(whole.contains(line), "{line}"));
    response.text().lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).map(Into::into).collect()
}

#[test]
fn families_are_picked_by_name() {
    let table: [(&str, &[&str]); 13] = [
        ("?name[]=device_boots_total", &["device_boots_total"]),
        ("?name[]=device_boots", &["device_boots_total"]),
        ("?name%5B%5D=device%5fboots_tot%61l", &["device_boots_total"]),
        ("?name%5b%5d=raw&name[]=offset", &["offset", "raw"]),
        ("?x=1&name[]=&name[]=offset&&y", &["offset"]),
        ("?name[]=offset&name[]=offset", &["offset"]),
        ("?name[]=transfer_seconds_bucket", &["transfer_seconds"]),
        ("?name[]=request_bytes", &[]),
        ("?name[]=nested_request_bytes_sum", &["nested_request_bytes"]),
        ("?name[]=nested_http.requests_total", &["nested_http_requests_total"]),
        ("?name[]=target_info", &["target_info"]),
        ("?name[]=Offset&name[]=offse&name[]=offsets", &[]),
        ("?name[]=nothing", &[]),
    ];
    for (query, expected) in table {
        assert_eq!(families(query), expected, "{query}");
    }
}

/// More than was asked for is of use to a scraper; an error is not, and a part would pass for the whole.
#[test]
fn query_that_does_not_fit_picks_everything() {
    let all = families("");
    let names = |count: usize| format!("?name[]=offset{}", "&name[]=a_name_of_thirty_bytes_or_more".repeat(count));
    assert_eq!(families(&names(5)), ["offset"]);
    for query in [names(7), format!("?name[]={}", "x".repeat(200)), format!("?name[]=offset&name[]={}", "x".repeat(300))] {
        assert_eq!(families(&query), all, "{query}");
    }
}

#[test]
fn a_query_without_names_picks_everything() {
    let all = families("");
    assert!(all.len() > 15);
    for query in ["?", "?name[]=", "?name[]", "?name=offset", "?name[]=&name[]=", "?names[]=offset", "?%6eame[%5d="] {
        assert_eq!(families(query), all, "{query}");
    }
}

/// A gauge histogram takes three passes in text; picked alone it is whole, and left out it is gone from all three.
#[test]
fn all_passes_keep_to_the_names() {
    assert_eq!(families("?name[]=open_file_bytes"), ["open_file_bytes", "open_file_bytes_gcount", "open_file_bytes_gsum"]);
    assert_eq!(families("?name[]=offset"), ["offset"]);
}

#[test]
fn bad_encoding_is_taken_as_it_is() {
    for query in ["?name[]=%", "?name[]=%4", "?name[]=%zz", "?name[]=%ff%fe", "?name[]=+", "?%=%&%=%"] {
        let found = families(query);
        assert!(found.is_empty() || query == "?%=%&%=%", "{query}: {found:?}");
    }
}

#[test]
fn the_time_that_the_scraper_waits_can_be_read() {
    let table = [
        ("X-Prometheus-Scrape-Timeout-Seconds: 10\r\n", Some(10_000)),
        ("x-prometheus-scrape-timeout-seconds:9.75\r\n", Some(9_750)),
        ("X-Prometheus-Scrape-Timeout-Seconds: \t0.0015 \r\n", Some(1)),
        ("X-Prometheus-Scrape-Timeout-Seconds: 1e3\r\n", None),
        ("X-Prometheus-Scrape-Timeout-Seconds: -1\r\n", None),
        ("X-Prometheus-Scrape-Timeout-Seconds: 99999999999999999999\r\n", None),
        ("X-Prometheus-Scrape-Timeout-Seconds:\r\n", None),
        ("", None),
    ];
    let mut responder = Responder::new(&SMALL);
    for (field, expected) in table {
        responder.receive(0, format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{field}\r\n").as_bytes());
        assert_eq!(responder.scrape_timeout_millis(), expected, "{field:?}");
        exchange(&mut responder, b"", 9, 90);
        assert_eq!(responder.scrape_timeout_millis(), None, "that was the request before");
    }
}
