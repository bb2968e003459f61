//! The firmware on emulated boards, one QEMU for many checks.

use std::net::SocketAddr;
use std::process::Command;

use crate::clients::{crowd, forty_connections, garbage, half_open_and_slow, resets};
use crate::page::{OPEN_METRICS, Page, TEXT, golden};
use crate::peers::{Firmware, Prometheus, get, job, newer, program, promtool_check, relay, send, version, wait_for};

#[test]
fn an385() {
    board("an385", "mps2-an385");
}

#[test]
fn lm3s() {
    board("lm3s", "lm3s6965evb");
}

fn board(board: &str, name: &str) {
    let Some(firmware) = Firmware::board(board, &[]) else { return };
    serves_everyone(firmware.address, name, "page", resources);
}

/// Whatever clients do, pages are whole, nothing goes backwards, and `resources` are within their limits.
pub fn serves_everyone(address: SocketAddr, name: &str, page: &str, resources: fn(&Page)) {
    answers_curl(address, name, page);
    answers_methods(address);
    let before = Page::scrape(address);
    crowd(address, 8, 12);
    forty_connections(address);
    resets(address, 20);
    garbage(address);
    half_open_and_slow(address);
    let after = Page::scrape(address);
    counters_make_sense(&before, &after);
    resources(&after);
    scraped_by_servers(address, name);
    resources(&Page::scrape(address));
}

fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").args(["-sS", "--max-time", "60"]).args(arguments).output().expect("curl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn answers_curl(address: SocketAddr, name: &str, page: &str) {
    if program("curl").is_none() {
        return;
    }
    let url = format!("http://{address}/metrics");
    let text = curl(&[&url]);
    Page::of(&text).value(&format!("device_build_info{{version=\"{}\",board=\"{name}\"}}", env!("CARGO_PKG_VERSION")));
    assert_eq!(promtool_check(&text).unwrap_or(Ok(())), Ok(()), "promtool is content, without lint");
    golden(&format!("{page}.text.txt"), &text);
    let open = curl(&["-H", &format!("Accept: {OPEN_METRICS}"), &url]);
    Page::of(&open);
    golden(&format!("{page}.openmetrics.txt"), &open);
    // One connection for all of them.
    let connects = curl(&["-o", "/dev/null", "-w", "%{num_connects}\n", &url, "-o", "/dev/null", &url, "-o", "/dev/null", &url]);
    assert_eq!(connects, "1\n0\n0\n");
}

