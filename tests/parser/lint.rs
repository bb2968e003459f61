//! Each rule of the linter finds what it is for, and nothing else.

use picometer_std::lint::{Linter, Rule, lint_page};
use picometer_std::parse::Dialect;

/// A page, and the rules that it breaks.
#[rustfmt::skip]
const TABLE: &[(&str, &[Rule])] = &[
    ("# HELP a A.\n# TYPE a gauge\na 1\n", &[]),
    ("a 1\n", &[Rule::NoHelp]),
    ("# HELP a_milliseconds A.\n# TYPE a_milliseconds gauge\na_milliseconds 1\n", &[Rule::BaseUnit]),
    ("# HELP a_ms A.\n# TYPE a_ms gauge\na_ms 1\n", &[Rule::UnitAbbreviation]),
    ("# HELP a A.\n# TYPE a counter\na 1\n", &[Rule::CounterWithoutTotal]),
    ("# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n", &[Rule::TotalWithoutCounter]),
    ("# HELP a_total A.\n# TYPE a_total untyped\na_total 1\n", &[]),
    ("# HELP a_bucket A.\n# TYPE a_bucket gauge\na_bucket 1\n", &[Rule::ReservedSuffix]),
    ("# HELP a A.\n# TYPE a gauge\na{le=\"1\"} 1\n", &[Rule::ReservedLabel]),
    ("# HELP a A.\n# TYPE a gauge\na{__x=\"1\"} 1\n", &[Rule::ReservedLabel]),
    ("# HELP a_gauge A.\n# TYPE a_gauge gauge\na_gauge 1\n", &[Rule::TypeInName]),
    ("# HELP a:b A.\n# TYPE a:b gauge\na:b 1\n", &[Rule::Colon]),
    ("# HELP aB A.\n# TYPE aB gauge\naB{cD=\"e\"} 1\n", &[Rule::CamelCase, Rule::CamelCase]),
    ("# HELP a A.\n# TYPE a gauge\na{b=\"1\"} 1\na{b=\"1\"} 2\n", &[Rule::RepeatedSeries]),
    ("# HELP a A.\n# TYPE a gauge\na{b=\"\",c=\"1\"} 1\na{c=\"1\",b=\"\"} 2\n", &[Rule::RepeatedSeries]),
    ("# HELP a A.\n# TYPE a gauge\na{b=\"1\"} 1 1\na{b=\"1\"} 2 2\n", &[]),
    ("# HELP a A.\n# TYPE a gauge\na 1\nb 1\na 2\n", &[Rule::NoHelp]),
    ("# HELP \"a.x\" A.\n# TYPE \"a.x\" gauge\n{\"a.x\"} 1\n# HELP a_x A.\n# TYPE a_x gauge\na_x 1\n", &[Rule::Collision]),
    ("# HELP a A.\n# TYPE a gauge\na{\"b.c\"=\"1\",b_c=\"2\"} 1\n", &[Rule::Collision]),
    ("# HELP a A.\n# TYPE a gauge\na{b=\"1\"} 1\na{c=\"1\"} 2\n", &[Rule::MixedLabels]),
    // What a limited family has beyond its limit.
    ("# HELP a A.\n# TYPE a gauge\na{overflow=\"true\"} 2\na{b=\"1\"} 1\na{b=\"2\"} 1\n", &[]),
    ("# HELP a A.\n# TYPE a gauge\na{b=\"1\"} 1\na{overflow=\"x\"} 2\n", &[Rule::MixedLabels]),
    ("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n", &[Rule::Histogram]),
    ("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n", &[Rule::Histogram]),
    ("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_sum 1\nh_count 2\n", &[Rule::Histogram]),
    ("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 3\n", &[Rule::Histogram]),
    ("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n", &[]),
    // Words that end as units do.
    ("# HELP picometer_open_files A.\n# TYPE picometer_open_files gauge\npicometer_open_files 1\n", &[]),
    ("# HELP a_kilometer B.\n# TYPE a_kilometer gauge\na_kilometer 1\n", &[]),
    ("# HELP a_kilometers B.\n# TYPE a_kilometers gauge\na_kilometers 1\n", &[Rule::BaseUnit]),
    ("a{b=c} 1\n", &[Rule::Syntax]),
    ("\u{feff}a 1\n", &[Rule::Syntax]),
];

