//! A real Prometheus scrapes protobuf: from the exporter, and from a responder whose buffer no family fits.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;
use std::time::SystemTime;

use picometer::http::{Action, Endpoint, Responder};
use picometer::{
    Counter, Desc, Family, Histogram, Metric, NativeHistogram, Registry, Scaled, SummaryWithQuantiles, Timestamp, buckets, labels,
    quantiles,
};
use picometer_std::exporter::Exporter;
use picometer_std::{NativeBuckets, Objectives, QuantileSummary};

use crate::peers::{Prometheus, job, newer, program, version, wait_for};

labels! { enum Place as "place" { A = "aaaaaaaaaaaaaaaaaaaa", B = "bbbbbbbbbbbbbbbbbbbb", C = "cccccccccccccccccccc", D = "dddddddddddddddddddd" } }
buckets! { WaitSeconds: u32 / 1_000 = [1, 10, 100, 1_000]; }
quantiles! { Usual = [0.5, 0.9]; }

static WAITS: Family<Histogram<WaitSeconds, 4>, Place, 4> =
    Family::new(&Desc::histogram("wait_seconds", "How long it waits, in words that take room in a small buffer.").unit("seconds"));
static TURNS: Family<Counter, Place, 4> = Family::new(&Desc::counter("turns_total", "Turns, in words that take room in a small buffer."));
static SPREAD: Metric<NativeHistogram<Scaled<u32, 1_000>, 64>> = Metric::new(&Desc::histogram("spread_seconds", "In exponential buckets."));
static RECENT: Metric<SummaryWithQuantiles<Usual, u32, 64, 2>> = Metric::new(&Desc::summary("recent_ticks", "The latest."));
static METRICS: Registry = Registry::new(&[&WAITS, &TURNS, &SPREAD, &RECENT]);

/// A minute ago. Not longer: 3.5.3 ends with "unlock of unlocked mutex" on a native histogram that was created so long ago that
/// its storage does not go back to there.
static STARTED: LazyLock<Option<Timestamp>> = LazyLock::new(|| {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_seconds(now.as_secs() as i64 - 60))
});

/// Serves the registry as a microcontroller does, a connection at a time.
fn small_server() -> SocketAddr {
    static SITE: Endpoint = Endpoint::new(&METRICS).started(|| *STARTED);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut connection: Responder<'_, 512> = Responder::new(&SITE);
            let (mut arrived, mut room) = ([0; 1_024], [0; 1_024]);
            'open: while let Ok(len @ 1..) = stream.read(&mut arrived) {
                let mut taken = 0;
                loop {
                    taken += connection.receive(0, &arrived[taken..len]);
                    let sent = connection.transmit(0, &mut room);
                    if stream.write_all(&room[..sent]).is_err() || connection.next() != Action::Open {
                        break 'open;
                    }
                    if sent == 0 && taken == len {
                        break;
                    }
                }
            }
        }
    });
    address
}

/// Rank errors do not count here: the value is off by a bucket's width.
fn near(found: f64, exact: f64, factor: f64) -> bool {
    found <= exact * factor && found >= exact / factor
}

