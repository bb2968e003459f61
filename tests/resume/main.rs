//! Pages that are written a buffer at a time are the pages that are written at once, in every buffer size and every format, and
//! stay pages while values change and series come and go.

mod asynchronous;
mod buckets;
mod changing;
#[path = "../fixture/mod.rs"]
mod fixture;
mod page;
mod rows;
mod series;

use fixture::{Fixture, text};
use picometer::{Escaping, Exposition, FillError, Format, Registry, Timestamp};

/// Those in which a histogram is several lines.
const FORMATS: [Format; 3] = [Format::Text004, Format::Text100, Format::OpenMetrics100];
const ALL: [Format; 4] = [Format::Text004, Format::Text100, Format::OpenMetrics100, Format::OpenMetrics200];

/// Fills buffers of one size until the page is whole, with something happening between them; the page, and how many it took.
fn fill_all(mut page: Exposition<'_>, size: usize, mut between: impl FnMut()) -> Result<(String, usize), FillError> {
    let (mut text, mut fills) = (Vec::new(), 0);
    // Bytes that no page contains, so that what is not written shows.
    let mut buffer = vec![0xff; size];
    while !page.is_done() {
        let len = page.fill(&mut buffer)?;
        assert!(len > 0 || page.is_done(), "no progress in {size} bytes");
        text.extend_from_slice(&buffer[..len]);
        buffer.fill(0xff);
        fills += 1;
        between();
    }
    Ok((String::from_utf8(text).expect("a line was torn"), fills))
}

fn all_at_once<'a>(registry: &'a Registry<'a>, format: Format) -> Exposition<'a> {
    let page = Exposition::new(registry, format).escaping(Escaping::AllowUtf8);
    if matches!(format, Format::OpenMetrics100 | Format::OpenMetrics200) {
        page.started(Timestamp::from_millis(1_700_000_000_250))
    } else {
        page
    }
}

#[test]
fn every_size_gives_the_same_page() {
    Fixture::filled().with_registry(|registry| {
        for format in ALL {
            let page = all_at_once(registry, format);
            let whole = text(&page);
            assert_eq!(page.content_length(), whole.len() as u64);
            let least = page.longest_line();
            assert_eq!(least, whole.lines().map(|line| line.len() + 1).max().unwrap());
            for size in least..=least + 700 {
                assert_eq!(fill_all(page, size, || ()).unwrap().0, whole, "{format:?} in {size} bytes");
            }
            assert_eq!(fill_all(page, whole.len(), || ()).unwrap(), (whole, 1));
        }
    });
}

#[test]
fn a_buffer_that_is_too_small_loses_nothing() {
    Fixture::filled().with_registry(|registry| {
        for format in ALL {
            let mut page = all_at_once(registry, format);
            let whole = text(&page);
            // Each time one byte less than the next line needs, then as many as it says.
            let mut found = String::new();
            while !page.is_done() {
                let next = whole[found.len()..].lines().next().unwrap();
                let mut buffer = vec![0; next.len()];
                assert_eq!(page.fill(&mut buffer), Err(FillError::BufferTooSmall { needed: next.len() + 1 }));
                buffer.push(0);
                assert_eq!(page.fill(&mut buffer), Ok(next.len() + 1));
                found.push_str(std::str::from_utf8(&buffer).unwrap());
                if found.len() == whole.len() {
                    // The page does not know yet that nothing follows.
                    assert_eq!(page.fill(&mut []), Ok(0));
                }
            }
            assert_eq!(found, whole);
            assert_eq!(page.fill(&mut [0; 64]), Ok(0), "a page that is done stays done");
        }
    });
}

#[test]
fn buffers_of_changing_sizes() {
    Fixture::filled().with_registry(|registry| {
        let whole = text(&all_at_once(registry, Format::OpenMetrics100));
        let mut random = 1_u32;
        for _ in 0..200 {
            let mut page = all_at_once(registry, Format::OpenMetrics100);
            let mut found = String::new();
            while !page.is_done() {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let mut buffer = vec![0; (random >> 20) as usize % 600];
                match page.fill(&mut buffer) {
                    Ok(len) => found.push_str(std::str::from_utf8(&buffer[..len]).unwrap()),
                    Err(error) => assert!(matches!(error, FillError::BufferTooSmall { needed } if needed > buffer.len())),
                }
            }
            assert_eq!(found, whole);
        }
    });
}

/// How many buffers a page takes: a change here is a change of what goes over the wire.
#[test]
fn fills_by_size_and_format() {
    Fixture::filled().with_registry(|registry| {
        let mut table = String::from("bytes  0.0.4  1.0.0  OpenMetrics  OpenMetrics 2.0\n");
        for size in [160, 200, 256, 512, 536, 1_024, 1_460, 4_096] {
            let fills = ALL.map(|format| fill_all(all_at_once(registry, format), size, || ()).unwrap().1);
            table.push_str(&format!("{size:5}  {:5}  {:5}  {:11}  {:15}\n", fills[0], fills[1], fills[2], fills[3]));
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/resume/fills.txt");
        if std::env::var_os("OVERWRITE").is_some() {
            std::fs::write(path, &table).unwrap();
        }
        assert_eq!(table, std::fs::read_to_string(path).unwrap());
    });
}

/// The position is small enough to keep one for each connection of a microcontroller.
#[test]
fn a_position_is_small() {
    // 24 counts of 4 bytes on a 32-bit target; here they have 8. Where families come and go, six words more say which there were.
    assert!(size_of::<Exposition<'_>>() <= 256 + 24 * 4 + 6 * 8, "{} bytes", size_of::<Exposition<'_>>());
}
