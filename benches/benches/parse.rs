//! Pages that are read: the parser beside those of other crates.
//!
//! `lexer` checks every line to the end and allocates nothing; `families` are owned, which is what the other crates make.
//! Crates that do not take a page are left out there; `openmetrics-parser`, whose time grows with the square of a family, reads
//! none of the large ones.

#[path = "parse/others.rs"]
mod others;
#[path = "parse/pages.rs"]
mod pages;

use openmetrics_parser::openmetrics::parse_openmetrics;
use openmetrics_parser::prometheus::parse_prometheus;
use pages::Page;
use picometer_benches::allocator::Counting;
use picometer_benches::{Case, Role, Suite, Unit};
use picometer_std::parse::{self, Dialect, Event, Families, Lexer, Rules, Stream};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The sum of all values, so that nothing is left undone; how many samples there are is checked.
fn lexed(page: &Page, dialect: Dialect) -> f64 {
    let (mut sum, mut samples) = (0.0, 0);
    // The check that it is text is part of reading it.
    let lexer = Lexer::from_bytes(page.text.as_bytes(), dialect).expect("text");
    for event in lexer {
        if let Event::Sample(sample) = event.expect("a page") {
            sum += sample.value;
            samples += 1;
        }
    }
    assert_eq!(samples, page.samples);
    sum
}

fn ours<'c>(case: &mut Case<'c>, page: &'c Page, dialect: Dialect) {
    let (text, samples) = (page.text.as_str(), page.samples);
    let bytes = text.len() as f64 / samples as f64;
    case.time("lexer", Role::Ours, samples, move || lexed(page, dialect)).bytes(bytes);
    let streamed = move || {
        let mut sum = 0.0;
        let see = |event: Result<Event<'_>, _>| {
            if let Ok(Event::Sample(sample)) = event {
                sum += sample.value;
            }
        };
        Stream::new(text.as_bytes(), dialect).for_each(see).expect("a page");
        sum
    };
    case.time("stream of 64 KiB pieces", Role::Ours, samples, streamed).bytes(bytes);
    let borrowed = move || Families::new(Lexer::new(text, dialect)).map(|family| family.expect("a page").samples.len()).sum::<usize>();
    case.time("families, borrowed", Role::Ours, samples, borrowed).bytes(bytes);
    let owned = move || parse::families(text, dialect, Rules::STRICT).expect("a page").len();
    case.time("families", Role::Ours, samples, owned).bytes(bytes);
}

/// What the memory allows: to look for the ends of lines, and to copy the page.
fn limits<'c>(case: &mut Case<'c>, page: &'c Page) {
    let (bytes, samples) = (page.text.as_bytes(), page.samples);
    let each = bytes.len() as f64 / samples as f64;
    let feeds = move || std::hint::black_box(bytes).iter().map(|&byte| usize::from(byte == b'\n')).sum::<usize>();
    case.time("count of line feeds", Role::Limit, samples, feeds).bytes(each);
    let mut copy = vec![0_u8; bytes.len()];
    let copied = move || {
        copy.copy_from_slice(std::hint::black_box(bytes));
        std::hint::black_box(copy.last().copied())
    };
    case.time("copy of the page", Role::Limit, samples, copied).bytes(each);
}

fn text_peers<'c>(case: &mut Case<'c>, page: &'c Page) {
    let (text, samples) = (page.text.as_str(), page.samples);
    let bytes = text.len() as f64 / samples as f64;
    let mut peer = |name: &str, read: fn(&str) -> bool| {
        if read(text) {
            case.time(name, Role::Peer, samples, move || read(text)).bytes(bytes);
        }
    };
    peer("prometheus-parse", |text| prometheus_parse::Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).is_ok());
    peer("nom-openmetrics", |text| nom_openmetrics::parser::prometheus(text).is_ok_and(|(rest, _)| rest.is_empty()));
    peer("prom_text_format_parser", |text| prom_text_format_parser::Scrape::parse(text).is_ok());
    peer("prometheus-exposition-format-rs", |text| prometheus_exposition_format_rs::parse_complete(text).is_ok());
    if text.len() < 200_000 {
        peer("openmetrics-parser", |text| parse_prometheus(text).is_ok());
    }
}

fn main() {
    let mut suite = Suite::default();
    let texts = [
        ("parse-node", "a page like node_exporter's", pages::node()),
        ("parse-big", "100,000 series with 5 labels", pages::big()),
        ("parse-histograms", "2,000 histograms", pages::histograms()),
        ("parse-timestamps", "20,000 series with 17 digits and timestamps", pages::timestamps()),
        ("parse-escapes", "20,000 series with escapes", pages::escapes()),
    ];
    for (name, title, page) in &texts {
        suite.case(name, title, Unit::Nanos("sample"), |case| {
            ours(case, page, Dialect::Text004);
            text_peers(case, page);
            others::peers(case, name, page);
            limits(case, page);
        });
    }
    let exemplars = pages::exemplars();
    suite.case("parse-exemplars", "OpenMetrics: 12,000 exemplars", Unit::Nanos("sample"), |case| {
        ours(case, &exemplars, Dialect::OpenMetrics100);
        limits(case, &exemplars);
        let (text, bytes) = (exemplars.text.as_str(), exemplars.text.len() as f64 / exemplars.samples as f64);
        let nom = move || nom_openmetrics::parser::openmetrics(text).is_ok();
        if nom() {
            case.time("nom-openmetrics", Role::Peer, exemplars.samples, nom).bytes(bytes);
        }
        let pest = move || parse_openmetrics(text).is_ok();
        if pest() {
            case.time("openmetrics-parser", Role::Peer, exemplars.samples, pest).bytes(bytes);
        }
    });
}
