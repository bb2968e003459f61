//! A real Prometheus, and its checker of pages.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Folder, PATIENCE, Process, free_port, get, program, wait_for};

/// A server that scrapes, in a folder of its own.
///
/// It looks for new targets every five seconds, the first time five seconds after its start: put all jobs of a test on one.
#[derive(Debug)]
pub struct Prometheus {
    process: Process,
    address: SocketAddr,
}

/// One entry of `scrape_configs`; `more` are further lines of it, as in `scheme: https`.
pub fn job(name: &str, target: SocketAddr, more: &[&str]) -> String {
    let mut text = format!("  - job_name: {name}\n    static_configs: [{{targets: ['{target}']}}]\n");
    more.iter().for_each(|line| text += &format!("    {line}\n"));
    text
}

impl Prometheus {
    /// Starts the one on `PATH` with these scrape jobs, once a second; without the program, a visible skip.
    #[track_caller]
    pub fn start(jobs: &[String]) -> Option<Self> {
        program("prometheus").map(|program| Self::start_with(&program, jobs, "", &[]))
    }

    /// Starts any, with further lines for the end of its configuration and further arguments.
    #[track_caller]
    pub fn start_with(program: &Path, jobs: &[String], configuration: &str, arguments: &[&str]) -> Self {
        let global = "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n";
        let text = format!("{global}scrape_configs:\n{}{configuration}", jobs.concat());
        // Another process may have taken the port since: then once more.
        for _ in 0..5 {
            let (folder, address) = (Folder::new("prometheus"), free_port());
            folder.write("prometheus.yml", &text);
            let mut command = Command::new(program);
            command.args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.enable-lifecycle"]);
            command.arg(format!("--web.listen-address={address}")).args(arguments);
            let mut process = Process::start(&mut command, folder);
            let ready = wait_for("Prometheus to be ready or to end", || {
                let ready = get(address, "/-/ready", &[]).is_some_and(|answer| answer.status == 200);
                (ready || process.ended().is_some()).then_some(ready)
            });
            // One of another test may answer on the port that ours could not have.
            if ready && process.ended().is_none() {
                return Self { process, address };
            }
            let complaint = process.stderr();
            assert!(complaint.contains("address already in use"), "{}\n{text}\n{complaint}", program.display());
        }
        panic!("five ports were taken");
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// `data` of an answer of the HTTP API; the path as in `/api/v1/targets`, parameters as they are meant.
    #[track_caller]
    pub fn api(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let mut path = path.to_owned();
        for (index, (name, value)) in parameters.iter().enumerate() {
            path += &format!("{}{}={}", if index == 0 { "?" } else { "&" }, encoded(name), encoded(value));
        }
        let answer = get(self.address, &path, &[]).unwrap_or_else(|| panic!("Prometheus answers: {path}"));
        let mut json: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{path}: {answer:?}"));
        assert_eq!(json["status"], "success", "{path}: {json}");
        json["data"].take()
    }

    /// The value of an expression as Prometheus sees it now: each series' labels and value.
    #[track_caller]
    pub fn query(&self, expression: &str) -> Vec<(Value, f64)> {
        let data = self.api("/api/v1/query", &[("query", expression)]);
        let number = |value: &Value| value[1].as_str().and_then(|text| text.parse().ok()).expect("a number in a string");
        if data["resultType"] == "scalar" {
            return vec![(Value::Null, number(&data["result"]))];
        }
        let series = data["result"].as_array().expect("an instant vector");
        series.iter().map(|series| (series["metric"].clone(), number(&series["value"]))).collect()
    }

    /// The value of an expression that has one series, as soon as it has.
    #[track_caller]
    pub fn value(&self, expression: &str) -> f64 {
        wait_for(expression, || match &self.query(expression)[..] {
            [(_, value)] => Some(*value),
            _ => None,
        })
    }

    /// Waits until every job has been scraped once; panics with the errors of those that have not.
    #[track_caller]
    pub fn until_up(&self, jobs: &[String]) {
        let (end, mut up) = (Instant::now() + PATIENCE, BTreeSet::new());
        while up.len() < jobs.len() {
            let seen = self.api("/api/v1/targets", &[])["activeTargets"].take();
            let targets = seen.as_array().expect("a list");
            up.extend(targets.iter().filter(|target| target["health"] == "up").map(|target| target["labels"]["job"].to_string()));
            assert!(Instant::now() < end, "up: {up:?} of {seen:#}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Major and minor, of the server or of what belongs to it.
#[track_caller]
pub fn version(program: &Path) -> (u32, u32) {
    let version = Command::new(program).arg("--version").output().expect("it runs");
    let text = [version.stdout, version.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut numbers = text.split("version ").nth(1).unwrap_or("").split('.').map_while(|part| part.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Percent-encoded, apart from what never needs it.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What `promtool check metrics` has to say of a page in the text format: nothing, its lint, or why it is not a page. `None`
/// and a visible skip without the program.
#[track_caller]
pub fn promtool_check(page: &str) -> Option<Result<(), String>> {
    let mut child = Command::new(program("promtool")?)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool runs");
    // It ends at the first error without reading the rest.
    let _ = child.stdin.take().expect("piped").write_all(page.as_bytes());
    let output = child.wait_with_output().expect("a child of ours");
    let said = [output.stdout, output.stderr].concat();
    Some(if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said).into_owned()) })
}