fn answers_methods(address: SocketAddr) {
    let head = send(address, "HEAD", "/metrics", &[], &[]).expect("an answer");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(get(address, "/nothing", &[]).expect("an answer").status, 404);
    let post = send(address, "POST", "/metrics", &[], b"x").expect("an answer");
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert_eq!(get(address, "/", &[]).expect("an answer").status, 200);
    let open = get(address, "/metrics", &[("Accept", OPEN_METRICS)]).expect("an answer");
    assert_eq!(open.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let one = get(address, "/metrics?name[]=device_boots_total", &[]).expect("an answer");
    assert_eq!(one.text().lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>(), ["device_boots_total 1"]);
}

/// After all that: nothing went backwards, and each connection is accounted for.
fn counters_make_sense(before: &Page, after: &Page) {
    for (series, value) in before.counters() {
        assert!(after.value(series) >= value, "{series} went backwards");
    }
    let more = |series: &str| after.value(series) - before.value(series);
    let ended = after.sum("tcp_connections_ended_total");
    // The one that the page itself was asked for by is open.
    assert_eq!(after.value("tcp_connections_total"), ended + 1.0);
    assert_eq!(after.sum("peer_connections_total"), after.value("tcp_connections_total"));
    assert!(more("tcp_connections_total") >= 96.0 + 40.0 + 20.0 + 30.0);
    assert!(more("tcp_connections_deferred_total") > 0.0, "forty clients do not find two sockets free");
    assert!(more("http_responses_total{code=\"200\"}") >= 96.0 + 40.0);
    assert!(more("http_responses_total{code=\"400\"}") >= 2.0);
    assert_eq!(more("http_responses_total{code=\"404\"}"), 1.0);
    assert_eq!(more("http_responses_total{code=\"405\"}"), 1.0);
    assert!(more("http_responses_total{code=\"other\"}") >= 4.0, "414, 431, 501, 505");
    assert!(more("tcp_connections_ended_total{ending=\"aborted\"}") >= 1.0, "who does not read is reset");
    assert!(after.value("nic_frames_total{direction=\"receive\"}") > 1_000.0);
    assert_eq!(after.value("nic_dropped_frames_total{direction=\"transmit\"}"), 0.0);
    assert_eq!(after.value("device_boots_total"), 1.0, "it never started again");
}

fn resources(page: &Page) {
    memory(page);
    // The handler of the clock counts the metric and the time that the page shows.
    let milliseconds = page.value("device_interrupts_total{source=\"timer\"}");
    let seconds = page.value("device_uptime_seconds");
    assert!((seconds * 1_000.0..(seconds + 2.0) * 1_000.0).contains(&milliseconds), "{milliseconds} ticks in {seconds} s");
    assert!(page.value("device_interrupts_total{source=\"ethernet\"}") > 0.0);
}

/// An interrupt may come at the deepest place, where none has come so far.
fn stack_has_room(value: impl Fn(&str) -> f64) {
    let (used, size) = (value("device_stack_used_bytes"), value("device_stack_size_bytes"));
    assert!(used + 256.0 <= size, "{used} of {size} bytes of stack");
}

/// The limits of RAM, which all applications have.
pub fn memory(page: &Page) {
    assert!(page.series() >= 60, "{} series", page.series());
    assert!(page.value("device_stack_used_bytes") <= 2_560.0, "{} bytes of stack", page.value("device_stack_used_bytes"));
    assert!(page.value("device_stack_used_bytes") > 500.0, "the stack is not measured");
    stack_has_room(|name| page.value(name));
    assert!(page.value("device_static_ram_bytes") <= 14.0 * 1_024.0, "{} bytes", page.value("device_static_ram_bytes"));
}

fn scraped_by_servers(address: SocketAddr, name: &str) {
    let mut programs = newer("prometheus");
    programs.extend(program("prometheus"));
    let jobs =
        [job("negotiated", address, &[]), job("text", relay(address, TEXT), &[]), job("open_metrics", relay(address, OPEN_METRICS), &[])];
    let servers: Vec<_> = programs.iter().map(|program| Prometheus::start_with(program, &jobs, "", &[])).collect();
    for (server, program) in servers.iter().zip(&programs) {
        server.until_up(&jobs);
        for job in ["negotiated", "text", "open_metrics"] {
            let program = program.display();
            assert_eq!(server.value(&format!("device_build_info{{job=\"{job}\",board=\"{name}\"}}")), 1.0, "{program}");
            assert!(server.value(&format!("scrape_samples_scraped{{job=\"{job}\"}}")) >= 60.0, "{program}");
            let quantile = format!("histogram_quantile(0.9, scrape_seconds_bucket{{job=\"{job}\"}})");
            assert!((0.0..5.0).contains(&server.value(&quantile)), "{program}");
            assert!(server.value(&format!("device_interrupts_total{{job=\"{job}\",source=\"timer\"}}")) > 100.0, "{program}");
        }
    }
}

#[test]
fn an_address_by_dhcp() {
    let Some(firmware) = Firmware::board("an385", &["--dhcp"]) else { return };
    // QEMU accepts before the board has its address; its first answer comes when it has.
    let page = Page::scrape(firmware.address);
    assert_eq!(page.value("device_state{device_state=\"serving\"}"), 1.0);
    assert_eq!(page.value("device_state{device_state=\"waiting_for_address\"}"), 0.0);
    resources(&page);
}

/// With feature `protobuf` servers get native histograms from the board.
#[test]
fn a_native_histogram_in_protobuf() {
    const PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let Some(firmware) = Firmware::board("an385", &["--protobuf"]) else { return };
    let address = firmware.address;
    let answer = get(address, "/metrics", &[("Accept", PROTOBUF)]).expect("an answer");
    assert_eq!(answer.header("content-type").map(|value| value.replace("; ", ";")).as_deref(), Some(PROTOBUF));
    let families = picometer_std::parse::protobuf(&answer.body, picometer_std::parse::Limits::default()).expect("a whole page");
    assert!(families.len() >= 20, "{} families", families.len());
    let programs: Vec<_> = newer("prometheus").into_iter().chain(program("prometheus")).collect();
    for program in programs {
        // From 3.8 on the flag of older versions says nothing.
        let more: &[&str] = if version(&program) >= (3, 8) { &["scrape_native_histograms: true"] } else { &[] };
        let jobs = [job("board", address, more)];
        let server = Prometheus::start_with(&program, &jobs, "", &["--enable-feature=native-histograms"]);
        server.until_up(&jobs);
        let name = program.display();
        wait_for("forty transfers", || (server.value("histogram_count(i2c_transfer_spread_seconds)") >= 40.0).then_some(()));
        // Most take from 250 to 450 µs, each as often as any other.
        let median = server.value("histogram_quantile(0.5, i2c_transfer_spread_seconds)");
        assert!((2.9e-4..4.1e-4).contains(&median), "{name}: {median}");
        let least = server.value("histogram_quantile(0.1, i2c_transfer_spread_seconds)");
        assert!((3.5e-5..3.1e-4).contains(&least), "{name}: {least}");
        // Others are the same numbers as in text: the classic histogram of the same transfers, but for those between the two.
        let more = server.value("abs(histogram_count(i2c_transfer_spread_seconds) - scalar(sum(i2c_transfer_seconds_count)))");
        assert!(more <= 2.0, "{name}: {more} more");
        let sums = server.value("histogram_sum(i2c_transfer_spread_seconds) / scalar(sum(i2c_transfer_seconds_sum))");
        assert!((sums - 1.0).abs() < 0.3, "{name}: {sums}");
        assert!(server.value("device_stack_used_bytes") <= 4_096.0, "{name}: {}", server.value("device_stack_used_bytes"));
    }
    let text = get(address, "/metrics", &[]).expect("an answer");
    let shown = |name: &str| text.text().lines().find(|line| line.starts_with(name)).map(str::to_owned).expect("it is there");
    println!("{}, {}", shown("device_stack_used_bytes"), shown("device_static_ram_bytes"));
    stack_has_room(|name| shown(name).rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number"));
    assert!(shown("i2c_transfer_spread_seconds_count").starts_with("i2c_transfer_spread_seconds_count "), "text has count and sum");
}
