//! Pages in which `check` finds nothing by default.

use std::process::Command;

use picometer_std::collectors::{BuildInfo, PROCESS, RUST};
use picometer_std::exporter::Exporter;
use picometer_std::serve::HttpMetrics;
use picometer_std::{
    Created, Family, Gauge, Histogram, Info, Metric, NativeBuckets, NativeHistogram, QuantileSummary, Registry, Slow, StateSet, labels,
};

use crate::command::run;
use crate::peers::{Folder, Process, free_port, get, python};

labels! { pub enum Mode as "mode" { On = "on", Off = "off" } }

/// Asks for text and for OpenMetrics: the page as it comes, and what is converted from it.
#[track_caller]
fn is_clean(url: &str) {
    let checked = run(&["check", url], b"");
    assert!(checked.status == 0 && checked.stdout.ends_with("no problems\n") && checked.stderr.is_empty(), "{checked:?}");
    for accept in ["text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0"] {
        let answer = get(url.split('/').nth(2).unwrap().parse().unwrap(), "/metrics", &[("Accept", accept)]).unwrap();
        let checked = run(&["check"], &answer.body);
        assert!(checked.status == 0 && checked.stdout.ends_with("no problems\n") && checked.stderr.is_empty(), "{accept}: {checked:?}");
    }
}

#[test]
fn check_finds_nothing_in_our_exporters_page() {
    let registry = Registry::new();
    registry.register_shared(PROCESS.clone()).unwrap();
    registry.register_shared(RUST.clone()).unwrap();
    registry.register(BuildInfo::new("shop", "1.2.3")).unwrap();
    let seconds = Family::<Created<Histogram>, 1>::new("order_seconds", "How long orders take.", ["shop"]).buckets([0.1, 1.0]);
    let seconds = registry.register(seconds).unwrap();
    let native = Metric::<NativeHistogram>::new("wait_seconds", "How long orders wait.").config(&NativeBuckets::new());
    let native = registry.register(native).unwrap();
    let quantiles = registry.register(Metric::<QuantileSummary>::new("recent_bytes", "Sizes of orders.")).unwrap();
    registry.register(Slow::new("disk", Metric::<Gauge>::new("disk_free_bytes", "What is free."))).unwrap();
    registry.register(Metric::<StateSet<Mode>>::new("mode", "What it does.")).unwrap();
    registry.register(Metric::<Info>::new("shop_info", "Which one.")).unwrap().set([("town", "Bern")]).unwrap();
    let requests = HttpMetrics::server();
    requests.begin("GET", Some(0)).end("/orders/{id}", 200, Some(512));
    registry.register(requests).unwrap();
    for value in [0.05, 0.5, 5.0] {
        seconds.with(["a\\\"\n"]).observe(value);
        native.observe(value);
        quantiles.observe(value);
    }
    let handle = Exporter::bind("127.0.0.1:0").unwrap().spawn(registry).unwrap();
    is_clean(&format!("http://{}/metrics", handle.local_addr().unwrap()));
    handle.shutdown();
}

const PROGRAM: &str = "
import sys, time
from prometheus_client import Counter, Enum, Gauge, Histogram, Info, Summary, start_http_server
Counter('jobs', 'Jobs done.', ['kind']).labels('a').inc()
Gauge('queue_length', 'Jobs that wait.').set(-0.0)
Histogram('job_seconds', 'How long jobs take.').observe(0.3)
Summary('job_bytes', 'Sizes of jobs.').observe(7)
Info('shop', 'Which one.').info({'town': 'Bern'})
Enum('mode', 'What it does.', states=['on', 'off']).state('on')
start_http_server(int(sys.argv[1]), '127.0.0.1')
time.sleep(600)
";

#[test]
fn check_finds_nothing_in_a_python_clients_page() {
    let Some(python) = python() else { return };
    let (folder, address) = (Folder::new("python-page"), free_port());
    let program = folder.write("serve.py", PROGRAM);
    let mut command = Command::new(python);
    command.arg(program).arg(address.port().to_string());
    let mut process = Process::start(&mut command, folder);
    process.until("its page is there", |_| get(address, "/metrics", &[]).filter(|answer| answer.status == 200).map(drop));
    is_clean(&format!("http://{address}/metrics"));
}
