//! What is written is read as it was, and what was read is written as it was.

use picometer_std::model::{Family, Number};
use picometer_std::parse::{self, Dialect, Page, Rules};
use picometer_std::{
    Collector, Created, Escaping, Family as Series, Format, Kind, Metric, NativeBuckets, NativeHistogram, QuantileSummary, render_escaped,
};
use proptest::prelude::*;

use crate::fixture::Fixture;
use crate::generate::families;

fn write(source: &dyn Collector, format: Format) -> String {
    let mut page = Vec::new();
    render_escaped(source, format, Escaping::AllowUtf8, &mut page);
    String::from_utf8(page).expect("pages are text")
}

fn read(page: &str, dialect: Dialect) -> Vec<Family> {
    parse::families(page, dialect, Rules { negative_timestamps: true, ..Rules::STRICT })
        .unwrap_or_else(|error| panic!("{}", error.in_page(page)))
}

/// A page does not say whether `3` was an integer: both are equal as numbers. What text pages cannot say is taken away.
fn as_text_has_it(families: &[Family]) -> Vec<Family> {
    let mut families = families.to_vec();
    for family in &mut families {
        family.unit.clear();
        family.samples.iter_mut().for_each(|sample| sample.exemplar = None);
        match family.kind {
            Kind::Info => {
                family.name += "_info";
                family.kind = Kind::Gauge;
            }
            Kind::StateSet => family.kind = Kind::Gauge,
            _ => {}
        }
    }
    families
}

/// What is mostly no page, of the parts that pages have.
pub const SOUP: &str = "(a|b|_total|# TYPE |# HELP |# UNIT |# EOF|counter|histogram|count:|sum:|bucket:\\[|\\]|\\+Inf:| st@| # |\\{|\\}|=|\"|\\\\|\n|,| |1|\\.|e|le|\t|é){0,40}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn open_metrics(families in families()) {
        let page = write(&Page::new(families.clone()), Format::OpenMetrics100);
        prop_assert_eq!(&read(&page, Dialect::OpenMetrics100), &families, "{}", page);
        prop_assert_eq!(write(&Page::new(read(&page, Dialect::OpenMetrics100)), Format::OpenMetrics100), page);
    }

    #[test]
    fn open_metrics_2(mut families in families()) {
        // Exemplars have timestamps there, and are in the bucket that their value is in.
        for sample in families.iter_mut().flat_map(|family| &mut family.samples) {
            sample.exemplar = sample.exemplar.take().filter(|exemplar| exemplar.timestamp.is_some() && sample.name.ends_with("_total"));
        }
        let page = write(&Page::new(families.clone()), Format::OpenMetrics200);
        prop_assert_eq!(&read(&page, Dialect::OpenMetrics200), &families, "{}", page);
        prop_assert_eq!(write(&Page::new(read(&page, Dialect::OpenMetrics200)), Format::OpenMetrics200), page);
    }

    #[test]
    fn text(families in families()) {
        // Gauge histograms are three families there: see `our_own_pages`.
        let families: Vec<Family> = families.into_iter().filter(|family| family.kind != Kind::GaugeHistogram).collect();
        let page = write(&Page::new(families.clone()), Format::Text100);
        prop_assert_eq!(&read(&page, Dialect::Text100), &as_text_has_it(&families), "{}", page);
        prop_assert_eq!(write(&Page::new(read(&page, Dialect::Text100)), Format::Text100), page);
    }

    #[test]
    fn any_number(value in any::<f64>()) {
        let text = picometer_std::Number::from(value);
        let families = read(&format!("a {text}\n"), Dialect::Text004);
        prop_assert_eq!(families[0].samples[0].value, Number::from(value));
    }

    #[test]
    fn what_is_no_page_is_an_error_and_nothing_worse(page in SOUP) {
        for dialect in [Dialect::Text004, Dialect::Text100, Dialect::OpenMetrics100, Dialect::OpenMetrics200] {
            for rules in [Rules::STRICT, Rules::READ, Rules::LENIENT] {
                if let Ok(families) = parse::families(&page, dialect, rules) {
                    write(&Page::new(families), Format::OpenMetrics100);
                } else {
                    let all = parse::Families::new(parse::Lexer::new(&page, dialect).rules(rules));
                    for error in all.filter_map(Result::err) {
                        prop_assert!(error.in_page(&page).to_string().contains('^'));
                    }
                }
            }
        }
    }
}

