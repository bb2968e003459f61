//! The messages of both versions.

use std::collections::HashMap;

use picometer::__private::remote_write as message;
use picometer::protobuf::Buffer;
use picometer::push::RemoteWriteVersion;

use crate::series::{Value, label};

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
        let rest = |out: &mut Buffer| {
            if let Some(exemplar) = &value.exemplar {
                let labels = |out: &mut Buffer| exemplar.labels.iter().for_each(|(name, value)| label(out, 1, name, value));
                out.message(3, |out| message::exemplar(out, labels, exemplar.value, exemplar.millis));
            }
        };
        out.message(1, |out| message::series(out, |out| out.raw(&value.series.encoded), (value.bits, value.millis, 0), rest));
    }
    out.into_bytes()
}

/// Each text once, numbered in the order in which they come.
struct Symbols<'a> {
    known: HashMap<&'a str, u32, foldhash::fast::RandomState>,
    encoded: Buffer,
}

impl<'a> Symbols<'a> {
    fn number(&mut self, text: &'a str) -> u32 {
        let next = self.known.len() as u32;
        *self.known.entry(text).or_insert_with(|| {
            self.encoded.string(4, text);
            next
        })
    }

    /// Names and values by number.
    fn numbers(&mut self, labels: &'a [(String, String)], numbers: &mut Vec<u32>) {
        numbers.clear();
        for (name, value) in labels {
            numbers.extend([self.number(name), self.number(value)]);
        }
    }
}

fn second(values: &[Value], draft_start: bool) -> Vec<u8> {
    let mut symbols = Symbols { known: HashMap::default(), encoded: Buffer::new() };
    symbols.number("");
    let mut all = Buffer::with_capacity(values.len() * 48);
    let (mut refs, mut of_exemplar) = (Vec::new(), Vec::new());
    for value in values {
        symbols.numbers(&value.series.labels, &mut refs);
        symbols.numbers(value.exemplar.as_ref().map_or(&[], |exemplar| &exemplar.labels), &mut of_exemplar);
        let family = &value.series.family;
        let (help, unit) = (symbols.number(&family.help), symbols.number(&family.unit));
        let packed = |out: &mut Buffer, numbers: &[u32]| out.packed(1, numbers.iter().map(|&number| number.into()));
        let rest = |out: &mut Buffer| {
            if let Some(exemplar) = &value.exemplar {
                out.message(4, |out| message::exemplar(out, |out| packed(out, &of_exemplar), exemplar.value, exemplar.millis));
            }
            out.message(5, |out| message::metadata(out, family.kind, help, unit));
            if draft_start {
                message::known(out, 6, value.started as u64);
            }
        };
        all.message(5, |out| message::series(out, |out| packed(out, &refs), (value.bits, value.millis, value.started), rest));
    }
    let mut out = symbols.encoded;
    out.raw(all.as_bytes());
    out.into_bytes()
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
