//! What readers disagree about, page by page: strict is what Go's expfmt takes and OpenMetrics to the letter, lenient is what a
//! Prometheus server stores, and `READ` takes what any reader takes.

use picometer_std::parse::{self, Dialect, Rules};

/// Page, and whether it is taken strictly, for reading, and leniently.
#[rustfmt::skip]
pub const TEXT: &[(&str, bool, bool, bool)] = &[
    // All take these.
    ("a inf\n", true, true, true), ("a +INF\n", true, true, true), ("a Infinity\n", true, true, true), ("a nan\n", true, true, true),
    ("a{} 1\n", true, true, true), ("a{b=\"c\",} 1\n", true, true, true), ("a{b=\"c\"}1\n", true, true, true),
    ("a \t {  b\t= \"c\" , d = \"e\" \t} \t 1 \t 5\n", true, true, true), ("a-1\n", true, true, true), ("a.5\n", true, true, true),
    ("a 1 5\n", true, true, true), ("\n\n\t\na 1\n", true, true, true), ("", true, true, true), ("# HELP\n# TYPE\n# HELP a\n", true, true, true),
    ("# EOF\n", true, true, true), ("a 1e-400\n", true, true, true), ("#HELP a x\na 1\n", true, true, true),
    ("# HELP a late\na 1\n# TYPE b gauge\n", true, true, true), ("a{b=\"\\\\\\\"\\n\"} 1\n", true, true, true),
    ("a_bucket{le=\"x\"} 1\n# TYPE a histogram\na_bucket{le=\"x\"} 1\n", true, true, true),
    // The server takes these.
    ("a 1", false, true, true), ("# TYPE a gauge", false, true, true), ("#TYPE a what\na 1\n", false, true, true),
    ("a{b=\"\\q\"} 1\n", false, true, true), ("# HELP a \\q\n", false, true, true), ("a 1 \n", false, true, true), ("a 1 5 \t\n", false, true, true),
    ("a{b=\"x\ny\"} 1\n", false, true, true), ("a{b=\"c\" d=\"e\"} 1\n", false, true, true),
    ("a 1\n# TYPE a gauge\n", false, true, true), ("# TYPE a gauge\n# TYPE a gauge\n", false, true, true),
    ("# TYPE a gauge\na 1\nb 1\n# TYPE a gauge\n", false, true, true), ("# HELP a x\n# HELP a y\n", false, true, true),
    ("# TYPE a histogram\na_bucket{le=\"x\"} 1\n", false, true, true), ("# TYPE a summary\na_count{quantile=\"x\"} 1\n", false, true, true),
    ("# HELP a.b x\n", false, true, true), ("# HELP a\r\n", false, true, true), ("# TYPE a-gauge\na 1\n", false, true, true),
    ("# TYPE a summary\n# HELP a x\n# HELP a_count y\n", false, true, true), ("# TYPE a summary\n# TYPE a_sum gauge\n", false, true, true),
    // expfmt takes these.
    ("a 1 -5\n", true, true, false), ("a 1 +5\n", true, true, false), ("# TYPE a GAUGE\n", true, true, false), ("# TYPE a  gauge\n", true, true, false),
    (" a 1\n", true, true, false), ("\ta 1\n", true, true, false), ("# TYPE a\n", true, true, false), ("# HELP \n", true, true, false),
    ("# TYPE a g\\auge\n", true, true, false),
    // The Python client alone takes these.
    ("a{,} 1\n", false, true, false), ("a{  ,} 1\n", false, true, false), ("a{,b=\"c\"} 1\n", false, true, false),
    ("{__name__=\"b\"} 1\n", false, true, false), ("# TYPE a gauge \n", false, true, false), ("# TYPE a info\na_info 1\n", false, true, false),
    ("# TYPE a unknown\n", false, true, false), ("a +nan\n", false, true, false), ("a -NaN\n", false, true, false),
    // None takes these.
    ("a{b=\"1\",b=\"2\"} 1\n", false, false, false), ("a{__name__=\"b\"} 1\n", false, false, false), ("a{b=\"c\",,} 1\n", false, false, false),
    ("a{,,} 1\n", false, false, false), ("a 0x10\n", false, false, false), ("a 1_000\n", false, false, false), ("a 0x1p4\n", false, false, false),
    ("a -1e400\n", false, false, false), ("a{b='c'} 1\n", false, false, false), ("a 1 2 3\n", false, false, false),
    ("# TYPE a what\n", false, false, false), ("{a=\"b\"} 1\n", false, false, false), ("{} 1\n", false, false, false),
    ("a\n", false, false, false), ("a \n", false, false, false), ("a-b 1\n", false, false, false), ("é 1\n", false, false, false),
    ("1a 1\n", false, false, false), ("a{b=c} 1\n", false, false, false), ("a{b} 1\n", false, false, false), ("a{b=\"c} 1\n", false, false, false),
    ("a{1b=\"c\"} 1\n", false, false, false), ("a{b:c=\"d\"} 1\n", false, false, false), ("a\0 1\n", false, false, false),
    // The Python client takes these against the format.
    ("a 1e400\n", false, false, false), ("a 1\r\n", false, false, false), ("a 1 1.5\n", false, false, false),
];

