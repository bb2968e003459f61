//! Real servers scrape one of everything, and the firmware on this machine.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::SystemTime;

use picometer::Timestamp;
use picometer::http::{Action, Endpoint, Responder};

use crate::fixture::Fixture;
use crate::peers::{Firmware, Prometheus, job, newer, program, relay};

const TEXT: &str = "text/plain;version=0.0.4";
const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";

/// Serves one of everything, until this program ends.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        let mut fixture = Fixture::filled();
        // Prometheus takes a whole page for broken where a timestamp of the text format is negative, and passes over old ones.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        fixture.custom.read_at = Timestamp::from_millis(now.as_millis() as i64);
        fixture.with_registry(|registry| {
            let site = Endpoint::new(registry);
            std::thread::scope(|scope| {
                for client in listener.incoming().flatten() {
                    let site = &site;
                    scope.spawn(move || answer(client, site));
                }
            });
        });
    });
    address
}

fn answer(mut client: TcpStream, site: &Endpoint<'_>) -> std::io::Result<()> {
    let (mut responder, mut received, mut room) = (Responder::new(site), [0; 4096], [0; 4096]);
    loop {
        let len = client.read(&mut received)?;
        if len == 0 {
            return Ok(());
        }
        let mut rest = &received[..len];
        loop {
            let taken = responder.receive(0, rest);
            rest = &rest[taken..];
            let sent = responder.transmit(0, &mut room);
            client.write_all(&room[..sent])?;
            if taken == 0 && sent == 0 {
                break;
            }
        }
        if responder.next() != Action::Open {
            return Ok(());
        }
    }
}

/// What a server must know of the firmware, whatever the format.
fn check_firmware(server: &Prometheus, job: &str) {
    let value = |what: &str| server.value(&format!("{what}{{job=\"{job}\"}}"));
    assert!(value("scrape_samples_scraped") >= 60.0);
    assert_eq!(server.value(&format!("device_build_info{{job=\"{job}\",board=\"host\"}}")), 1.0);
    assert!(value("tcp_connections_total") >= 1.0);
    assert!((10.0..30.0).contains(&value("board_temperature_celsius")));
    // The same series in each format: `le` is a float everywhere.
    let bucket = |le: &str| server.value(&format!("device_loop_seconds_bucket{{job=\"{job}\",le=\"{le}\"}}"));
    assert!(bucket("0.0001") <= bucket("0.05") && bucket("0.05") <= bucket("+Inf"));
    let quantile = format!("histogram_quantile(0.5, device_loop_seconds_bucket{{job=\"{job}\"}})");
    assert!(server.value(&quantile) > 0.0);
    assert_eq!(server.value(&format!("sum(device_state{{job=\"{job}\"}})")), 1.0);
}

/// What a server must know of one of everything.
fn check_fixture(server: &Prometheus, job: &str) {
    let value = |series: &str| server.value(&format!("{series}job=\"{job}\"}}"));
    assert_eq!(value("device_boots_total{"), 17.0);
    assert_eq!(value("energy_joules_total{"), 1_234_567.25);
    assert_eq!(value("busy_seconds_total{"), 0.0015);
    assert_eq!(value("offset{"), -3.0);
    assert!(value("raw{").is_nan());
    assert_eq!(value("bus_transfers_total{bus=\"spi\",outcome=\"na\\\"ck\\\\\\n\","), 3.0);
    assert_eq!(value("transfer_seconds_bucket{bus=\"i2c\",le=\"0.00025\","), 3.0);
    assert_eq!(value("transfer_seconds_bucket{bus=\"i2c\",le=\"+Inf\","), 5.0);
    assert_eq!(value("transfer_seconds_sum{bus=\"i2c\","), 5.001191);
    assert_eq!(value("levels_bucket{le=\"-1.0\","), 1.0);
    assert_eq!(value("nested_request_bytes_sum{port=\"0\","), 500.0);
    assert_eq!(value("nested_device_mode{port=\"0\",nested_device_mode=\"run\","), 1.0);
    assert_eq!(value("nested_peer_bytes_count{port=\"0\",peer=\"a \\\"b\\\"\\\\\\n😱\","), 1.0);
    assert_eq!(value("nested_peer_bytes_count{port=\"0\",overflow=\"true\","), 1.0);
    assert_eq!(value("nested_disk_reads_total{port=\"0\",device=\"sdb\","), 9.0);
    assert_eq!(value("target_info{device=\"d42\","), 1.0);
}

/// Whether the server took the page for OpenMetrics, where a counter's family has no suffix.
fn was_open_metrics(server: &Prometheus, job: &str) -> bool {
    let parameters = [("match_target", format!("{{job=\"{job}\"}}")), ("metric", "tcp_connections".to_owned())];
    let parameters = parameters.each_ref().map(|(name, value)| (*name, value.as_str()));
    !server.api("/api/v1/targets/metadata", &parameters).as_array().expect("a list").is_empty()
}

#[test]
fn servers_old_and_new_scrape_everything() {
    let mut programs = newer("prometheus");
    programs.extend(program("prometheus"));
    if programs.is_empty() {
        return;
    }
    let (firmware, fixture) = (Firmware::host(&[]), serve());
    let jobs = [
        job("firmware", firmware.address, &[]),
        job("firmware_text", relay(firmware.address, TEXT), &[]),
        job("firmware_open_metrics", relay(firmware.address, OPEN_METRICS), &[]),
        job("fixture", fixture, &[]),
        job("fixture_text", relay(fixture, TEXT), &[]),
        job("fixture_open_metrics", relay(fixture, OPEN_METRICS), &[]),
    ];
    let servers: Vec<_> = programs.iter().map(|program| Prometheus::start_with(program, &jobs, "", &[])).collect();
    for (server, program) in servers.iter().zip(&programs) {
        println!("{}", program.display());
        server.until_up(&jobs);
        for job in ["firmware", "firmware_text", "firmware_open_metrics"] {
            check_firmware(server, job);
            assert_eq!(was_open_metrics(server, job), job != "firmware_text", "{job}");
        }
        for job in ["fixture", "fixture_text", "fixture_open_metrics"] {
            check_fixture(server, job);
        }
    }
}
