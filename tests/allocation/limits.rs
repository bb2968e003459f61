//! Limits of readers bound the memory that reading takes.

use allocation_counter::AllocationInfo;
use picometer_std::parse::{self, Dialect, ErrorKind, Lexer, Limits, Rules, Stream};

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn field(number: u32, content: &[u8]) -> Vec<u8> {
    [varint(u64::from(number << 3 | 2)), varint(content.len() as u64), content.to_vec()].concat()
}

/// A page of one family: its type, and what follows.
fn page(kind: u8, rest: &[u8]) -> Vec<u8> {
    let family = [field(1, b"a"), vec![0x18, kind], rest.to_vec()].concat();
    [varint(family.len() as u64), family].concat()
}

const SIZE: usize = 16 << 20;

fn peak(read: impl FnOnce()) -> u64 {
    let AllocationInfo { bytes_max, .. } = allocation_counter::measure(read);
    bytes_max
}

#[test]
fn protobuf_limits_are_asked_before_memory_is_taken() {
    let long_label = field(1, &[field(1, b"l"), field(2, &vec![b'x'; SIZE / 2])].concat());
    let pages = [
        ("metrics of two bytes", page(1, &field(4, b"").repeat(SIZE / 2))),
        ("buckets of two bytes", page(4, &field(4, &field(7, &field(3, b"").repeat(SIZE / 2))))),
        ("quantiles of two bytes", page(2, &field(4, &field(4, &field(3, b"").repeat(SIZE / 2))))),
        ("a long label for each bucket", page(4, &field(4, &[long_label, field(7, &field(3, b"").repeat(900))].concat()))),
        ("spans of a native histogram", page(4, &field(4, &field(7, &field(12, b"").repeat(SIZE / 2))))),
        ("packed deltas", page(4, &field(4, &field(7, &field(13, &vec![0; SIZE]))))),
        ("exemplars", page(4, &field(4, &field(7, &[0x82, 0x01, 0x00].repeat(SIZE / 3))))),
    ];
    for (what, page) in pages {
        let limits = Limits { samples: 1_000, ..Limits::default() };
        let used = peak(|| {
            let error = parse::protobuf(&page, limits).expect_err(what);
            assert_eq!(error.kind, ErrorKind::PageTooLong, "{what}");
        });
        assert!(used < 80 << 20, "{what}: {used} bytes for 1,000 samples of a page of {} bytes", page.len());
        // And without a limit of samples what a page makes is bounded by its length.
        let limits = Limits { memory: 32 << 20, ..Limits::default() };
        let used = peak(|| drop(parse::protobuf(&page, limits)));
        assert!(used < 128 << 20, "{what}: {used} bytes where 32 MiB were allowed");
    }
}

#[test]
fn text_limits_are_asked_before_memory_is_taken() {
    let names: String = (0..500_000).map(|name| format!("a{name} 1\n")).collect();
    let buckets = format!(
        "h{{l=\"{}\"}} {{count:1,sum:1,bucket:[{}+Inf:1]}}\n# EOF\n",
        "x".repeat(500_000),
        "1:1,".repeat(100_000).replace("1:1", "0:1")
    );
    let rising: String = (0..60_000).map(|bound| format!("{bound}:1,")).collect();
    let amplified = format!("h{{l=\"{}\"}} {{count:1,sum:1,bucket:[{rising}+Inf:1]}}\n# EOF\n", "x".repeat(400_000));
    for (page, dialect) in [(&names, Dialect::Text004), (&buckets, Dialect::OpenMetrics200), (&amplified, Dialect::OpenMetrics200)] {
        for limits in [
            Limits { samples: 1_000, ..Limits::default() },
            Limits { families: 1_000, samples: 2_000, ..Limits::default() },
            Limits { memory: 16 << 20, samples: 100_000, ..Limits::default() },
        ] {
            let used = peak(|| {
                let stream = Stream::new(page.as_bytes(), dialect).rules(Rules::READ).line_limit(4 << 20).limits(limits);
                assert!(stream.families().is_err());
            });
            assert!(used < 64 << 20, "{used} bytes by {limits:?}");
        }
    }
    // One line does not become thousands of copies of its labels.
    let used = peak(|| {
        let error = parse::families(&amplified, Dialect::OpenMetrics200, Rules::READ).unwrap_err();
        assert_eq!(error.kind, ErrorKind::PageTooLong);
    });
    assert!(used < 128 << 20, "{used}");
}

#[test]
fn lexer_allocates_nothing() {
    let text = "# HELP a Help \\\\ \n# TYPE a gauge\na{b=\"c\",d=\"e\\\"\"} 1.5 1700000000000\nb{x=\"y\"} NaN\n".repeat(1_000);
    let open_metrics = format!("{}# EOF\n", "a_total{b=\"c\"} 1 1.5 # {t=\"x\"} 0.5 2.5\nh{a=\"b\"} {count:1,sum:1}\n".repeat(1_000));
    for (page, dialect) in [(&text, Dialect::Text004), (&open_metrics, Dialect::OpenMetrics100)] {
        for rules in [Rules::STRICT, Rules::READ, Rules::LENIENT] {
            let counted = allocation_counter::measure(|| {
                let lexer = Lexer::new(page, dialect).rules(rules);
                let read = lexer.map(|event| event.is_ok()).filter(|is_right| *is_right).count();
                assert!(read > 1_000);
            });
            assert_eq!(counted.count_total, 0, "{dialect:?} {rules:?}");
        }
    }
}
