//! Live pages of other programs.

use std::net::SocketAddr;
use std::process::Command;

use crate::command::run;
use crate::peers::{Folder, Process, free_port, get, program};

/// Starts a program with a page, and waits until it answers.
fn serving(name: &str, arguments: impl FnOnce(SocketAddr, &Folder) -> Vec<String>) -> Option<(Process, String)> {
    let program = program(name)?;
    let (folder, address) = (Folder::new(name), free_port());
    let mut command = Command::new(program);
    command.args(arguments(address, &folder));
    let mut process = Process::start(&mut command, folder);
    process.until("its page is there", |_| get(address, "/metrics", &[]).filter(|answer| answer.status == 200).map(drop));
    Some((process, format!("http://{address}/metrics")))
}

/// Reads, checks and converts the page of a program that is right by definition.
fn try_everything(url: &str) {
    let parsed = run(&["parse", "--json", "--strict", url], b"");
    assert_eq!(parsed.status, 0, "{}", parsed.stderr);
    assert!(parsed.json()["families"].as_array().unwrap().len() > 20);
    // What its makers named oddly is no concern of ours; that it can be read is.
    let checked = run(&["check", url], b"");
    assert!(checked.status <= 1 && !checked.stdout.contains("[syntax]") && !checked.stdout.contains("[histogram]"), "{checked:?}");
    for to in ["openmetrics", "text"] {
        let converted = run(&["convert", "--to", to, url], b"");
        assert_eq!(converted.status, 0, "{}", converted.stderr);
        let again = run(&["parse", "--json", "--strict"], converted.stdout.as_bytes());
        assert_eq!(again.status, 0, "{to}: {}", again.stderr);
    }
    let watched = run(&["watch", "--once", "--interval", "0.1", "--filter", "go_goroutines", url], b"");
    assert!(watched.status == 0 && watched.stdout.contains("go_goroutines"), "{watched:?}");
}

#[test]
fn prometheus() {
    let started = serving("prometheus", |address, folder| {
        let config = folder.write("prometheus.yml", "global:\n  scrape_interval: 15s\n");
        let data = folder.path().join("data");
        vec![
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", data.display()),
            format!("--web.listen-address={address}"),
        ]
    });
    if let Some((_process, url)) = started {
        try_everything(&url);
    }
}

#[test]
fn node_exporter() {
    if let Some((_process, url)) = serving("prometheus-node-exporter", |address, _| vec![format!("--web.listen-address={address}")]) {
        try_everything(&url);
    }
}

#[test]
fn pushgateway() {
    if let Some((_process, url)) =
        serving("prometheus-pushgateway", |address, _| vec![format!("--web.listen-address={address}"), "--persistence.file=".to_owned()])
    {
        try_everything(&url);
    }
}

#[test]
fn server_that_is_not_there_is_an_error() {
    let address = free_port();
    let said = run(&["parse", "--json", &format!("http://{address}/metrics")], b"");
    assert_eq!((said.status, &said.json()["ok"]), (2, &false.into()));
    assert!(said.stderr.contains("refused"), "{}", said.stderr);
}
