//! Other readers' verdicts on the same pages: Prometheus servers, the Python client's two parsers, promtool, and Go's expfmt.

mod disagreements;
mod expfmt;
mod mutate;
mod pages;
mod python;
mod readers;
mod server;

use picometer_std::parse::{self, Dialect, Rules};

use crate::peers::promtool_check;
use pages::{Media, Page};

/// Pages that are right for everybody, and pages that are wrong for everybody.
const TEXT: &[&str] = &[
    "a 1\n",
    "a{b=\"c\"} 1.5\n",
    "# TYPE a gauge\na NaN\n",
    "a{b=\"c\",} 1\n",
    "a{b=\"\\\\\\\"\\n\"} 1 5\n",
    "# HELP a b\\n\n# TYPE a counter\na 1\n",
    "a\n",
    "a b\n",
    "a{b=c} 1\n",
    "a{b=\"c} 1\n",
    "a{b} 1\n",
    "# TYPE a what\na 1\n",
    "a{1b=\"c\"} 1\n",
    "a-b 1\n",
    "{} 1\n",
    "a 0x10\n",
];

const OPEN_METRICS: &[&str] = &[
    "a 1\n# EOF\n",
    "# TYPE a counter\na_total 1 # {b=\"c\"} 1 1.5\n# EOF\n",
    "# TYPE a info\na_info{b=\"c\"} 1\n# EOF\n",
    "# TYPE a histogram\na_bucket{le=\"1.0\"} 0\na_bucket{le=\"+Inf\"} 3\na_count 3\na_sum 2\n# EOF\n",
    "# TYPE a stateset\na{a=\"x\"} 1\na{a=\"y\"} 0\n# EOF\n",
    "# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 1\na_count 1\n# EOF\n",
    "a 1\n",
    "a 1\n# EOF\nb 1\n",
    "a  1\n# EOF\n",
    "# TYPE a counter\na 1\n# EOF\n",
    "# TYPE a gauge\na 1 # {} 1\n# EOF\n",
    "a{b=\"c\",} 1\n# EOF\n",
    "# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\n# EOF\n",
    "a 1 NaN\n# EOF\n",
    "\n# EOF\n",
];

/// Which the strict rules read as the Python client does.
#[test]
fn python_agrees_on_pages_that_all_judge_alike() {
    let named = |media, texts: &[&str]| texts.iter().map(|text| Page { media, text: (*text).into() }).collect::<Vec<_>>();
    let pages = [named(Media::Text, TEXT), named(Media::OpenMetrics, OPEN_METRICS)].concat();
    let Some(verdicts) = python::verdicts(&pages) else { return };
    for (page, verdict) in pages.iter().zip(verdicts) {
        let ours = parse::families(&page.text, page.media.dialect(), Rules::STRICT).ok();
        assert_eq!(ours.is_some(), verdict.is_some(), "{page:?}");
        if let (Some(ours), Some(theirs)) = (ours, verdict) {
            assert!(python::is_same(&ours, &theirs), "{page:?}: {ours:?} {theirs:?}");
        }
    }
}

/// Real pages, of which promtool takes as text what strict reading takes.
#[test]
fn promtool_agrees_on_real_pages() {
    let Some(pages) = crate::pages::real() else { return };
    let mut agreed = 0;
    for (name, page) in &pages {
        let Some(verdict) = promtool_check(page) else { return };
        let ours = parse::families(page, Dialect::Text004, Rules::STRICT);
        let read = verdict.as_ref().map_or_else(|said| !said.contains("parsing error"), |()| true);
        assert_eq!(ours.is_ok(), read, "{name}: {ours:?} {verdict:?}");
        agreed += 1;
    }
    println!("promtool and strict text agree on {agreed} of {} real pages", pages.len());
}

#[test]
fn promtool() {
    // One page at a time, as promtool stops at the first that is wrong.
    for page in TEXT {
        let Some(verdict) = promtool_check(page) else { return };
        let ours = parse::families(page, Dialect::Text004, Rules::STRICT);
        // Problems of style are none of syntax.
        let read = verdict.as_ref().map_or_else(|said| !said.contains("parsing error"), |()| true);
        assert_eq!(ours.is_ok(), read, "{page:?}: {ours:?} {verdict:?}");
    }
}
