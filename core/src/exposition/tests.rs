use super::*;
use crate::desc::Desc;
use crate::encode::{Bounds, Encoder, HistogramPoint, Point, PointValue, States};
use crate::label::{Label, LabelSet};
use crate::number::Number;
use crate::time::Timestamp;
use std::string::String;

/// Seventy states, of which every third is true: more than fit a mask.
struct Seventy;

impl States for Seventy {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        let names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+*/.,:;";
        Some((names.get(index..index + 1)?, index.is_multiple_of(3)))
    }
}

impl Collector for Seventy {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const DESC: Desc = Desc::state_set("s", "");
        out.family(&DESC)?.point(&(), &Point::new(PointValue::StateSet(self)))
    }
}

#[test]
fn a_state_set_may_have_more_states_than_a_mask_has_bits() {
    for size in [24, 100, 4_000] {
        let (mut page, mut text) = (Exposition::new(&Seventy, Format::OpenMetrics100), String::new());
        while !page.is_done() {
            let mut buffer = [0; 4_000];
            let room = buffer.get_mut(..size).unwrap();
            let len = page.fill(room).unwrap();
            text.push_str(core::str::from_utf8(room.get(..len).unwrap()).unwrap());
        }
        let states = text.lines().filter(|line| line.starts_with("s{"));
        assert!(states.map(|line| line.ends_with('1')).eq((0..70).map(|index| index % 3 == 0)), "{text}");
    }
}

/// Numbers of every sort, most of them small integers under plain labels.
struct Numbers;

impl Collector for Numbers {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const FIRST: Desc = Desc::counter("frames_total", "").namespace("nic");
        const SECOND: Desc = Desc::gauge("level", "");
        let mut first = out.family(&FIRST)?;
        first.point(&(), &Point::number(7_u32))?;
        for (place, value) in [0_u64, 9, 10, 99, 100, 4_294_967_295, 4_294_967_296, u64::MAX].into_iter().enumerate() {
            let way = ["in", "", "a rather long value"].get(place % 3).copied().unwrap_or("");
            first.point(&Plain([("way", way), ("queue", "0")]), &Point::number(value))?;
        }
        first.point(&[("way", "a\"b")], &Point::number(1_u32))?;
        first.point(&Plain([("way", "new"), ("queue", "1")]), &Point::number(12_u32).since(Timestamp::from_seconds(5)))?;
        first.point(&Plain([("way", "old"), ("queue", "1")]), &Point::number(13_u32))?;
        first.point(&Plain([("way", "at"), ("queue", "1")]), &Point::number(14_u32).at(Timestamp::from_seconds(6)))?;
        first.point(&Plain([("way", "last"), ("queue", "1")]), &Point::number(15_u32))?;
        let mut second = out.family(&SECOND)?;
        for value in [Number::from(-3), 2.into(), 0.5.into(), 40.into()] {
            second.point(&Plain([("way", "in"), ("queue", "2")]), &Point::number(value))?;
        }
        Ok(())
    }
}

struct Plain([(&'static str, &'static str); 2]);

impl LabelSet for Plain {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.0.label(index)
    }

    fn is_plain(&self) -> bool {
        true
    }
}

