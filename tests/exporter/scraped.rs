//! A real Prometheus scrapes everything at once; what `promtool` thinks of the page.

use picometer::{CounterWithExemplar, Desc, Metric, Registry};
use picometer_std::exporter::{BasicAuth, BearerToken, Tls};
use picometer_std::lint::Linter;
use picometer_std::parse::Dialect;
use picometer_std::{Family, HistogramWithExemplars, Slow};

use crate::auth::HASH;
use crate::client::{exporter, get, started};
use crate::peers::{Folder, Prometheus, job, newer, program, promtool_check, wait_for};
use crate::tls::Authority;

static ORDERS: Metric<CounterWithExemplar<48>> = Metric::new(&Desc::counter("orders_total", "Orders."));
static METRICS: Registry = Registry::new(&[&ORDERS]);

#[test]
fn in_the_clear_and_behind_tls_with_passwords_and_tokens() {
    let programs: Vec<_> = program("prometheus").into_iter().chain(newer("prometheus")).collect();
    let (folder, authority) = (Folder::new("scraped"), Authority::new());
    authority.write(&folder, "server");
    authority.write(&folder, "client");
    let ca = folder.write("ca.crt", authority.pem());
    let file = |name: &str| folder.path().join(name);
    // One page of statics and of what was made at run time.
    let registry = picometer_std::Registry::new();
    registry.register(METRICS).unwrap();
    let slow = Family::<HistogramWithExemplars, 1>::new("order_seconds", "How long orders take.", ["shop"]).buckets([0.1, 1.0]);
    let slow = registry.register(slow).unwrap();
    let (_clear, address) = started(exporter(), registry);
    let tls = || Tls::from_files(file("server.crt"), file("server.key")).unwrap().client_ca(&ca).unwrap();
    let users = BasicAuth::new().user("me", HASH).unwrap();
    let (_secret, secret_address) = started(exporter().tls(tls()).basic_auth(users), METRICS);
    let token = BearerToken::new("t0ken").unwrap();
    let (_token, token_address) = started(exporter().path("/m").bearer_token(token), METRICS);

    let tls_config = format!(
        "tls_config: {{ca_file: '{}', cert_file: '{}', key_file: '{}'}}",
        ca.display(),
        file("client.crt").display(),
        file("client.key").display()
    );
    let jobs = [
        job("clear", address, &[]),
        job("secret", secret_address, &["scheme: https", &tls_config, "basic_auth: {username: me, password: secret}"]),
        job("token", token_address, &["metrics_path: /m", "authorization: {credentials: t0ken}"]),
        job("stranger", token_address, &["metrics_path: /m"]),
    ];
    for program in programs {
        ORDERS.inc_with(&[("trace_id", "KOO5S4vxi0o")], None).unwrap();
        slow.with(["north"]).observe_with(0.75, &[("trace_id", "oHg5SJYRHA0")]).unwrap();
        let server = Prometheus::start_with(&program, &jobs, "", &["--enable-feature=exemplar-storage"]);
        server.until_up(&jobs[..3]);
        for job in ["clear", "secret", "token"] {
            assert!(server.value(&format!("orders_total{{job=\"{job}\"}}")) >= 1.0, "{job}");
            assert_eq!(server.value(&format!("picometer_exporter_requests_in_flight{{job=\"{job}\"}}")), 1.0);
        }
        for (series, id) in [("orders_total", "KOO5S4vxi0o"), ("order_seconds_bucket{le=\"1.0\"}", "oHg5SJYRHA0")] {
            let parameters = [("query", series), ("start", "2001-01-01T00:00:00Z"), ("end", "2199-01-01T00:00:00Z")];
            wait_for("the exemplar, which only OpenMetrics has", || {
                server.api("/api/v1/query_exemplars", &parameters).to_string().contains(id).then_some(())
            });
        }
        let error = wait_for("the stranger to be refused", || {
            let targets = server.api("/api/v1/targets", &[]);
            let mut targets = targets["activeTargets"].as_array().unwrap().iter();
            let stranger = targets.find(|target| target["labels"]["job"] == "stranger").unwrap();
            stranger["lastError"].as_str().filter(|error| !error.is_empty()).map(str::to_owned)
        });
        assert!(error.contains("401"), "{error}");
    }
}

#[test]
fn lint_finds_no_fault_with_the_page() {
    let (registry, _) = crate::hanging::registry();
    registry.register(Slow::new("boots", METRICS)).unwrap();
    let (_handle, address) = started(exporter(), registry);
    get(address, "/nowhere", &[]);
    for (accept, dialect) in [("text/plain", Dialect::Text004), ("application/openmetrics-text;version=1.0.0", Dialect::OpenMetrics100)] {
        let page = get(address, "/metrics", &[&format!("Accept: {accept}")]);
        let problems = Linter::new().page(&page.body, dialect);
        assert!(problems.is_empty(), "{problems:?}");
        if let Some(verdict) = promtool_check(page.text()).filter(|_| dialect == Dialect::Text004) {
            assert_eq!(verdict, Ok(()));
        }
    }
}
