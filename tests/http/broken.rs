//! Pages that cannot be written, or not to their end: no client may take them for whole ones.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use super::client::{Fault, GET, exchange, response, responses};
use super::fixture::Bytes;
use picometer::http::{Action, Endpoint, Responder};
use picometer::{BoundedFamily, Collector, Desc, Encoder, FillError, Histogram, HistogramPoint, Point, PointValue, Stop};

/// Thirty short lines, and a long one among them.
struct Uneven {
    /// How long the value of the label is, and behind how many lines it comes.
    length: AtomicUsize,
    behind: usize,
}

impl Uneven {
    fn new(behind: usize, length: usize) -> Self {
        Self { length: AtomicUsize::new(length), behind }
    }
}

impl Collector for Uneven {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const DESC: Desc = Desc::gauge("line", "");
        let mut lines = out.family(&DESC)?;
        for index in 0..30 {
            let long = "x".repeat(if index == self.behind { self.length.load(Relaxed) } else { 10 });
            lines.gauge(&[("x", long.as_str())], index)?;
        }
        Ok(())
    }
}

/// One request, with something happening after the first bytes of the answer; what was sent in all.
fn interrupted<const BUFFER: usize>(
    responder: &mut Responder<'_, BUFFER>,
    request: &str,
    first: usize,
    meanwhile: impl FnOnce(),
) -> Vec<u8> {
    assert_eq!(responder.receive(0, request.as_bytes()), request.len());
    let mut sent = vec![0; first];
    let len = responder.transmit(0, &mut sent);
    sent.truncate(len);
    meanwhile();
    sent.extend(exchange(responder, b"", 1, 100));
    sent
}

/// Help of a length that changes, and the line is the first of the page: the client can still be told.
struct Helped(AtomicUsize);

impl Collector for Helped {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let help = "x".repeat(self.0.load(Relaxed));
        out.family(&Desc::gauge("helped", &help))?.gauge(&(), 1)
    }
}

/// `# HELP helped ` and a line feed; 13 bytes of the buffer are for the framing of HTTP/1.1.
#[test]
fn help_that_does_not_fit_is_left_out() {
    for (version, framing) in [("1.0", 0), ("1.1", 13)] {
        for (help, fits) in [(256 - framing - 15, true), (256 - framing - 14, false), (1_000, false)] {
            let metrics = Helped(AtomicUsize::new(help));
            let site = Endpoint::new(&metrics);
            let mut responder = Responder::<256>::with_sizes(&site);
            let sent = exchange(&mut responder, format!("GET /metrics HTTP/{version}\r\nHost: x\r\n\r\n").as_bytes(), 5, 64);
            let response = responses(&sent, &["GET"]).remove(0);
            let lines: Vec<_> = response.text().lines().filter(|line| !line.starts_with("# HELP")).collect();
            assert_eq!((response.status, lines), (200, vec!["# TYPE helped gauge", "helped 1"]), "{help}");
            assert_eq!(response.text().contains("# HELP"), fits);
            assert_eq!(responder.take_served().map(|served| (served.status, served.metrics)), Some((200, true)));
            assert_eq!(responder.failure(), (!fits).then_some(FillError::BufferTooSmall { needed: help + 15 }));
        }
    }
}

#[test]
fn next_page_is_whole_again() {
    let metrics = Helped(AtomicUsize::new(400));
    let site = Endpoint::new(&metrics);
    let mut responder = Responder::<256>::with_sizes(&site);
    let sent = exchange(&mut responder, GET.as_bytes(), 5, 64);
    assert_eq!((responses(&sent, &["GET"])[0].text().lines().count(), responder.next()), (2, Action::Open));
    metrics.0.store(4, Relaxed);
    let sent = exchange(&mut responder, GET.as_bytes(), 5, 64);
    assert_eq!((responses(&sent, &["GET"])[0].text().lines().count(), responder.next()), (3, Action::Open));
    assert_eq!(responder.failure(), None, "that was the page before");
}

/// Framing included, and not a byte less.
#[test]
fn a_line_fits_a_buffer_that_is_13_bytes_longer() {
    for (length, lines) in [(256 - 13 - 13, 31), (256 - 13 - 12, 30)] {
        let metrics = Uneven::new(0, length);
        let site = Endpoint::new(&metrics);
        let mut responder = Responder::<256>::with_sizes(&site);
        let sent = exchange(&mut responder, GET.as_bytes(), 5, 64);
        assert_eq!(response(&sent, "GET").map(|(response, _)| response.text().lines().count()), Ok(lines));
        assert_eq!(responder.next(), Action::Open);
    }
}

