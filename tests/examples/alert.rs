//! The alert of the web API, in a real Prometheus.

use std::process::Command;

use crate::peers::{Prometheus, get, job, newer, program, wait_for, workspace};
use crate::{Example, Folder};

fn shipped(file: &str) -> String {
    std::fs::read_to_string(workspace().join("std-adapter/examples/web_api").join(file)).expect("it is shipped")
}

#[test]
fn the_files_are_what_prometheus_reads() {
    let Some(promtool) = program("promtool") else { return };
    let folder = workspace().join("std-adapter/examples/web_api");
    // It follows `rule_files`.
    let output = Command::new(promtool).args(["check", "config", "prometheus.yml"]).current_dir(folder).output().expect("promtool runs");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 rules found"), "{output:?}");
}

#[test]
fn the_alert_fires_while_calls_fail_and_only_then() {
    let mut programs: Vec<_> = newer("prometheus").into_iter().rev().take(1).collect();
    programs.extend(program("prometheus"));
    if programs.is_empty() {
        return;
    }
    let example = Example::start("web_api");
    // The shipped rule, with minutes for which a test can wait.
    let rules = shipped("alerts.yml").replace("[5m]", "[8s]").replace("for: 2m", "for: 1s");
    assert_eq!(rules.matches("[8s]").count() + rules.matches("for: 1s").count(), 3);
    let folder = Folder::new("alert");
    let path = folder.write("alerts.yml", rules);
    let jobs = [job("web_api", example.address, &[])];
    let configuration = format!("rule_files: ['{}']\n", path.display());
    let servers: Vec<_> = programs.iter().map(|program| Prometheus::start_with(program, &jobs, &configuration, &[])).collect();

    let call = |id: u32| get(example.address, &format!("/items/{id}"), &[]).expect("the example answers").status;
    let states = || servers.iter().map(state).collect::<Vec<_>>();
    // One call in five fails: a third would be too many.
    let mut turn = 0;
    wait_for("a rate of failures below the limit", || {
        turn += 1;
        assert_eq!(call(if turn % 5 == 0 { 700 } else { 7 }), if turn % 5 == 0 { 404 } else { 200 });
        let rate = "sum(rate(api_requests_total{status=\"failure\"}[8s])) / sum(rate(api_requests_total[8s]))";
        let seen = |server: &Prometheus| matches!(server.query(rate)[..], [(_, rate)] if rate > 0.0);
        servers.iter().all(seen).then_some(())
    });
    assert!(states().iter().all(|state| state != "firing"), "{:?}", states());
    wait_for("the alert", || {
        assert_eq!(call(700), 404);
        states().iter().all(|state| state == "firing").then_some(())
    });
    wait_for("its end", || {
        assert_eq!(call(7), 200);
        states().iter().all(|state| state.is_empty()).then_some(())
    });
}

/// `pending`, `firing`, or empty.
fn state(server: &Prometheus) -> String {
    let alerts = server.api("/api/v1/alerts", &[])["alerts"].take();
    let alert = alerts.as_array().and_then(|alerts| alerts.iter().find(|alert| alert["labels"]["alertname"] == "HighErrorRate"));
    alert.and_then(|alert| alert["state"].as_str()).unwrap_or("").to_owned()
}