#[test]
fn text() {
    for &(page, strict, read, lenient) in TEXT {
        for (name, rules, expected) in
            [("strict", Rules::STRICT, strict), ("read", Rules::READ, read), ("lenient", Rules::LENIENT, lenient)]
        {
            for dialect in [Dialect::Text004, Dialect::Text100] {
                let found = parse::families(page, dialect, rules);
                assert_eq!(found.is_ok(), expected, "{name} {dialect:?} {page:?}: {found:?}");
            }
        }
    }
}

#[test]
fn lenient_meaning_is_the_servers() {
    let read = |page| parse::families(page, Dialect::Text004, Rules::LENIENT).unwrap();
    assert_eq!(read("a{b=\"\\q\"} 1\n")[0].samples[0].labels.get("b"), Some("\\q"));
    assert_eq!(read("a{b=\"x\ny\"} 1\n")[0].samples[0].labels.get("b"), Some("x\ny"));
    assert_eq!(read("# TYPE a gauge\n# TYPE a counter\na 1\n")[0].kind, picometer_std::Kind::Counter);
    assert_eq!(read("a{b=\"c\" d=\"e\"} 1\n")[0].samples[0].labels.get("d"), Some("e"));
    assert_eq!(read("#TYPE a gauge\na 1\n")[0].kind, picometer_std::Kind::Unknown, "a comment for the server");
    assert_eq!(parse::families("#TYPE a gauge\na 1\n", Dialect::Text004, Rules::STRICT).unwrap()[0].kind, picometer_std::Kind::Gauge);
}

#[test]
fn carriage_returns_are_read_where_rules_say_so() {
    let rules = |rules| Rules { carriage_returns: true, ..rules };
    let text = "# HELP a Help.\r\n# TYPE a gauge\r\n\r\na{b=\"c\"} 1\r\na{b=\"d\"} 2 5\r\n# x\r\n";
    let plain = text.replace('\r', "");
    for set in [Rules::STRICT, Rules::READ, Rules::LENIENT] {
        assert!(parse::families(text, Dialect::Text100, set).is_err());
        let read = parse::families(text, Dialect::Text100, rules(set));
        assert_eq!(read, parse::families(&plain, Dialect::Text100, set));
        assert!(read.is_ok(), "{read:?}");
    }
    let page = "# HELP a_s Help.\r\n# TYPE a_s counter\r\n# UNIT a_s s\r\na_s_total 1 2.5 # {x=\"y\"} 3 4.5\r\n# EOF\r\n";
    let read = parse::families(page, Dialect::OpenMetrics100, rules(Rules::STRICT));
    assert_eq!(read, parse::families(&page.replace('\r', ""), Dialect::OpenMetrics100, Rules::STRICT));
    assert!(read.is_ok(), "{read:?}");
}

#[test]
fn causes_are_named() {
    use parse::ErrorKind::*;
    let table: [(&[u8], Dialect, parse::ErrorKind); 12] = [
        (b"a 1\r\n", Dialect::Text100, CarriageReturn),
        (b"a 1 5\r\n", Dialect::Text100, CarriageReturn),
        (b"# TYPE a gauge\r\na 1\r\n", Dialect::Text100, CarriageReturn),
        (b"a 1\r\n# EOF\r\n", Dialect::OpenMetrics100, CarriageReturn),
        (b"\xef\xbb\xbfa 1\n", Dialect::Text100, ByteOrderMark),
        (b"\xff\xfea\x00 \x001\x00", Dialect::Text100, Utf16),
        (b"a\x00 \x001\x00\n\x00", Dialect::Text100, Utf16),
        (b"\x1f\x8b\x08\x00\xff\xff", Dialect::Text100, Compressed),
        (b"a_bucket{le=\"1\"} 1 # {t=\"x\"} 0.5\n", Dialect::Text100, ExemplarInText),
        (b"<!DOCTYPE html>\n<html></html>\n", Dialect::Text100, Markup),
        (b"\n  <html>\n", Dialect::Text100, Markup),
        (b"{\n  \"status\": \"ok\"\n}\n", Dialect::Text100, Json),
    ];
    for (page, dialect, kind) in table {
        for rules in [Rules::STRICT, Rules::READ, Rules::LENIENT] {
            let found = parse::Lexer::from_bytes(page, dialect).map_or_else(Some, |lexer| lexer.rules(rules).find_map(Result::err));
            assert_eq!(found.map(|error| error.kind), Some(kind), "{:?}", String::from_utf8_lossy(page));
        }
    }
}

