//! The messages of both versions.

use std::collections::HashMap;

use picometer::Kind;
use picometer::protobuf::Buffer;
use picometer::push::RemoteWriteVersion;

use crate::series::{Family, Value, label};
use crate::wire::uint;

/// A request with these samples, not compressed.
pub(super) fn request(version: RemoteWriteVersion, values: &[Value], draft_start: bool) -> Vec<u8> {
    match version {
        RemoteWriteVersion::V1 => first(values),
        RemoteWriteVersion::V2 => second(values, draft_start),
    }
}

fn first(values: &[Value]) -> Vec<u8> {
    let mut out = Buffer::with_capacity(values.iter().map(|value| value.series.encoded.len() + 32).sum());
    for value in values {
        out.message(1, |out| {
            out.raw(&value.series.encoded);
            sample(out, value, 0);
            if let Some(exemplar) = &value.exemplar {
                out.message(3, |out| {
                    exemplar.labels.iter().for_each(|(name, value)| label(out, 1, name, value));
                    out.double(2, exemplar.value);
                    uint(out, 3, exemplar.millis as u64);
                });
            }
        });
    }
    out.into_bytes()
}

fn sample(out: &mut Buffer, value: &Value, started: i64) {
    out.message(2, |out| {
        out.fixed64(1, value.bits);
        uint(out, 2, value.millis as u64);
        uint(out, 3, started as u64);
    });
}

/// Each text once, numbered in the order in which they come.
struct Symbols<'a> {
    numbers: HashMap<&'a str, u32, foldhash::fast::RandomState>,
    encoded: Buffer,
}

impl<'a> Symbols<'a> {
    fn number(&mut self, text: &'a str) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(text).or_insert_with(|| {
            self.encoded.string(4, text);
            next
        })
    }
}

fn second(values: &[Value], draft_start: bool) -> Vec<u8> {
    let mut symbols = Symbols { numbers: HashMap::default(), encoded: Buffer::new() };
    symbols.number("");
    let mut series = Buffer::with_capacity(values.len() * 48);
    let mut refs = Vec::new();
    for value in values {
        let metadata = Metadata::of(&value.series.family);
        series.message(5, |out| {
            packed(out, &mut refs, value.series.labels.iter(), &mut symbols);
            sample(out, value, value.started);
            if let Some(exemplar) = &value.exemplar {
                out.message(4, |out| {
                    packed(out, &mut refs, exemplar.labels.iter(), &mut symbols);
                    out.double(2, exemplar.value);
                    uint(out, 3, exemplar.millis as u64);
                });
            }
            out.message(5, |out| {
                uint(out, 1, metadata.kind);
                uint(out, 3, symbols.number(metadata.help).into());
                uint(out, 4, symbols.number(metadata.unit).into());
            });
            if draft_start {
                uint(out, 6, value.started as u64);
            }
        });
    }
    let mut out = symbols.encoded;
    out.raw(series.as_bytes());
    out.into_bytes()
}

/// Names and values by number.
fn packed<'a>(out: &mut Buffer, refs: &mut Vec<u32>, labels: impl Iterator<Item = &'a (String, String)>, symbols: &mut Symbols<'a>) {
    refs.clear();
    for (name, value) in labels {
        refs.push(symbols.number(name));
        refs.push(symbols.number(value));
    }
    out.packed(1, refs.iter().map(|&number| number.into()));
}

struct Metadata<'a> {
    kind: u64,
    help: &'a str,
    unit: &'a str,
}

impl<'a> Metadata<'a> {
    fn of(family: &'a Family) -> Self {
        let kind = match family.kind {
            Kind::Counter => 1,
            Kind::Gauge => 2,
            Kind::Histogram => 3,
            Kind::GaugeHistogram => 4,
            Kind::Summary => 5,
            Kind::Info => 6,
            Kind::StateSet => 7,
            // `Unknown`, and what is not known here yet.
            _ => 0,
        };
        Self { kind, help: &family.help, unit: &family.unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Table;
    use picometer::{Collector, Desc, Encoder, Point, Stop, Timestamp};

    struct Up;

    impl Collector for Up {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            const UP: Desc = Desc::counter("up_total", "Ups.");
            out.family(&UP)?.counter(&[("job", "dev")], 3_u32)
        }
    }

    fn unhex(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn the_vectors_of_the_specification() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let values = Table::new(Vec::new()).collect(&Up, now, 1_699_999_990_000);
        let t1 = unhex("0a340a140a085f5f6e616d655f5f120875705f746f74616c0a0a0a036a6f62120364657612100900000000000008401080d095ffbc31");
        assert_eq!(request(RemoteWriteVersion::V1, &values, true), t1);
        let t3 = unhex(concat!(
            "220022085f5f6e616d655f5f220875705f746f74616c22036a6f62220364657622045570732e2a250a04010203041217",
            "0900000000000008401080d095ffbc3118f08195ffbc312a0408011805"
        ));
        assert_eq!(request(RemoteWriteVersion::V2, &values, false), t3);
    }

    #[test]
    fn the_end_of_a_series_is_marked() {
        let mut table = Table::new(vec![("job".into(), "other".into()), ("Zone".into(), "z".into()), ("empty".into(), String::new())]);
        let first = table.collect(&Up, Timestamp::from_millis(1), 0);
        let names: Vec<_> = first[0].series.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(names, ["Zone=z", "__name__=up_total", "job=dev"]);
        struct Nothing;
        impl Collector for Nothing {
            fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> {
                Ok(())
            }
        }
        let second = table.collect(&Nothing, Timestamp::from_millis(2), 0);
        assert_eq!(second.len(), 1);
        assert_eq!(second[0].bits.to_le_bytes(), [2, 0, 0, 0, 0, 0, 0xf0, 0x7f]);
        assert!(table.collect(&Nothing, Timestamp::from_millis(3), 0).is_empty());
    }

    #[test]
    fn nan_is_no_stale_marker() {
        struct Odd;
        impl Collector for Odd {
            fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
                const G: Desc = Desc::gauge("g", "");
                let mut family = out.family(&G)?;
                family.point(&(), &Point::number(f64::from_bits(0x7ff0_0000_0000_0002)))?;
                family.gauge(&(), 1.0)
            }
        }
        let values = Table::new(Vec::new()).collect(&Odd, Timestamp::from_millis(1), 0);
        assert_eq!(values.len(), 1, "the same series twice is sent once");
        assert_eq!(values[0].bits, 0x7ff8_0000_0000_0001);
    }
}