#[test]
fn our_own_pages() {
    let fixture = Fixture::filled();
    fixture.with_registry(|registry| {
        for (format, dialect) in [
            (Format::Text004, Dialect::Text100),
            (Format::Text100, Dialect::Text100),
            (Format::OpenMetrics100, Dialect::OpenMetrics100),
            (Format::OpenMetrics200, Dialect::OpenMetrics200),
        ] {
            let page = write(registry, format);
            let again = write(&Page::new(read(&page, dialect)), format);
            assert_eq!(again, page, "{format:?}");
        }
    });
}

/// Native histograms, which only protobuf and OpenMetrics 2.0 have: both say the same.
#[test]
fn native_histograms_in_text() {
    let registry = picometer_std::Registry::new();
    let buckets = NativeBuckets::new().factor(1.2);
    let only = Metric::<NativeHistogram>::new("only_seconds", "").config(&buckets);
    let only = registry.register(only).unwrap();
    let both = Series::<Created<NativeHistogram>, 1>::new("both", "", ["a"]).config(buckets.classic([0.5, 2.0]).unwrap());
    let both = registry.register(both).unwrap();
    let recent = Metric::<QuantileSummary>::new("recent", "");
    let recent = registry.register(recent).unwrap();
    for value in [-3.0, 0.0, 0.25, 0.26, 1.0, 7.0, 1e6, f64::INFINITY] {
        only.observe(value);
        both.with(["x"]).observe_with(value, &[("id", "y")]).unwrap();
        recent.observe(value);
    }
    let mut bytes = Vec::new();
    render_escaped(&registry, Format::Protobuf, Escaping::AllowUtf8, &mut bytes);
    let mut binary = parse::protobuf(&bytes, parse::Limits::default()).unwrap();
    let page = write(&registry, Format::OpenMetrics200);
    assert_eq!(Dialect::detect(&page), Dialect::OpenMetrics200);
    let text = read(&page, Dialect::OpenMetrics200);
    // In protobuf classic buckets have the exemplars of their own besides.
    for sample in binary.iter_mut().flat_map(|family| &mut family.samples) {
        sample.exemplar = None;
    }
    assert_eq!(text, binary, "{page}");
    assert_eq!(page.matches(" # {id=\"y\"} ").count(), 8, "{page}");
    // A moment of creation is a sample like any other, so a double, which has no nanoseconds.
    let cut = |page: &str| {
        page.split(" st@")
            .map(|part| part.trim_start_matches(['.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(cut(&write(&Page::new(text), Format::OpenMetrics200)), cut(&page));
    let mut families = Vec::new();
    parse::Stream::new(page.as_bytes(), Dialect::OpenMetrics200).piece(7).families().map(|read| families = read).unwrap();
    assert_eq!(families, binary);
}

#[test]
fn what_is_wrong_in_open_metrics_2() {
    use parse::ErrorKind::{InvalidComposite, InvalidTimestamp, NameClash, NanValue, RepeatedSeries, SpanMismatch};
    let table = [
        ("# TYPE h histogram\nh 1\n", InvalidComposite),
        ("# TYPE h histogram\nh {count:1,sum:1,quantile:[]}\n", InvalidComposite),
        ("# TYPE h gaugehistogram\nh {count:1,sum:1,bucket:[+Inf:1]}\n", InvalidComposite),
        ("# TYPE h gauge\nh {count:1,sum:1,bucket:[+Inf:1]}\n", InvalidComposite),
        ("# TYPE h histogram\nh {count:1,sum:1,bucket:[+Inf:1]}\nh {count:1,sum:1,bucket:[+Inf:1]}\n", RepeatedSeries),
        ("# TYPE h histogram\nh {count:1,sum:1,schema:0,zero_threshold:0,zero_count:0,positive_spans:[0:1]}\n", SpanMismatch),
        ("# TYPE c_total counter\nc_total NaN\n", NanValue),
        ("# TYPE c_total counter\nc_total 1 st@x\n", InvalidTimestamp),
        ("# TYPE c_total counter\nc_total 1\n# TYPE d gauge\nd 1\n# TYPE c_total gauge\n", NameClash),
    ];
    for (page, kind) in table {
        let error = parse::families(&format!("{page}# EOF\n"), Dialect::OpenMetrics200, Rules::STRICT).expect_err(page);
        assert_eq!(error.kind, kind, "{page}");
    }
    let fine = "h {count:1,sum:1,bucket:[+Inf:1]} 5 st@1.5\nx_info{a=\"b\"} 1\n# TYPE a counter\na 1\n# EOF\n";
    let families = parse::families(fine, Dialect::OpenMetrics200, Rules::STRICT).unwrap();
    assert_eq!((families[0].samples.len(), families[0].kind), (4, Kind::Unknown), "without metadata it may be anything");
}

#[test]
fn what_does_not_fit_its_type_loses_no_sample() {
    let pages = [
        "# TYPE a counter\na{b=\"c\"} 1\n",
        "# TYPE h histogram\nh_bucket{le=\"2\"} 5\nh_bucket{le=\"1\"} 9\nh_count 3\n",
        "# TYPE h histogram\nh_bucket{le=\"x\"} 5\nh_bucket 9\nh_sum 3\n",
        "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\n",
        "# TYPE s summary\ns{quantile=\"x\"} 1\ns_sum 2\ns_count 1\n",
        "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1.5\nh_sum 1\nh_count 1.5\n",
    ];
    // Bounds that are no numbers are none for expfmt.
    let read = |page: &str, dialect| parse::families(page, dialect, Rules::READ).unwrap();
    for page in pages {
        let count = |families: &[Family]| families.iter().map(|family| family.samples.len()).sum::<usize>();
        let before = read(page, Dialect::Text004);
        let after = read(&write(&Page::new(before.clone()), Format::OpenMetrics100), Dialect::OpenMetrics100);
        assert_eq!(count(&after), count(&before), "{page}");
        for (sample, other) in before.iter().flat_map(|f| &f.samples).zip(after.iter().flat_map(|f| &f.samples)) {
            assert_eq!((&sample.name, &sample.labels, sample.value), (&other.name, &other.labels, other.value));
        }
    }
}

#[test]
fn families_in_pieces_become_one() {
    let page = "a_total{b=\"1\"} 1\nc 1\na_total{b=\"2\"} 2\n";
    let written = write(&Page::new(read(page, Dialect::Text004)), Format::Text004);
    assert_eq!(written, "# TYPE a_total untyped\na_total{b=\"1\"} 1\na_total{b=\"2\"} 2\n# TYPE c untyped\nc 1\n");
    let page = "# TYPE a_total counter\na_total{b=\"1\"} 1\n# TYPE c gauge\nc 1\na_total{b=\"2\"} 2\n";
    let written = write(&Page::new(read(page, Dialect::Text004)), Format::Text004);
    assert_eq!(written, "# TYPE a_total counter\na_total{b=\"1\"} 1\na_total{b=\"2\"} 2\n# TYPE c gauge\nc 1\n");
}

#[test]
fn what_a_family_falls_into_may_be_there_already() {
    let page = "# TYPE s summary\ns{quantile=\"x\"} 1\ns_sum 1\n# TYPE c gauge\nc 1\ns_sum 2\n";
    let families = parse::families(page, Dialect::Text004, Rules::READ).unwrap();
    let written = write(&Page::new(families), Format::Text004);
    assert_eq!(written.matches("# TYPE s_sum untyped\ns_sum 1\ns_sum 2\n").count(), 1, "{written}");
}

#[test]
fn a_page_is_a_member_of_a_registry() {
    let registry = picometer_std::Registry::new();
    registry.register(Page::new(read("# TYPE up gauge\nup{job=\"a\"} 1\n", Dialect::Text004))).unwrap();
    let page = write(&registry, Format::Text004);
    assert_eq!(page, "# TYPE up gauge\nup{job=\"a\"} 1\n");
}
