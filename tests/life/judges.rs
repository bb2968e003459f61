//! What other programs make of the pages of these worlds: promtool, the Python client, and a real Prometheus that scrapes them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;

use picometer_std::Format;

use crate::peers::{Folder, Prometheus, job, promtool_check, python, wait_for};

const READER: &str = r#"
import sys
from prometheus_client.parser import text_string_to_metric_families as text
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
for path in sys.argv[1:]:
    page = open(path, newline="").read()
    try:
        for family in (openmetrics if path.endswith("om") else text)(page):
            pass
    except Exception as error:
        print(path, error)
        print(page)
        sys.exit(1)
"#;

/// Puts the pages before every judge that is there.
pub fn judge(pages: Vec<(Format, Vec<u8>)>) -> Result<(), String> {
    let pages: Vec<_> = pages.into_iter().filter(|(format, _)| *format != Format::Protobuf).collect();
    let folder = Folder::new("life");
    let mut paths = Vec::new();
    for (at, (format, page)) in pages.iter().enumerate() {
        let text = String::from_utf8_lossy(page);
        let name = format!("{at}.{}", if *format == Format::OpenMetrics100 { "om" } else { "text" });
        folder.write(&name, page);
        // It reads text, and its lint is of names that these worlds have on purpose.
        if *format != Format::OpenMetrics100
            && let Some(Err(error)) = promtool_check(&text)
            && error.contains("error while linting")
        {
            return Err(format!("promtool: {error}\n{text}"));
        }
        paths.push(name);
    }
    if let Some(python) = python() {
        let output = Command::new(python).arg("-c").arg(READER).args(&paths).current_dir(folder.path()).output();
        let output = output.map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!(
                "the Python client: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    scraped(pages)
}

/// Lets a Prometheus scrape every page until it took it once; pages do not change.
fn scraped(pages: Vec<(Format, Vec<u8>)>) -> Result<(), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let jobs: Vec<_> = (0..pages.len()).map(|at| job(&format!("page{at}"), address, &[&format!("metrics_path: /{at}")])).collect();
    let pages = Arc::new(pages);
    let served = pages.clone();
    std::thread::spawn(move || accept(&listener, &served));
    let Some(prometheus) = Prometheus::start(&jobs) else { return Ok(()) };
    let mut taken = vec![false; pages.len()];
    wait_for("a scrape of every page", || {
        let targets = prometheus.api("/api/v1/targets", &[])["activeTargets"].take();
        for target in targets.as_array()? {
            let at: usize = target["labels"]["job"].as_str()?[4..].parse().ok()?;
            let error = target["lastError"].as_str()?;
            match target["health"].as_str()? {
                "up" => taken[at] = true,
                "down" if !is_late(error) => return Some(Err(format!("Prometheus: {error}\n{}", String::from_utf8_lossy(&pages[at].1)))),
                _ => {}
            }
        }
        taken.iter().all(|&taken| taken).then_some(Ok(()))
    })
}

/// Whether a scrape failed because the machine had no time for it, which says nothing of the page.
fn is_late(error: &str) -> bool {
    error.starts_with("Get \"") || error.contains("deadline exceeded")
}

/// A thread for each connection: a client that was too late for its own deadline may keep one on which it never asks.
fn accept(listener: &TcpListener, pages: &Arc<Vec<(Format, Vec<u8>)>>) {
    for stream in listener.incoming().map_while(Result::ok) {
        let pages = pages.clone();
        std::thread::spawn(move || serve(stream, &pages));
    }
}

fn serve(mut stream: TcpStream, pages: &[(Format, Vec<u8>)]) {
    let mut request = [0; 4096];
    let mut len = 0;
    while let Ok(more) = stream.read(&mut request[len..]) {
        len += more;
        if more == 0 || request[..len].windows(4).any(|end| end == b"\r\n\r\n") {
            break;
        }
    }
    let path = String::from_utf8_lossy(&request[..len]).split(' ').nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
    let Some((format, page)) = path.parse::<usize>().ok().and_then(|at| pages.get(at)) else { return };
    let kind = if *format == Format::OpenMetrics100 { "application/openmetrics-text; version=1.0.0" } else { "text/plain; version=0.0.4" };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", page.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(page));
}