#[test]
fn numbers_are_the_same_in_any_buffer() {
    let expected = "# TYPE nic_frames_total counter
nic_frames_total 7
nic_frames_total{way=\"in\",queue=\"0\"} 0
nic_frames_total{way=\"\",queue=\"0\"} 9
nic_frames_total{way=\"a rather long value\",queue=\"0\"} 10
nic_frames_total{way=\"in\",queue=\"0\"} 99
nic_frames_total{way=\"\",queue=\"0\"} 100
nic_frames_total{way=\"a rather long value\",queue=\"0\"} 4294967295
nic_frames_total{way=\"in\",queue=\"0\"} 4294967296
nic_frames_total{way=\"\",queue=\"0\"} 18446744073709551615
nic_frames_total{way=\"a\\\"b\"} 1
nic_frames_total{way=\"new\",queue=\"1\"} 12
nic_frames_total{way=\"old\",queue=\"1\"} 13
nic_frames_total{way=\"at\",queue=\"1\"} 14 6000
nic_frames_total{way=\"last\",queue=\"1\"} 15
# TYPE level gauge
level{way=\"in\",queue=\"2\"} -3
level{way=\"in\",queue=\"2\"} 2
level{way=\"in\",queue=\"2\"} 0.5
level{way=\"in\",queue=\"2\"} 40
";
    let in_open_metrics = expected
        .replace("# TYPE nic_frames_total", "# TYPE nic_frames")
        .replace("} 12\n", "} 12\nnic_frames_created{way=\"new\",queue=\"1\"} 5\n")
        .replace(" 6000\n", " 6\n")
        + "# EOF\n";
    for (format, expected) in [(Format::Text004, expected), (Format::OpenMetrics100, in_open_metrics.as_str())] {
        let whole = Exposition::new(&Numbers, format);
        let longest = expected.lines().map(|line| line.len() + 1).max().unwrap();
        assert_eq!((whole.content_length(), whole.longest_line()), (expected.len() as u64, longest));
        for size in longest..expected.len() + 1 {
            let (mut page, mut text) = (Exposition::new(&Numbers, format), String::new());
            while !page.is_done() {
                let mut buffer = [0; 2_000];
                let len = page.fill(buffer.get_mut(..size).unwrap()).unwrap();
                text.push_str(core::str::from_utf8(buffer.get(..len).unwrap()).unwrap());
            }
            assert_eq!(text, expected, "in {size} bytes");
            let mut drained = std::vec::Vec::new();
            whole.drain(&mut [0; 2_000][..size], &mut |bytes| drained.extend_from_slice(bytes));
            assert_eq!(drained, expected.as_bytes(), "by way of {size} bytes");
        }
        for size in 1..longest {
            let mut drained = std::vec::Vec::new();
            whole.drain(&mut [0; 2_000][..size], &mut |bytes| drained.extend_from_slice(bytes));
            assert_eq!(drained, expected.as_bytes(), "by way of {size} bytes");
        }
    }
}

/// Fails once, and would go on then.
struct FailsOnce(usize);

impl embedded_io::ErrorType for FailsOnce {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Write for FailsOnce {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0 += 1;
        if self.0 == 2 { Err(embedded_io::ErrorKind::BrokenPipe) } else { Ok(bytes.len().min(100)) }
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Numbers of every sort, and histograms whose bounds lie side by side or do not.
struct Plenty;

/// Moments, whose text is as long as that of a number gets.
struct Moments;

impl Bounds for Moments {
    fn bound(&self, index: usize) -> Option<Number> {
        (index < 40).then(|| Timestamp::new(i64::MIN + index as i64, 123_456_789).into())
    }
}

impl Collector for Plenty {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const COUNTS: Desc = Desc::counter("a_name_that_is_longer_than_thirty_two_total", "");
        const LEVELS: Desc = Desc::gauge("level", "");
        const SECONDS: Desc = Desc::histogram("call_seconds", "");
        let mut family = out.family(&COUNTS)?;
        for value in 0..20 {
            family.counter(&Rendered("a=\"1\",b=\"2\""), 10_u64.pow(value))?;
        }
        let mut family = out.family(&LEVELS)?;
        for value in [0.0, -0.5, 1e-9, 0.1 + 0.2, 123_456.789_012_345, 1e6, -f64::MAX, f64::NAN, f64::INFINITY] {
            family.gauge(&Rendered("a=\"1\""), value)?;
            family.gauge(&(), value)?;
        }
        let mut family = out.family(&SECONDS)?;
        let numbers: &[f64] = &[-0.25, 0.5, 1.0, 1e9];
        for labels in ["", "a=\"1\"", "device_with_a_long_name=\"a value of some length\",b=\"and another one that is as long\""] {
            for (counts, bounds) in [(&[1, 0, 100_000, 2_000_000_000][..], &numbers as &dyn Bounds), (&[1; 40], &Moments)] {
                let histogram = HistogramPoint { counts, beyond: 7, sum: Some((0.1 + 0.7).into()), bounds, exemplars: None };
                family.point(&Rendered(labels), &Point::new(PointValue::Histogram(histogram)))?;
            }
        }
        Ok(())
    }
}

struct Rendered(&'static str);

impl LabelSet for Rendered {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        let (name, value) = self.0.split(',').nth(index)?.split_once('=')?;
        Some(Label { name, value: value.strip_prefix("\"")?.strip_suffix("\"")? })
    }

    fn rendered(&self) -> Option<&str> {
        Some(self.0)
    }
}

#[test]
fn whole_metrics_are_what_their_lines_are() {
    for format in [Format::Text004, Format::OpenMetrics100] {
        let drained = |size: usize| {
            let (mut page, mut room) = (std::vec::Vec::new(), std::vec![0; size]);
            Exposition::new(&Plenty, format).drain(&mut room, &mut |bytes| page.extend_from_slice(bytes));
            String::from_utf8(page).unwrap()
        };
        // So small that no metric fits whole.
        let lines = drained(16);
        assert!(lines.lines().count() > 100 && lines.contains("level NaN\n"), "{lines}");
        for size in (40..3_000).step_by(if cfg!(miri) { 997 } else { 13 }).chain([100_000]) {
            assert_eq!(drained(size), lines, "through {size} bytes");
        }
    }
}

/// What it takes behind the gap makes a page that was never written.
#[test]
fn a_writer_that_failed_is_not_asked_again() {
    for source in [&Plenty as &dyn Collector, &Seventy] {
        let mut out = FailsOnce(0);
        let written = Exposition::new(source, Format::Text004).write_to(&mut out);
        assert_eq!((written, out.0), (Err(WriteError::Io(embedded_io::ErrorKind::BrokenPipe)), 2));
    }
}

/// Histograms of few, too many and no bounds.
struct Bounded;

impl Collector for Bounded {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const DESC: Desc = Desc::histogram("h", "");
        let (many, counts): ([f64; 40], _) = (core::array::from_fn(|index| index as f64), [1; 40]);
        let mut family = out.family(&DESC)?;
        for bounds in [&[0.1, 0.2][..], &many, &[], &[0.1], &[]] {
            let counts = &counts[..bounds.len()];
            let point = HistogramPoint { counts, beyond: 5, sum: Some(1.into()), bounds: &bounds, exemplars: None };
            family.point(&(), &Point::new(PointValue::Histogram(point)))?;
        }
        Ok(())
    }
}

#[test]
fn the_texts_of_bounds_are_those_of_the_histogram() {
    let text = |size: usize| {
        let (mut page, mut text) = (Exposition::<64>::with_latch(&Bounded, Format::Text004), String::new());
        while !page.is_done() {
            let mut buffer = [0; 10_000];
            let room = buffer.get_mut(..size).unwrap();
            let len = page.fill(room).unwrap();
            text.push_str(core::str::from_utf8(room.get(..len).unwrap()).unwrap());
        }
        text
    };
    assert_eq!(text(10_000), text(40));
    assert_eq!(text(10_000).matches("h_bucket{le=\"+Inf\"} ").count(), 5);
}