#[test]
fn line_that_does_not_fit_costs_its_series() {
    for request in [GET, "GET /metrics HTTP/1.0\r\n\r\n"] {
        for behind in [0, 1, 25, 29] {
            let metrics = Uneven::new(behind, 400);
            let site = Endpoint::new(&metrics);
            let mut responder = Responder::<256>::with_sizes(&site);
            let sent = exchange(&mut responder, request.as_bytes(), 5, 64);
            assert_eq!(responder.failure(), Some(FillError::BufferTooSmall { needed: if behind < 10 { 413 } else { 414 } }));
            let response = responses(&sent, &["GET"]).remove(0);
            let values: Vec<usize> = response.text().lines().filter_map(|line| line.rsplit_once(' ')?.1.parse().ok()).collect();
            assert_eq!(values, (0..30).filter(|&value| value != behind).collect::<Vec<_>>());
            assert!(responder.take_served().is_some());
        }
    }
}

#[test]
fn line_that_grows_beyond_the_buffer_costs_its_series() {
    for (length, lines) in [(400, 30), (200, 31)] {
        let metrics = Uneven::new(25, 10);
        let site = Endpoint::new(&metrics);
        let mut responder = Responder::<256>::with_sizes(&site);
        let sent = interrupted(&mut responder, GET, 200, || metrics.length.store(length, Relaxed));
        assert_eq!(responses(&sent, &["GET"])[0].text().lines().count(), lines);
    }
}

/// A long label among three, in every format: the page has the other two, whole.
#[test]
fn long_label_costs_its_histogram_in_every_format() {
    let long = "x".repeat(400);
    let peers = BoundedFamily::<Histogram<Bytes, 2>, 1, 3, 500>::new(&PEERS, &["peer"]);
    ["a", &long, "c"].iter().for_each(|peer| peers.with([*peer]).observe(5));
    for accept in [
        "text/plain;version=0.0.4",
        "text/plain;version=1.0.0",
        "application/openmetrics-text;version=1.0.0",
        "application/openmetrics-text;version=2.0.0",
    ] {
        let site = Endpoint::new(&peers);
        let mut responder = Responder::<320>::with_sizes(&site);
        let sent = exchange(&mut responder, format!("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n").as_bytes(), 50, 64);
        let response = responses(&sent, &["GET"]).remove(0);
        let text = response.text();
        assert!(text.contains("{peer=\"a\"") && text.contains("{peer=\"c\"") && !text.contains("xxx"), "{accept}:\n{text}");
        assert_eq!(text.ends_with("# EOF\n"), accept.starts_with("application"), "{accept}:\n{text}");
        assert!(matches!(responder.failure(), Some(FillError::BufferTooSmall { needed: 400.. })), "{:?}", responder.failure());
    }
    let site = Endpoint::new(&peers);
    let mut responder = Responder::<320>::with_sizes(&site);
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/vnd.google.protobuf\r\n\r\n";
    let body = responses(&exchange(&mut responder, request.as_bytes(), 50, 64), &["GET"]).remove(0).body;
    let families = picometer_std::parse::protobuf(&body, picometer_std::parse::Limits::default()).expect("whole messages");
    let text = format!("{families:?}");
    assert!(text.contains("peer_bytes") && !text.contains("xxx"), "{text}");
}

static PEERS: Desc = Desc::histogram("peer_bytes", "Bytes by peer.");

/// Wherever the page was when the series went, it is whole or it breaks off.
#[test]
fn a_series_that_is_removed_in_the_middle_of_it_breaks_the_page_off() {
    for request in [GET, "GET /metrics HTTP/1.0\r\n\r\n"] {
        let (mut whole, mut broken) = (0, 0);
        for (first, gone) in (1..1_200).flat_map(|first| ["a", "b", "c"].map(|peer| (first, peer))) {
            let peers = BoundedFamily::<Histogram<Bytes, 2>, 1, 3, 8>::new(&PEERS, &["peer"]);
            ["a", "b", "c"].iter().for_each(|peer| peers.with([peer]).observe(5));
            let site = Endpoint::new(&peers);
            let mut responder = Responder::<256>::with_sizes(&site);
            let sent = interrupted(&mut responder, request, first, || assert!(peers.remove([gone])));
            if responder.next() == Action::Reset {
                assert_eq!(responder.failure(), Some(FillError::SeriesRemoved));
                assert!(!sent.ends_with(b"0\r\n\r\n"));
                assert!(request != GET || response(&sent, "GET") == Err(Fault::Short));
                broken += 1;
            } else {
                let text = responses(&sent, &["GET"]).remove(0).body;
                let text = std::str::from_utf8(&text).unwrap();
                for peer in ["a", "b", "c"] {
                    let lines = text.lines().filter(|line| line.contains(&format!("\"{peer}\""))).count();
                    assert!(lines == 5 || lines == 0 && peer == gone, "{gone} went after {first} bytes:\n{text}");
                }
                whole += 1;
            }
        }
        assert!(whole > 100 && broken > 10, "{whole} whole, {broken} broken off");
    }
}

