//! Numbers of one family in a row, through buffers that are drained between them.

use picometer::{Collector, Desc, Encoder, Exposition, Format, Label, LabelSet, Number, Point, Stop};
use picometer_std::{Counter, Family};

const DESC: Desc = Desc::gauge("zone_celsius", "Temperature of a zone.");
const COUNT: u32 = 40;

/// A label whose text is rendered.
struct Zone(String);

impl Zone {
    /// Each fifth is longer than what goes quickly.
    fn new(number: u32) -> Self {
        Self("z".repeat(if number.is_multiple_of(5) { 150 } else { 1 + number as usize }))
    }

    fn rendered(&self) -> String {
        format!("zone=\"{}\"", self.0)
    }
}

impl LabelSet for Zone {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        (index == 0).then(|| Label::new("zone", &self.0))
    }
}

/// Zones, each seventh of which has no number; by rows, or one by one.
struct Zones {
    by_rows: bool,
}

impl Collector for Zones {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        if !out.begin(&DESC)? {
            return Ok(());
        }
        let number = |zone: u32| Number::from(10_u64.pow(zone % 20));
        let mut zone = 0;
        while zone < COUNT {
            if let Some(mut rows) = out.rows(&DESC).filter(|_| self.by_rows) {
                while zone < COUNT {
                    if zone.is_multiple_of(7) {
                        rows.skip();
                    } else if !rows.number(&Zone::new(zone).rendered(), number(zone)) {
                        let before = rows.lines_left();
                        if !rows.make_room() {
                            break;
                        }
                        assert!(rows.lines_left() >= before);
                        continue;
                    }
                    zone += 1;
                }
            }
            if zone.is_multiple_of(7) {
                out.skip();
            } else if zone < COUNT {
                out.metric(&DESC, &Zone::new(zone), &Point::number(number(zone)))?;
            }
            zone += 1;
        }
        Ok(())
    }
}

fn drained(source: &dyn Collector, format: Format, size: usize, mut between: impl FnMut()) -> String {
    let mut text = Vec::new();
    Exposition::new(source, format).drain(&mut vec![0; size], &mut |bytes| {
        assert!(!bytes.is_empty());
        text.extend_from_slice(bytes);
        between();
    });
    String::from_utf8(text).unwrap()
}

#[test]
fn rows_through_any_buffer_are_the_page() {
    for format in super::ALL {
        let whole = drained(&Zones { by_rows: false }, format, 10_000, || ());
        assert_eq!(whole.lines().filter(|line| line.starts_with("zone")).count(), 34);
        for size in (8..600).chain([10_000]) {
            assert_eq!(drained(&Zones { by_rows: true }, format, size, || ()), whole, "{size}");
        }
        let page = Exposition::new(&Zones { by_rows: true }, format);
        assert_eq!(page.longest_line(), whole.lines().map(|line| line.len() + 1).max().unwrap());
        for size in page.longest_line()..600 {
            assert_eq!(super::fill_all(page, size, || ()).unwrap().0, whole, "{size}");
        }
    }
}

#[test]
fn writer_that_fails_is_not_asked_again() {
    struct Fails(usize);

    impl embedded_io::ErrorType for Fails {
        type Error = embedded_io::ErrorKind;
    }

    impl embedded_io::Write for Fails {
        fn write(&mut self, _: &[u8]) -> Result<usize, Self::Error> {
            self.0 += 1;
            Err(embedded_io::ErrorKind::BrokenPipe)
        }

        fn flush(&mut self) -> Result<(), Self::Error> {
            Ok(())
        }
    }

    let family = Family::<Counter, 1>::new("jobs_total", "Jobs done.", ["job"]);
    (0..200).for_each(|job| family.with([&format!("job {job}")]).inc());
    let mut writer = Fails(0);
    assert!(Exposition::new(&family, Format::Text004).write_to(&mut writer).is_err());
    assert_eq!(writer.0, 1);
}

/// However long it takes to hand on what was written.
#[test]
fn numbers_behind_a_drain_are_later_than_it() {
    let family = Family::<Counter, 1>::new("jobs_total", "Jobs done.", ["job"]);
    let jobs: Vec<String> = (0..500).map(|job| format!("{job:03}")).collect();
    jobs.iter().for_each(|job| drop(family.with([job])));
    for size in [200, 1_000, 6_000] {
        jobs.iter().for_each(|job| family.with([job]).reset());
        let (mut text, mut drains) = (String::new(), 0);
        Exposition::new(&family, Format::Text004).drain(&mut vec![0; size], &mut |bytes| {
            let piece = std::str::from_utf8(bytes).unwrap();
            // What was cut in the middle has the number of the moment when it was begun.
            let from_start = text.ends_with('\n') && piece.ends_with('\n');
            let lines = piece.lines().filter(|line| from_start && !line.starts_with('#'));
            lines.for_each(|line| assert!(line.ends_with(&format!("\"}} {drains}")), "{line} behind {drains} drains of {size}"));
            text.push_str(piece);
            drains += 1;
            jobs.iter().for_each(|job| family.with([job]).inc());
        });
        assert_eq!(text.lines().count(), 502);
        assert!(drains > 1, "{size}");
    }
}
