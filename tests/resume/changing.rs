//! Values that change between the buffers of a page.

use super::page::Page;
use super::{FORMATS, fill_all};
use crate::fixture::{Bus, Fixture, Mode, Outcome, TransferSeconds};
use picometer::{Desc, Exposition, FillError, Format, Histogram, Metric, Registry, buckets};

/// One observation in each bucket, 5,001,450 µs in all: at any one moment every bucket holds as many as the others.
const ROUND: [u32; 4] = [50, 200, 900, 5_000_300];
const ROUND_SECONDS: f64 = 5.001_45;

fn check(text: &str) {
    for (labels, histogram) in Page::read(text).histograms("transfer_seconds") {
        let buckets = histogram.buckets();
        assert!(buckets.iter().all(|&count| count == buckets[0]), "two moments in one histogram, {labels}: {buckets:?}\n{text}");
        let expected = buckets[0] * ROUND_SECONDS;
        assert!((histogram.sum - expected).abs() < 1e-6, "the sum is of another moment, {labels}: {} instead of {expected}", histogram.sum);
    }
}

#[test]
fn histograms_show_one_moment() {
    for format in FORMATS {
        for size in 130..500 {
            let fixture = Fixture::new();
            let members: [&dyn picometer::Collector; 3] = [&fixture.boots, &fixture.seconds, &fixture.mode];
            let registry = Registry::new(&members);
            let names = Page::read(&crate::fixture::page(&registry, format)).series;
            let mut rounds = 0;
            let between = || {
                for bus in [Bus::I2c, Bus::Spi] {
                    ROUND.iter().for_each(|&micros| fixture.seconds.with(bus).observe(micros));
                }
                // Digits are gained, so that lines become longer than when they were measured.
                fixture.boots.inc_by(10_u32.pow(rounds % 10));
                fixture.mode.set([Mode::Idle, Mode::Run, Mode::Fault][rounds as usize % 3]);
                rounds += 1;
            };
            let (text, _) = fill_all(Exposition::new(&registry, format), size, between).unwrap();
            check(&text);
            assert_eq!(Page::read(&text).series, names, "{format:?} in {size} bytes");
            let states = text.lines().filter(|line| line.starts_with("device_mode{") && line.ends_with('1')).count();
            assert_eq!(states, 1, "two moments in one state set:\n{text}");
        }
    }
}

#[test]
fn everything_changes_in_every_size() {
    for format in FORMATS {
        for size in (180..420).step_by(7) {
            let fixture = Fixture::filled();
            fixture.with_registry(|registry| {
                let names = Page::read(&crate::fixture::page(registry, format).replace("la bel", "la_bel").replace("a \\\"b", "ab")).series;
                let between = || {
                    fixture.boots.inc_by(99_999);
                    fixture.temperature.inc_by(1_234.567);
                    fixture.transfers.with((Bus::I2c, Outcome::Ok)).inc_by(u32::MAX / 3);
                    fixture.sizes.observe(1_000_000);
                    fixture.slow.observe_with(200, &[("trace_id", "longer than before")], None).unwrap();
                    fixture.peers.with(["10.0.2.2"]).observe(7);
                };
                let (text, _) = fill_all(Exposition::new(registry, format), size, between).unwrap();
                let page = Page::read(&text.replace("la bel", "la_bel").replace("a \\\"b", "ab"));
                assert_eq!(page.series, names, "{format:?} in {size} bytes");
                for histogram in
                    page.histograms("nested_peer_bytes").into_values().chain(page.histograms("nested_slow_seconds").into_values())
                {
                    histogram.buckets();
                }
            });
        }
    }
}

buckets! { Many: u32 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]; }

/// More buckets than the position keeps: whole in a buffer that takes it, an error in one that does not, and fine with a larger
/// position.
#[test]
fn histograms_beyond_the_latch() {
    static DESC: Desc = Desc::histogram("many", "");
    let many = Metric::<Histogram<Many, 30>>::new(&DESC);
    let page = Exposition::new(&many, Format::Text004);
    assert_eq!(fill_all(page, 100, || many.observe(3)), Err(FillError::TooManyBuckets));
    assert!(fill_all(page, 1_000, || many.observe(3)).is_ok());
    let mut wide = Exposition::<32>::with_latch(&many, Format::Text004);
    let mut text = Vec::new();
    while !wide.is_done() {
        let mut buffer = [0; 40];
        let len = wide.fill(&mut buffer).unwrap();
        text.extend_from_slice(&buffer[..len]);
        many.observe(1);
        many.observe(30);
    }
    let text = String::from_utf8(text).unwrap();
    Page::read(&text).histograms("many").into_values().for_each(|histogram| assert_eq!(histogram.buckets().len(), 31));
}

/// The latch belongs to one histogram: a page that is whole leaves nothing to the next.
#[test]
fn a_position_can_be_used_from_the_start_again() {
    static DESC: Desc = Desc::histogram("transfer_seconds", "");
    let histogram = Metric::<Histogram<TransferSeconds, 3>>::new(&DESC);
    let start = Exposition::new(&histogram, Format::Text004);
    for rounds in 0..5 {
        let mut page = start;
        page.fill(&mut [0; 120]).unwrap();
        ROUND.iter().for_each(|&micros| histogram.observe(micros));
        let mut whole = Vec::new();
        start.write_to(&mut whole).unwrap();
        let whole = String::from_utf8(whole).unwrap();
        check(&whole);
        assert!(whole.ends_with(&format!("transfer_seconds_count {}\n", 4 * (rounds + 1))));
    }
}
