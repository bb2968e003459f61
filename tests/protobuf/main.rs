//! Pages in protobuf: what `protoc` reads in them, in every buffer size, while values change.

mod decode;
#[path = "../fixture/mod.rs"]
mod fixture;
mod native;
#[path = "../peers/mod.rs"]
mod peers;
mod scraped;
#[path = "../support/mod.rs"]
mod support;

use decode::{decode_page, joined, messages};
use fixture::{Fixture, TransferSeconds};
use picometer::{
    Collector, CounterWithExemplar, Desc, Escaping, Exposition, FillError, Format, HistogramWithExemplars, Metric, Registry, Timestamp,
};
use support::beside;

/// A page, all at once.
fn written(page: &Exposition<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    page.write_to(&mut bytes).unwrap();
    assert_eq!(page.content_length(), bytes.len() as u64);
    bytes
}

/// A page a buffer at a time, with something happening between them.
fn filled(mut page: Exposition<'_>, size: usize, mut between: impl FnMut()) -> Result<Vec<u8>, FillError> {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0xff; size]);
    while !page.is_done() {
        let len = page.fill(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..len]);
        buffer.fill(0xff);
        between();
    }
    Ok(bytes)
}

fn check(name: &str, shown: &str) {
    let path = format!("{}/protobuf/golden/{name}.txtpb", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("OVERWRITE").is_some() {
        std::fs::write(&path, shown).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    for (line, (expected, found)) in golden.lines().zip(shown.lines()).enumerate() {
        assert_eq!(found, expected, "{name}, line {}", line + 1);
    }
    assert_eq!(shown, golden, "{name}");
}

#[test]
fn protoc_reads_everything() {
    Fixture::filled().with_registry(|registry| {
        for escaping in Escaping::ALL {
            let page = Exposition::new(registry, Format::Protobuf).escaping(escaping).started(Timestamp::from_millis(1_700_000_000_250));
            let Some(shown) = decode_page(&written(&page)) else { return };
            check(escaping.token(), &shown);
        }
    });
}

#[test]
fn every_size_says_the_same() {
    Fixture::filled().with_registry(|registry| {
        let page = Exposition::new(registry, Format::Protobuf).started(Timestamp::from_millis(1_700_000_000_250));
        let whole = written(&page);
        let names = messages(&whole).len();
        assert_eq!(names, joined(&whole).len(), "a family that fits is one message");
        // A place for the length may be one byte wider than in the buffer that this was measured in.
        let least = page.longest_line() + 1;
        for size in least..=least + 700 {
            assert_eq!(joined(&filled(page, size, || ()).unwrap()), joined(&whole), "{size} bytes");
        }
        assert_eq!(filled(page, whole.len() + 64, || ()).unwrap(), whole);
    });
}

#[test]
fn a_buffer_that_is_too_small_loses_nothing() {
    Fixture::filled().with_registry(|registry| {
        let start = Exposition::new(registry, Format::Protobuf);
        let (mut page, mut found, mut refused) = (start, Vec::new(), 0);
        let mut size = 16;
        while !page.is_done() {
            let mut buffer = vec![0; size];
            match page.fill(&mut buffer) {
                Ok(len) => {
                    found.extend_from_slice(&buffer[..len]);
                    size = 16;
                }
                Err(FillError::BufferTooSmall { needed }) => {
                    assert!(needed > size);
                    (size, refused) = (needed, refused + 1);
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert!(refused > 20);
        assert_eq!(joined(&found), joined(&written(&start)));
    });
}

/// Exemplars change their lengths while a page is written; each message is one all the same.
#[test]
fn exemplars_that_change_under_the_pen() {
    static ERRORS: Desc = Desc::counter("errors_total", "");
    static SLOW: Desc = Desc::histogram("slow_seconds", "");
    let errors = Metric::<CounterWithExemplar<64>>::new(&ERRORS);
    let slow = Metric::<HistogramWithExemplars<TransferSeconds, 3, 64>>::new(&SLOW);
    let members: [&dyn Collector; 2] = [&errors, &slow];
    let registry = Registry::new(&members);
    let observe = |round: usize| {
        let id = &"x".repeat(40)[..round % 40];
        errors.inc_with(&[("id", id)], None).unwrap();
        slow.observe_with((round % 2_000) as u32, &[("id", id)], None).unwrap();
    };
    let exemplars = beside(&[&observe], || {
        let pages = (0..3_000).map(|_| filled(Exposition::new(&registry, Format::Protobuf), 1_024, || ()).unwrap());
        let has_one = |page: &Vec<u8>| {
            assert_eq!(joined(page).len(), 2);
            messages(page).into_iter().for_each(|message| assert!(wellformed(message, 0), "{message:02x?}"));
            page.windows(2).any(|bytes| bytes == b"id")
        };
        pages.filter(has_one).count()
    });
    assert!(exemplars > 100, "{exemplars} pages had exemplars");
}

/// Whether a message of this schema is fields to its end, and so are those in it: by the depth at which field 4 of a family, 7 of a
/// metric and so on are messages, anything length-delimited that is no text is one.
fn wellformed(mut rest: &[u8], depth: usize) -> bool {
    fn varint(rest: &mut &[u8]) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, behind) = rest.split_first()?;
            *rest = behind;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
    while !rest.is_empty() {
        let Some(tag) = varint(&mut rest) else { return false };
        let skipped = match tag & 7 {
            0 => varint(&mut rest).map(|_| 0),
            1 => Some(8),
            2 => varint(&mut rest),
            _ => None,
        };
        let Some((inner, behind)) = skipped.and_then(|len| rest.split_at_checked(len as usize)) else { return false };
        // A family's metric, its counter or histogram, buckets, exemplars.
        let message = tag & 7 == 2 && matches!((depth, tag >> 3), (0, 4) | (1, 3 | 7) | (2, 2 | 3) | (3, 3));
        if message && !wellformed(inner, depth + 1) {
            return false;
        }
        rest = behind;
    }
    true
}

#[test]
fn the_content_type_is_that_of_the_specification() {
    assert_eq!(
        Format::Protobuf.content_type(None).to_string(),
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
    );
}