#[test]
fn many_labels_are_read_in_linear_time() {
    let line = |count: usize, last: &str| {
        let labels: String = (0..count).map(|label| format!("l{label}=\"v\",")).collect();
        format!("a{{{labels}{last}}} 1\n")
    };
    for rules in [Rules::STRICT, Rules::READ, Rules::LENIENT] {
        let page = line(100_000, "");
        assert_eq!(parse::families(&page, Dialect::Text004, rules).unwrap()[0].samples[0].labels.len(), 100_000);
        let error = parse::families(&line(20_000, "l7=\"again\""), Dialect::Text004, rules).unwrap_err();
        assert_eq!(error.kind, parse::ErrorKind::RepeatedLabel);
    }
}

#[test]
fn names_in_quotes() {
    let page = "# TYPE \"my.metric\" gauge\n{\"my.metric\",\"a.b\"=\"c\",d=\"e\"} 1\n";
    assert!(parse::families(page, Dialect::Text004, Rules::STRICT).is_err());
    for (dialect, page) in [(Dialect::Text100, page.to_string()), (Dialect::OpenMetrics100, format!("{page}# EOF\n"))] {
        let families = parse::families(&page, dialect, Rules::STRICT).unwrap();
        assert!(families[0].sample("my.metric", &[("a.b", "c"), ("d", "e")]).is_some());
    }
    for page in
        ["{\"a\" 1\n", "{\"a\",\"b\"} 1\n", "{\"\"} 1\n", "a{\"b\"} 1\n", "{\"a\"=} 1\n", "{\"a\"=\"b\"} 1\n", "{b=\"c\",\"a\"} 1\n"]
    {
        assert!(parse::families(page, Dialect::Text100, Rules::READ).is_err(), "{page:?}");
    }
}

/// OpenMetrics: page without its last line, and whether it is taken strictly, for reading, and leniently.
pub const OPEN_METRICS: &[(&str, bool, bool, bool)] = &[
    ("a{b=\"c\",} 1\n", false, true, true),
    ("a{b=\"c\", d=\"e\"} 1\n", false, true, false),
    ("{\"a.b_bucket\", le=\"1.0\"} 0\n", false, true, false),
    ("a{b = \"c\"} 1\n", false, true, false),
    ("# TYPE  a  gauge\n", false, true, false),
    ("# HELP  a  help\n", false, true, false),
    ("a  1\n", false, false, false),
    ("a\t1\n", false, false, false),
    (" a 1\n", false, false, false),
    ("a 1 \n", false, false, false),
    ("# comment\n", false, false, false),
    ("\n", false, false, false),
    ("a{,} 1\n", false, false, false),
    ("a{b=\"c\" d=\"e\"} 1\n", false, false, false),
    ("a{p=\"1\",p=\"2\"} 1\n", false, false, false),
    ("# TYPE a counter\na 1\n", false, true, true),
    ("# TYPE a counter\na_total -1\n", false, true, true),
    ("# TYPE a info\na 2\n", false, true, true),
    ("# TYPE a gauge\n# TYPE a gauge\na 1\n# HELP a late\n", false, true, true),
    ("# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\n", false, true, true),
    ("# TYPE a gauge\na 1 # {} 1\n", false, false, false),
    ("a_total 1 # {a=\"1\",a=\"2\"} 1\n", false, true, true),
    ("a 1\na 2\n", false, true, true),
    ("# TYPE a untyped\n", false, false, false),
    ("# UNIT a s\n", false, false, false),
    ("a{b=\"\\q\"} 1\n", true, true, true),
    ("# TYPE a histogram\na {count:1,sum:1,schema:0,zero_threshold:0.1,zero_count:0}\n", true, true, false),
    ("# TYPE a histogram\na {}\n", false, false, false),
    ("a 1 Inf\n", false, false, false),
    ("# HELP a\n", false, false, false),
    ("# HELP a.b x\n", false, false, false),
    ("a -NaN\n", false, true, false),
];

#[test]
fn open_metrics() {
    for &(page, strict, read, lenient) in OPEN_METRICS {
        let page = format!("{page}# EOF\n");
        for (name, rules, expected) in
            [("strict", Rules::STRICT, strict), ("read", Rules::READ, read), ("lenient", Rules::LENIENT, lenient)]
        {
            let found = parse::families(&page, Dialect::OpenMetrics100, rules);
            assert_eq!(found.is_ok(), expected, "{name} {page:?}: {found:?}");
        }
    }
}
