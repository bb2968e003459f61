//! Real receivers, whose own interfaces say what arrived.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use picometer::push::RemoteWriteVersion;
use picometer::{Collector, Desc, Kind, Point, Timestamp};
use picometer_std::push::{Destination, Graphite, Http, Import, Otlp, PushError, Pushgateway, RemoteWrite, Retry};
use serde_json::Value;

use crate::Sample;
use crate::peers::{Folder, Prometheus, carbon, get, newer, program, pushgateway, victoria, wait_for};
use crate::support::collector;

const SAMPLE: Sample = Sample { count: 7 };

fn page(address: SocketAddr) -> String {
    get(address, "/metrics", &[]).expect("an answer").text().to_owned()
}

fn push_to(program: &Path) {
    let server = pushgateway(program, "");
    let url = format!("http://{}", server.address);
    // Grouping keys that take escapes, and all kinds of bodies.
    for (instance, gzip, protobuf) in
        [("plain", false, false), ("a b+c%", true, false), ("a/b", false, true), ("", true, true), ("ü€", false, false)]
    {
        let group = Pushgateway::new(&url, "job/é").unwrap().label("instance", instance).unwrap().gzip(gzip).protobuf(protobuf);
        group.push(&SAMPLE).unwrap();
        let page = page(server.address);
        let expected = format!("import_rows_total{{instance=\"{instance}\",job=\"job/é\",table=\"orders\"}} 7\n");
        assert!(page.contains(&expected), "{expected}\n{page}");
        assert!(page.contains(&format!("wait_seconds_bucket{{instance=\"{instance}\",job=\"job/é\",le=\"+Inf\"}} 6\n")), "{page}");
        // Replacing some families keeps the others; replacing all does not.
        group.push_add(&only()).unwrap();
        let ours = |page: &str, name: &str| page.contains(&format!("{name}{{instance=\"{instance}\",job=\"job/é\""));
        let with_others = self::page(server.address);
        assert!(ours(&with_others, "only") && ours(&with_others, "import_rows_total"), "{with_others}");
        group.push(&only()).unwrap();
        let alone = self::page(server.address);
        assert!(ours(&alone, "only") && !ours(&alone, "import_rows_total"), "{alone}");
        group.delete().unwrap();
        wait_for("the group to be deleted", || (!ours(&self::page(server.address), "only")).then_some(()));
    }
    // Its own words in the error.
    let other = Pushgateway::new(&url, "other").unwrap();
    other.push(&only()).unwrap();
    let other_type = collector(|out| out.family(const { &Desc::unknown("only", "Of another type.") })?.gauge(&(), 1));
    let error = Pushgateway::new(&url, "third").unwrap().push(&other_type).unwrap_err();
    match &error {
        PushError::Status { status: 400, body, .. } => assert!(body.contains("only"), "{error}"),
        // 1.11.0 panics over two types of one name, and hangs up.
        PushError::Io(_) => {}
        _ => panic!("{error}"),
    }
}

fn only() -> impl Collector {
    // Its time is not for a Pushgateway, which would refuse it.
    let point = || Point::number(1_u32).at(Timestamp::from_seconds(5));
    collector(move |out| out.family(const { &Desc::gauge("only", "The only one.") })?.point(&(), &point()))
}

#[test]
fn a_pushgateway() {
    if let Some(program) = program("prometheus-pushgateway") {
        push_to(&program);
    }
}

#[test]
fn newer_pushgateways() {
    newer("prometheus-pushgateway").iter().for_each(|program| push_to(program));
}

