//! Whole requests, and those whose series change.

use super::*;
use crate::encode::{Encoder, HistogramPoint, Point, PointValue, Quantile, States, SummaryPoint};
use std::vec::Vec;

struct Everything(f64);

impl States for Everything {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        [("open", true), ("shut", false)].get(index).copied()
    }
}

impl Collector for Everything {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const C: Desc = Desc::counter("frames_total", "Frames.").namespace("nic");
        const H: Desc = Desc::histogram("wait_seconds", "").unit("seconds");
        const I: Desc = Desc::info("build_info", "Facts.");
        const S: Desc = Desc::state_set("door", "States.");
        const Q: Desc = Desc::summary("size_bytes", "Sizes.");
        let mut frames = out.family(&C)?;
        for way in ["in", "out", ""] {
            frames.counter(&[("way", way), ("Zone", "z"), ("job", "own")], self.0)?;
        }
        let point = HistogramPoint { counts: &[3, 1], beyond: 9, sum: Some(self.0.into()), bounds: &[0.5, 1.0], exemplars: None };
        out.family(&H)?.point(&[("a", "b")], &Point::new(PointValue::Histogram(point)).since(Timestamp::from_millis(7)))?;
        out.family(&I)?.point(&(), &Point::new(PointValue::Info(&[("version", "1.2")])))?;
        out.family(&S)?.point(&(), &Point::new(PointValue::StateSet(self)))?;
        let quantiles = [Quantile { quantile: 0.5.into(), value: f64::NAN.into() }];
        let point = SummaryPoint { quantiles: &quantiles, count: 300, sum: self.0.into() };
        out.family(&Q)?.point(&[("k.l", "v")], &Point::new(PointValue::Summary(point)))
    }
}

fn request<'a>(source: &'a dyn Collector, version: RemoteWriteVersion) -> RemoteWrite<'a> {
    RemoteWrite::new(source, version, Timestamp::from_millis(1_700_000_000_000)).labels(&[("job", "j"), ("instance", "i")])
}

fn body(mut request: RemoteWrite<'_>, size: usize) -> Vec<u8> {
    let (mut body, mut buffer) = (Vec::new(), [0; 4_000]);
    let promised = request.content_length();
    while !request.is_done() {
        let len = request.fill(&mut buffer[..size]).unwrap();
        body.extend_from_slice(&buffer[..len]);
    }
    assert_eq!(promised, body.len() as u64);
    body
}

#[test]
fn every_buffer_gives_the_same_bytes() {
    for version in [RemoteWriteVersion::V1, RemoteWriteVersion::V2] {
        let whole = body(request(&Everything(1.5), version), 4_000);
        for size in 140..400 {
            assert_eq!(body(request(&Everything(1.5), version), size), whole, "{version:?} {size}");
        }
        let mut small = request(&Everything(1.5), version);
        let mut tiny = [0; 40];
        let needed = loop {
            match small.fill(&mut tiny) {
                Ok(_) => {}
                Err(FillError::BufferTooSmall { needed }) => break needed,
                Err(error) => panic!("{error}"),
            }
        };
        assert!((41..140).contains(&needed), "{needed}");
    }
}

/// Has another series each time that it is asked.
struct Fickle(core::sync::atomic::AtomicUsize);

impl Collector for Fickle {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const G: Desc = Desc::gauge("g", "");
        let turn = self.0.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        out.family(&G)?.gauge(&[("turn", if turn.is_multiple_of(2) { "a" } else { "b" })], 1.0)
    }
}

#[test]
fn a_request_whose_series_change_is_never_whole() {
    for version in [RemoteWriteVersion::V1, RemoteWriteVersion::V2] {
        let fickle = Fickle(0.into());
        let mut request = request(&fickle, version);
        let promised = request.content_length();
        let (mut sent, mut buffer) = (0, [0; 100]);
        let error = loop {
            match request.fill(&mut buffer) {
                Ok(0) => panic!("{version:?} is whole"),
                Ok(len) => sent += len as u64,
                Err(error) => break error,
            }
        };
        assert_eq!(error, FillError::SeriesChanged);
        assert!(sent < promised, "{sent} of {promised}");
    }
}

#[test]
fn snappy_literals() {
    let wrapped = |len| snappy(len).bytes().to_vec();
    assert_eq!(wrapped(0), [0]);
    assert_eq!(wrapped(5), [5, 0x10]);
    assert_eq!(wrapped(60), [60, 0xec]);
    assert_eq!(wrapped(77), [0x4d, 0xf0, 0x4c]);
    assert_eq!(wrapped(300), [0xac, 0x02, 0xf4, 0x2b, 0x01]);
    assert_eq!(wrapped(0x1_0001), [0x81, 0x80, 0x04, 0xf8, 0, 0, 1]);
    assert_eq!(wrapped(1 << 25).len(), 9);
}