#[test]
fn each_rule() {
    for (page, rules) in TABLE {
        let problems = lint_page(page.as_bytes(), Dialect::Text100);
        let found: Vec<Rule> = problems.iter().map(|problem| problem.rule).collect();
        if *page == "# HELP a A.\n# TYPE a gauge\na 1\nb 1\na 2\n" {
            // Series of the family come back behind another one.
            assert_eq!(found, [Rule::RepeatedSeries, Rule::NoHelp]);
            continue;
        }
        assert_eq!(found, *rules, "{page:?}: {problems:?}");
        let allowed = rules.iter().fold(Linter::new(), |linter, &rule| linter.allow(rule));
        assert!(allowed.page(page.as_bytes(), Dialect::Text100).is_empty());
    }
}

#[test]
fn rules_of_open_metrics() {
    let linter = Linter::new().also(Rule::NoUnit);
    let rules = |page: &str| linter.page(page.as_bytes(), Dialect::OpenMetrics100).iter().map(|problem| problem.rule).collect::<Vec<_>>();
    let unit = "# HELP a_seconds A.\n# TYPE a_seconds gauge\na_seconds 1\n# EOF\n";
    assert_eq!(rules(unit), [Rule::NoUnit]);
    assert!(lint_page(unit.as_bytes(), Dialect::OpenMetrics100).is_empty(), "only if it is asked for");
    assert_eq!(rules(&unit.replace("# HELP", "# UNIT a_seconds seconds\n# HELP")), []);
    let exemplar = "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1.0\"} 1 # {} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n# EOF\n";
    assert_eq!(rules(exemplar), [Rule::ExemplarRange]);
    assert_eq!(rules("# HELP a A.\n# TYPE a gauge\na 1\na 2\n# EOF\n"), [Rule::RepeatedSeries]);
}

#[test]
fn repeated_series_names_both_lines() {
    let page = "# HELP a A.\n# TYPE a gauge\na{b=\"1\"} 1\na{b=\"2\"} 1\na{b=\"1\"} 2\na{b=\"2\"} 3\n";
    let problems = lint_page(page.as_bytes(), Dialect::Text004);
    let texts: Vec<&str> = problems.iter().map(|problem| problem.text.as_str()).collect();
    let expected = ["the series `a{b=\"1\"}` is there twice, on lines 3 and 5", "the series `a{b=\"2\"}` is there twice, on lines 4 and 6"];
    assert_eq!(texts, expected);
    let problems = lint_page(b"# HELP a A.\n# TYPE a gauge\na 1\na 2\n# EOF\n", Dialect::OpenMetrics100);
    assert_eq!((problems[0].text.as_str(), problems[0].line), ("the series is there twice, on lines 3 and 4", 4));
}

#[test]
fn labels_that_grow() {
    let series: String = (0..20).map(|value| format!("a{{b=\"{value}\",c=\"{}\"}} 1\n", value % 3)).collect();
    let page = format!("# HELP a A.\n# TYPE a gauge\n{series}");
    assert!(lint_page(page.as_bytes(), Dialect::Text004).is_empty());
    let problems = Linter::new().values(10).page(page.as_bytes(), Dialect::Text004);
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].rule, problems[0].text.as_str()), (Rule::Cardinality, "the label `b` has 20 values"));
}

#[test]
fn our_own_metrics_are_without_problems() {
    let registry = picometer_std::Registry::new();
    registry.register(picometer_std::Metric::<picometer_std::Counter>::new("jobs_total", "Jobs done.")).unwrap();
    assert!(picometer_std::lint::lint(&registry).is_empty());
}
