//! What the two Go parsers disagree about, and what all readers agree about: strict is what both take, lenient is what the server
//! takes, and `READ` takes what has one meaning only.

use picometer_std::parse::{self, Dialect, Rules};

/// Page, and whether it is taken strictly, for reading, and leniently.
#[rustfmt::skip]
pub const TEXT: &[(&str, bool, bool, bool)] = &[
    // Both take these.
    ("a inf\n", true, true, true), ("a +INF\n", true, true, true), ("a Infinity\n", true, true, true), ("a nan\n", true, true, true),
    ("a{} 1\n", true, true, true), ("a{b=\"c\",} 1\n", true, true, true), ("a{b=\"c\"}1\n", true, true, true),
    (" \t a \t {  b\t= \"c\" , d = \"e\" \t} \t 1 \t 5 \t\n", true, true, true),
    ("a 1 5\n", true, true, true), ("\n\n\t\na 1\n", true, true, true), ("", true, true, true),
    ("#TYPE a what\na 1\n", true, true, true), ("# EOF\n", true, true, true), ("a 1e-400\n", true, true, true),
    ("# HELP a late\na 1\n# TYPE b gauge\n", true, true, true), ("a{b=\"\\\\\\\"\\n\"} 1\n", true, true, true),
    // The server alone takes these.
    ("a 1", false, true, true), ("# TYPE a gauge", false, true, true),
    ("a{b=\"\\q\"} 1\n", false, true, true), ("# HELP a \\q\n", false, true, true),
    ("a{b=\"1\",b=\"2\"} 1\n", false, false, true), ("a{b=\"x\ny\"} 1\n", false, false, true),
    ("a 1\n# TYPE a gauge\n", false, false, true), ("# TYPE a gauge\n# TYPE a gauge\n", false, false, true),
    ("# TYPE a gauge\na 1\nb 1\n# TYPE a gauge\n", false, false, true), ("# HELP a x\n# HELP a y\n", false, false, true),
    ("a{__name__=\"b\"} 1\n", false, false, true), ("a{b=\"c\" d=\"e\"} 1\n", false, false, true),
    // The other alone takes these.
    ("a 1 -5\n", false, true, false), ("# TYPE a GAUGE\n", false, false, false), ("# TYPE a gaugehistogram\n", false, false, false),
    ("# TYPE a  gauge\n", false, false, false),
    // Nobody takes these.
    ("a 0x10\n", false, false, false), ("a 1_000\n", false, false, false), ("a 0x1p4\n", false, false, false),
    ("a 1e400\n", false, false, false), ("a -1e400\n", false, false, false), ("a +nan\n", false, false, false),
    ("a{,} 1\n", false, false, false), ("a{b='c'} 1\n", false, false, false), ("a 1\r\n", false, false, false),
    ("a 1 1.5\n", false, false, false), ("a 1 2 3\n", false, false, false), ("# TYPE a what\n", false, false, false),
    ("{a=\"b\"} 1\n", false, false, false), ("{} 1\n", false, false, false), ("a\n", false, false, false), ("a \n", false, false, false),
    ("a-b 1\n", false, false, false), ("é 1\n", false, false, false), ("1a 1\n", false, false, false), ("a{b=c} 1\n", false, false, false),
    ("a{b} 1\n", false, false, false), ("a{b=\"c} 1\n", false, false, false), ("a{1b=\"c\"} 1\n", false, false, false),
    ("a{b:c=\"d\"} 1\n", false, false, false), ("# TYPE a gauge \n", false, false, false), ("a\0 1\n", false, false, false),
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
fn what_the_lenient_meaning_is() {
    let read = |page| parse::families(page, Dialect::Text004, Rules::LENIENT).unwrap();
    assert_eq!(read("a{b=\"\\q\"} 1\n")[0].samples[0].labels.get("b"), Some("\\q"));
    assert_eq!(read("a{b=\"x\ny\"} 1\n")[0].samples[0].labels.get("b"), Some("x\ny"));
    assert_eq!(read("# TYPE a gauge\n# TYPE a counter\na 1\n")[0].kind, picometer_std::Kind::Counter);
    assert_eq!(read("a{b=\"c\" d=\"e\"} 1\n")[0].samples[0].labels.get("d"), Some("e"));
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

/// OpenMetrics: page without its last line, and whether it is taken strictly and leniently.
const OPEN_METRICS: &[(&str, bool, bool)] = &[
    ("a{b=\"c\",} 1\n", false, true),
    ("a  1\n", false, false),
    ("a\t1\n", false, false),
    (" a 1\n", false, false),
    ("a 1 \n", false, false),
    ("# comment\n", false, false),
    ("\n", false, false),
    ("# TYPE a counter\na 1\n", false, true),
    ("# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\n", false, true),
    ("# TYPE a gauge\na 1 # {} 1\n", false, true),
    ("a 1\na 2\n", false, true),
    ("# TYPE a untyped\n", false, false),
    ("a{b=\"\\q\"} 1\n", true, true),
    ("a 1 Inf\n", false, false),
];

#[test]
fn open_metrics() {
    for &(page, strict, lenient) in OPEN_METRICS {
        let page = format!("{page}# EOF\n");
        for (name, rules, expected) in [("strict", Rules::STRICT, strict), ("lenient", Rules::LENIENT, lenient)] {
            let found = parse::families(&page, Dialect::OpenMetrics100, rules);
            assert_eq!(found.is_ok(), expected, "{name} {page:?}: {found:?}");
        }
    }
}