/// Certificates for 127.0.0.1 and for a client, by the authority `ca.pem`.
fn certificates(folder: &Folder) {
    let script = "set -e
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
        for name in server client; do
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $name.key -out $name.csr -subj /CN=$name
            printf 'subjectAltName=IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' > $name.ext
            openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $name.ext -out $name.pem
        done";
    let output = Command::new("sh").args(["-c", script]).current_dir(folder.path()).output().expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_pushgateway_behind_tls_and_a_password() {
    let (Some(program), Some(_)) = (program("prometheus-pushgateway"), program("openssl")) else { return };
    let folder = Folder::new("certificates");
    certificates(&folder);
    let (path, read) = (folder.path().display(), |name: &str| std::fs::read(folder.path().join(name)).unwrap());
    let web = format!(
        "tls_server_config: {{cert_file: {path}/server.pem, key_file: {path}/server.key, \
         client_auth_type: RequireAndVerifyClientCert, client_ca_file: {path}/ca.pem}}\n\
         basic_auth_users: {{user: \"$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\"}}\n"
    );
    let server = pushgateway(&program, &web);
    let url = format!("https://{}", server.address);
    let once = Retry { attempts: 1, ..Retry::default() };
    let push = |http: Http| Pushgateway::new(&url, "secure").unwrap().http(http).retry(once).push(&SAMPLE);
    let with_certificate =
        || Http::new().ca_pem(&read("ca.pem")).unwrap().client_cert_pem(&read("client.pem"), &read("client.key")).unwrap();
    push(with_certificate().basic_auth("user", "secret")).unwrap();
    let error = push(with_certificate().basic_auth("user", "wrong")).unwrap_err();
    assert!(matches!(error, PushError::Status { status: 401, .. }), "{error:?}");
    let error = push(Http::new().ca_pem(&read("ca.pem")).unwrap().basic_auth("user", "secret")).unwrap_err();
    assert!(!matches!(error, PushError::Status { .. }), "{error:?}");
    let error = push(Http::new().basic_auth("user", "secret")).unwrap_err();
    assert!(matches!(error, PushError::Tls(_)), "an authority without trust: {error:?}");
}

const RECEIVES: &str = "--web.enable-remote-write-receiver";
const NATIVE: &str = "--enable-feature=exemplar-storage,native-histograms";

fn remote(server: &Prometheus) -> RemoteWrite {
    let url = format!("http://{}/api/v1/write", server.address());
    RemoteWrite::new(&url).unwrap().label("job", "import").unwrap().label("instance", "a").unwrap()
}

fn what_prometheus_shows(server: &Prometheus, remote: &RemoteWrite) {
    remote.push(&SAMPLE).unwrap();
    assert_eq!(server.value("import_rows_total{job='import',instance='a',table='orders'}"), 7.0);
    assert_eq!(server.value("tank_liters{tank='north east'}"), 2.5);
    assert_eq!(server.value("wait_seconds_bucket{le='0.5'}"), 3.0);
    assert_eq!(server.value("wait_seconds_bucket{le='1.0'}"), 4.0);
    assert_eq!(server.value("wait_seconds_bucket{le='+Inf'}"), 6.0);
    assert_eq!((server.value("wait_seconds_sum"), server.value("wait_seconds_count")), (4.5, 6.0));
    assert_eq!((server.value("size_bytes{quantile='0.5'}"), server.value("size_bytes_sum")), (120.0, 2_040.0));
    let exemplars = server.api("/api/v1/query_exemplars", &[("query", "wait_seconds_bucket"), ("start", "0"), ("end", "99999999999")]);
    let exemplar = &exemplars[0]["exemplars"][0];
    assert_eq!((&exemplar["labels"]["trace_id"], &exemplar["value"]), (&"0af7651916cd43dd8448eb211c80319c".into(), &"0.7".into()));
    // What is gone is gone at once, not after five minutes.
    std::thread::sleep(std::time::Duration::from_millis(5));
    remote.push(&dotted()).unwrap();
    wait_for("the series to end", || server.query("import_rows_total").is_empty().then_some(()));
}

#[test]
fn prometheus_by_remote_write_1_0() {
    let Some(program) = program("prometheus") else { return };
    let server = Prometheus::start_with(&program, &[], "", &[RECEIVES, NATIVE]);
    // It knows 1.0 only, and takes what it does not know for an empty request.
    let remote = remote(&server);
    what_prometheus_shows(&server, &remote);
    assert_eq!(remote.speaks(), RemoteWriteVersion::V1);
}

#[test]
fn prometheus_by_remote_write_2_0() {
    for program in newer("prometheus") {
        let output = Command::new(&program).arg("--version").output().unwrap();
        let version = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if version.contains("version 2.") {
            continue;
        }
        let both = ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"];
        let both = both.map(|message| format!("--web.remote-write-receiver.accepted-protobuf-messages={message}"));
        let features = "--enable-feature=created-timestamp-zero-ingestion,exemplar-storage,native-histograms";
        let server = Prometheus::start_with(&program, &[], "", &[RECEIVES, features, &both[0], &both[1]]);
        let started = std::time::SystemTime::now() - std::time::Duration::from_secs(90);
        let remote = remote(&server).started(started);
        what_prometheus_shows(&server, &remote);
        assert_eq!(remote.speaks(), RemoteWriteVersion::V2);
        // A counter that is known to have started from zero has grown by all that it has.
        let at_start = server.query("min_over_time(import_rows_total{table='orders'}[5m])");
        assert_eq!(at_start[0].1, 0.0, "{version}: {at_start:?}");
        // Names that 1.0 would have changed.
        remote.push(&dotted()).unwrap();
        assert_eq!(server.value("{\"http.requests\",\"http.method\"=\"GET\"}"), 4.0);
    }
}

fn dotted() -> impl Collector {
    collector(|out| out.family(const { &Desc::utf8(Kind::Gauge, "http.requests", "Requests.") })?.gauge(&[("http.method", "GET")], 4))
}

/// The value of an expression at a VictoriaMetrics, as soon as it has one.
fn victoria_value(address: SocketAddr, expression: &str) -> f64 {
    wait_for(expression, || {
        get(address, "/internal/force_flush", &[]);
        let query: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = get(address, &format!("/api/v1/query?query={query}"), &[])?;
        let json: Value = serde_json::from_slice(&answer.body).ok()?;
        json["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    })
}

fn push_lines_and_pages(program: &Path) {
    let server = victoria(program, &[]);
    let url = format!("http://{}", server.address);
    for gzip in [false, true] {
        Import::new(&url).unwrap().label("job", &format!("import={gzip}&")).gzip(gzip).push(&SAMPLE).unwrap();
        assert_eq!(victoria_value(server.address, &format!("import_rows_total{{job='import={gzip}&',table='users'}}")), 7.0);
    }
    let remote = RemoteWrite::new(&format!("{url}/api/v1/write")).unwrap().label("job", "remote").unwrap();
    remote.push(&SAMPLE).unwrap();
    assert_eq!(victoria_value(server.address, "wait_seconds_sum{job='remote'}"), 4.5);
    let lines = Graphite::new(&server.lines.to_string());
    lines.clone().prefix("plain").push(&SAMPLE).unwrap();
    assert_eq!(victoria_value(server.address, "{__name__='plain.tank_liters.tank.north%20east'}"), 2.5);
    lines.prefix("tagged").tags(true).push(&SAMPLE).unwrap();
    assert_eq!(victoria_value(server.address, "{__name__='tagged.import_rows_total',table='orders'}"), 7.0);
}

#[test]
fn victoria_metrics() {
    if let Some(program) = program("victoria-metrics") {
        push_lines_and_pages(&program);
    }
}

#[test]
fn newer_victoria_metrics_takes_otlp_too() {
    for program in newer("victoria-metrics") {
        push_lines_and_pages(&program);
        let server = victoria(&program, &["-opentelemetry.usePrometheusNaming"]);
        let url = format!("http://{}/opentelemetry/v1/metrics", server.address);
        for gzip in [true, false] {
            let service = format!("import-{gzip}");
            Otlp::new(&url, &service).unwrap().resource("service.instance.id", "a").gzip(gzip).push(&SAMPLE).unwrap();
            let of = |name: &str, more: &str| {
                victoria_value(server.address, &format!("{name}{{service_name='{service}',service_instance_id='a'{more}}}"))
            };
            assert_eq!(of("import_rows_total", ",table='orders'"), 7.0);
            assert_eq!((of("wait_seconds_bucket", ",le='1'"), of("wait_seconds_count", ""), of("wait_seconds_sum", "")), (4.0, 6.0, 4.5));
            assert_eq!((of("size_bytes", ",quantile='0.5'"), of("size_bytes_count", "")), (120.0, 17.0));
        }
    }
}

#[test]
fn carbon_and_its_files() {
    let (Some(cache), Some(fetch)) = (program("carbon-cache"), program("whisper-fetch")) else { return };
    let server = carbon(&cache);
    let graphite = Graphite::new(&server.address.to_string()).prefix("shop");
    graphite.push(&SAMPLE).unwrap();
    let file = server.process.folder().join("wsp/shop/import_rows_total/table/orders.wsp");
    wait_for("carbon to write", || {
        let output = Command::new(&fetch).arg(&file).output().unwrap();
        String::from_utf8_lossy(&output.stdout).lines().any(|line| line.ends_with("\t7.000000")).then_some(())
    });
    assert_eq!(Graphite::NAME, "graphite");
}
