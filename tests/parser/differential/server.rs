//! A real Prometheus server: it scrapes every page once from one server of ours, and says which it took and what it stored.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use picometer_std::model::Family;

use super::pages::{Media, Page};
use crate::peers::{Prometheus, wait_for};

/// Labels with `__name__`, and the value.
pub type Series = (BTreeMap<String, String>, f64);

/// What became of a scrape.
#[derive(Debug)]
pub struct Verdict {
    /// Why it failed, if it did.
    pub error: Option<String>,
    pub series: Vec<Series>,
}

/// The label by which pages are told apart.
const PAGE: &str = "zz_page";

/// The verdicts of a server. Moments on the pages are checked and not stored under: most are too old for it.
pub fn verdicts(program: &Path, pages: &[Page]) -> Vec<Verdict> {
    let address = serve(pages.iter().map(|page| (page.media.content_type(), page.text.clone())).collect());
    let entries: String = (0..pages.len())
        .map(|page| format!("    - targets: ['{address}']\n      labels: {{__metrics_path__: /{page}, {PAGE}: '{page}'}}\n"))
        .collect();
    let job = format!(
        "  - job_name: pages\n    scrape_interval: 15s\n    scrape_timeout: 15s\n    honor_labels: true\n    honor_timestamps: false\n    \
         static_configs:\n{entries}"
    );
    let server = Prometheus::start_with(program, &[job], "", &[]);
    let targets = wait_for("every page to be scraped", || {
        let data = server.api("/api/v1/targets", &[]);
        let seen = data["activeTargets"].as_array().expect("a list");
        let is_known = |target: &&serde_json::Value| target["health"] != "unknown";
        (seen.iter().filter(is_known).count() == pages.len()).then(|| seen.clone())
    });
    let mut all: Vec<Verdict> = pages.iter().map(|_| Verdict { error: Some("not seen".into()), series: Vec::new() }).collect();
    let place = |labels: &serde_json::Value| labels[PAGE].as_str().and_then(|page| page.parse::<usize>().ok()).expect("a page");
    for target in targets {
        let error = target["lastError"].as_str().expect("text");
        all[place(&target["labels"])].error = (!error.is_empty()).then(|| error.to_string());
    }
    for (labels, value) in server.query(&format!("{{{PAGE}!=\"\"}}")) {
        let page = place(&labels);
        let labels = labels.as_object().expect("labels").iter().map(|(name, value)| (name.clone(), value.as_str().expect("text").into()));
        let labels: BTreeMap<String, String> = labels.filter(|(name, _)| !is_own(name)).collect();
        if !is_of_the_scrape(&labels) {
            all[page].series.push((labels, value));
        }
    }
    all
}

/// Whether the server says it of the scrape itself.
fn is_of_the_scrape(labels: &BTreeMap<String, String>) -> bool {
    labels.get("__name__").is_none_or(|name| name == "up" || name.starts_with("scrape_"))
}

fn is_own(label: &str) -> bool {
    [PAGE, "job", "instance"].contains(&label)
}

/// Whether the server has what it stores of these families: the first of each series, without empty labels.
///
/// Bounds and quantiles are compared as numbers, which a server of version 3 writes in its own way. Of a series with several moments
/// one is stored, as moments are not asked for.
pub fn is_stored(families: &[Family], theirs: &[Series]) -> bool {
    let mut ours: BTreeMap<BTreeMap<String, String>, Vec<f64>> = BTreeMap::new();
    for sample in families.iter().flat_map(|family| &family.samples) {
        let labels = sample.labels.iter().filter(|(name, value)| !value.is_empty() && !is_own(name));
        let mut labels: BTreeMap<String, String> = labels.map(|(name, value)| (name.into(), as_number(name, value))).collect();
        labels.insert("__name__".into(), sample.name.to_string());
        if is_of_the_scrape(&labels) {
            continue;
        }
        let values = ours.entry(labels).or_default();
        if values.is_empty() || sample.timestamp.is_some() {
            values.push(sample.value.as_f64());
        }
    }
    let same = |one: f64, other: f64| one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan();
    let is_ours = |(labels, value): &Series| {
        let labels = labels.iter().map(|(name, text)| (name.clone(), as_number(name, text))).collect();
        ours.get(&labels).is_some_and(|values: &Vec<f64>| values.iter().any(|own| same(*own, *value)))
    };
    // Series that differ in labels which the server sets itself are one for us.
    theirs.iter().all(is_ours) && theirs.len() >= ours.len()
}

fn as_number(name: &str, value: &str) -> String {
    let number = value.parse::<f64>().ok().filter(|_| name == "le" || name == "quantile");
    number.map_or_else(|| value.into(), |number| format!("{number:?}"))
}

/// Serves page N under `/N`, until this program ends.
fn serve(pages: Vec<(&'static str, String)>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let (address, pages) = (listener.local_addr().expect("bound"), Arc::new(pages));
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let pages = pages.clone();
            // A scraper that breaks off sees it itself.
            std::thread::spawn(move || answer(client, &pages));
        }
    });
    address
}

fn answer(client: TcpStream, pages: &[(&'static str, String)]) -> std::io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines();
    let mut client = client;
    // One connection may ask several times.
    while let Some(request) = lines.next().transpose()? {
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        let path = request.split(' ').nth(1).and_then(|path| path.strip_prefix('/')).and_then(|page| page.parse::<usize>().ok());
        let (media, text) = path.and_then(|page| pages.get(page)).map_or(("text/plain", ""), |(media, text)| (*media, text.as_str()));
        write!(client, "HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n", text.len())?;
        client.write_all(text.as_bytes())?;
    }
    Ok(())
}

impl Media {
    fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}