/// A series that moved to another place is not sent twice, and one that came meanwhile waits for the next page.
#[test]
fn a_series_that_is_made_again_is_not_there_twice() {
    for first in 1..1_200 {
        let peers = BoundedFamily::<Histogram<Bytes, 2>, 1, 4, 8>::new(&PEERS, &["peer"]);
        ["a", "b", "c"].iter().for_each(|peer| peers.with([peer]).observe(5));
        let site = Endpoint::new(&peers);
        let mut responder = Responder::<256>::with_sizes(&site);
        let sent = interrupted(&mut responder, GET, first, || {
            assert!(peers.remove(["a"]));
            // Takes the place of the other one, which then is behind all others.
            ["z", "a"].iter().for_each(|peer| assert!(!peers.with([peer]).is_overflow()));
        });
        if responder.next() == Action::Open {
            let body = responses(&sent, &["GET"]).remove(0).body;
            let text = String::from_utf8(body).unwrap();
            let mut lines: Vec<_> = text.lines().collect();
            lines.sort_unstable();
            let count = lines.len();
            lines.dedup_by_key(|line| line.rsplit_once(' ').unwrap().0.to_owned());
            assert_eq!(lines.len(), count, "{first}:\n{text}");
        }
    }
}

struct Wide;

impl Collector for Wide {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const DESC: Desc = Desc::histogram("wide", "");
        let bounds: [f64; 30] = std::array::from_fn(|index| index as f64);
        let histogram = HistogramPoint { counts: &[1; 30], beyond: 0, sum: Some(1.into()), bounds: &bounds, exemplars: None };
        out.family(&DESC)?.point(&(), &Point::new(PointValue::Histogram(histogram)))
    }
}

/// More buckets than the connection keeps, and than fit the buffer.
#[test]
fn a_histogram_that_is_too_wide_is_500() {
    let site = Endpoint::new(&Wide);
    let mut responder = Responder::<256>::with_sizes(&site);
    let sent = exchange(&mut responder, GET.as_bytes(), 5, 64);
    let response = responses(&sent, &["GET"]).remove(0);
    assert_eq!((response.status, response.text()), (500, "a line or a histogram does not fit the buffer\n"));
    assert_eq!(responder.failure(), Some(FillError::TooManyBuckets));
    let mut responder = Responder::<256, 96, 8192, 30>::with_sizes(&site);
    let sent = exchange(&mut responder, GET.as_bytes(), 5, 64);
    assert_eq!(responses(&sent, &["GET"])[0].text().lines().count(), 1 + 30 + 3);
    let mut responder = Responder::<2048>::with_sizes(&site);
    assert_eq!(responses(&exchange(&mut responder, GET.as_bytes(), 5, 64), &["GET"])[0].status, 200);
}

/// Rows, and behind them a histogram that is too wide, or not.
struct Several<'a>(&'a Uneven, &'a AtomicBool);

impl Collector for Several<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.0.collect(out)?;
        if self.1.load(Relaxed) { Wide.collect(out) } else { Ok(()) }
    }
}

/// After a reset nothing is sent any more, and what arrives is swallowed.
#[test]
fn a_broken_connection_stays_broken_until_it_starts_again() {
    let (rows, wide) = (Uneven::new(25, 10), AtomicBool::new(true));
    let metrics = Several(&rows, &wide);
    let site = Endpoint::new(&metrics);
    let mut responder = Responder::<256>::with_sizes(&site);
    let sent = exchange(&mut responder, GET.as_bytes(), 5, 64);
    assert_eq!((response(&sent, "GET"), responder.failure()), (Err(Fault::Short), Some(FillError::TooManyBuckets)));
    for now in [0, 1_000_000] {
        assert_eq!(responder.receive(now, GET.as_bytes()), GET.len());
        assert_eq!((responder.transmit(now, &mut [0; 64]), responder.next()), (0, Action::Reset));
    }
    responder.restart();
    assert_eq!((responder.next(), responder.failure()), (Action::Open, None));
    wide.store(false, Relaxed);
    assert_eq!(responses(&exchange(&mut responder, GET.as_bytes(), 5, 64), &["GET"])[0].status, 200);
}
