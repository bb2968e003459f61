//! OpenMetrics pages of anything: no panic, positions inside the page, what is right strictly is read, and a page that
//! is right is none any more when its last line is cut off.
#![no_main]

use libfuzzer_sys::fuzz_target;
use picometer_std::parse::{self, Dialect, Families, Lexer, Rules};

fuzz_target!(|page: &str| {
    for dialect in [Dialect::OpenMetrics100, Dialect::OpenMetrics200] {
        read(page, dialect);
    }
});

fn read(page: &str, dialect: Dialect) {
    for rules in [Rules::STRICT, Rules::LENIENT, Rules::READ] {
        for error in Families::new(Lexer::new(page, dialect).rules(rules)).filter_map(Result::err) {
            assert!(error.offset <= page.len() as u64 && error.line >= 1);
            assert!(!error.in_page(page).to_string().is_empty());
        }
    }
    if let Ok(strict) = parse::families(page, dialect, Rules::STRICT) {
        // A server refuses some of it, as histograms that are one sample.
        assert!(parse::families(page, dialect, Rules::READ).is_ok());
        let borrowed = Families::new(Lexer::new(page, dialect)).map(|family| family.expect("was right").to_model());
        // NaN is no number that equals itself; its text is.
        assert_eq!(format!("{:?}", borrowed.collect::<Vec<_>>()), format!("{strict:?}"));
        let cut = page.trim_end_matches('\n').trim_end_matches("# EOF");
        assert!(parse::families(cut, dialect, Rules::STRICT).is_err());
    }
}