#[test]
fn quantiles_exemplars_and_created_timestamps_arrive() {
    let programs: Vec<_> = program("prometheus").into_iter().chain(newer("prometheus")).collect();
    if programs.is_empty() {
        return;
    }
    let registry = picometer_std::Registry::new();
    let config = NativeBuckets::new().factor(1.05).classic([0.1, 1.0]).unwrap();
    let latency =
        picometer_std::Metric::<picometer_std::NativeHistogram>::new("latency_seconds", "How long requests take.").config(&config);
    let latency = registry.register(latency).unwrap();
    let sizes = picometer_std::Metric::<QuantileSummary>::new("sizes_bytes", "Sizes.")
        .config(&Objectives::new([(0.5, 0.01), (0.99, 0.001)]).unwrap());
    let sizes = registry.register(sizes).unwrap();
    // Milliseconds from 1 to 1,000, a thousand times more below than above.
    let mut exact = Vec::new();
    for step in 0..5_000_u32 {
        let value = 0.001 * (f64::from(step) / 5_000.0 * 1_000_f64.ln()).exp();
        exact.push(value);
        latency.observe(value);
        sizes.observe(f64::from(step));
        SPREAD.observe(Scaled((value * 1e3) as u32));
        RECENT.observe(step);
    }
    latency.observe_with(0.7, &[("trace_id", "KOO5S4vxi0o")]).unwrap();
    for place in [Place::A, Place::B, Place::C, Place::D] {
        TURNS.with(place).inc_by(17);
        (0..100).for_each(|millis| WAITS.with(place).observe(millis * 3));
    }
    let exporter = Exporter::bind("127.0.0.1:0").unwrap().spawn(registry.clone()).unwrap();
    let address = exporter.local_addr().unwrap();
    let small = small_server();

    for program in programs {
        let version = version(&program);
        // From 3.8 on the flag of older versions says nothing.
        let more: &[&str] = if version >= (3, 8) { &["scrape_native_histograms: true"] } else { &[] };
        let jobs = [job("exporter", address, more), job("small", small, more)];
        let features = "--enable-feature=native-histograms,exemplar-storage,created-timestamp-zero-ingestion";
        let server = Prometheus::start_with(&program, &jobs, "", &[features]);
        server.until_up(&jobs);
        let name = program.display();
        assert_eq!(server.value("histogram_count(latency_seconds)"), 5_001.0, "{name}");
        for quantile in [0.1_f64, 0.5, 0.9, 0.99] {
            let found = server.value(&format!("histogram_quantile({quantile}, latency_seconds)"));
            let exact = exact[(quantile * 5_000.0) as usize];
            assert!(near(found, exact, 1.05), "{name}: {quantile}: {found} for {exact}");
        }
        assert!((server.value("histogram_sum(latency_seconds)") / (exact.iter().sum::<f64>() + 0.7) - 1.0).abs() < 1e-9);
        // Of the core, and lowered to where 56 buckets are enough; below 1 ms everything is zero.
        let found = server.value("histogram_quantile(0.9, spread_seconds)");
        assert!(near(found, exact[4_500], 1.2), "{name}: {found} for {}", exact[4_500]);
        assert_eq!(server.value("histogram_count(spread_seconds)"), 5_000.0, "{name}");
        assert!((server.value("sizes_bytes{quantile=\"0.99\"}") - 4_950.0).abs() <= 10.0);
        assert!(near(server.value("recent_ticks{quantile=\"0.9\"}"), 4_500.0, 1.1));
        // Four messages of one name, because none of the buffers took two.
        for (expression, value) in [("count(turns_total)", 4.0), ("sum(turns_total)", 68.0), ("count(wait_seconds_count)", 4.0)] {
            assert_eq!(server.value(expression), value, "{name}: {expression}");
        }
        assert_eq!(server.value("sum(wait_seconds_bucket{le=\"0.1\"})"), 136.0, "{name}");
        let parameters = [("query", "latency_seconds"), ("start", "2001-01-01T00:00:00Z"), ("end", "2199-01-01T00:00:00Z")];
        wait_for("the exemplar", || {
            let found = server.api("/api/v1/query_exemplars", &parameters);
            found.to_string().contains("KOO5S4vxi0o").then_some(())
        });
        if version >= (2, 50) {
            // Of a counter that always was 17, a zero where it was created.
            wait_for("the zero at the created timestamp", || {
                let least = server.query("min(min_over_time(turns_total{job=\"small\"}[5m]))");
                least.first().is_some_and(|(_, value)| *value == 0.0).then_some(())
            });
        }
        let metadata = server.api("/api/v1/metadata", &[("metric", "turns_total")]);
        assert!(metadata.to_string().contains("in words that take room"), "{metadata}");
    }
    exporter.shutdown();
}

/// The registry that the small server serves has messages that no buffer takes two of: else the test says nothing of them.
#[test]
fn families_go_on_in_other_messages() {
    let page = super::filled(picometer::Exposition::new(&METRICS, picometer::Format::Protobuf), 480, || ()).unwrap();
    assert!(super::messages(&page).len() > super::joined(&page).len());
}
