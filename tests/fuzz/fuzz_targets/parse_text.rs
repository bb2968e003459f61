//! Text pages of anything: no panic, positions inside the page, strict within reading, what strict takes comes back as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use picometer_std::parse::{self, Dialect, Event, Lexer, Rules};

fuzz_target!(|bytes: &[u8]| {
    for dialect in [Dialect::Text004, Dialect::Text100] {
        let Ok(page) = std::str::from_utf8(bytes) else {
            assert!(Lexer::from_bytes(bytes, dialect).is_err());
            return;
        };
        for rules in [Rules::STRICT, Rules::READ, Rules::LENIENT] {
            for event in Lexer::new(page, dialect).rules(rules) {
                match event {
                    Ok(Event::Sample(sample)) => {
                        // The second scan of the labels sees what the first one checked.
                        let owned = sample.to_model();
                        assert_eq!(owned.labels.len(), sample.labels.len());
                        assert!(owned.labels.iter().all(|(name, _)| !name.is_empty()));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        assert!(error.offset <= page.len() as u64 && error.line >= 1 && error.column >= 1);
                        assert!(!error.in_page(page).to_string().is_empty());
                    }
                }
            }
        }
        if let Ok(strict) = parse::families(page, dialect, Rules::STRICT) {
            // But for headers without a blank, which only strict reading takes for such.
            let rules = Rules { tight_headers: true, ..Rules::READ };
            assert_eq!(parse::families(page, dialect, rules).as_ref(), Ok(&strict));
        }
        if parse::families(page, dialect, Rules::LENIENT).is_ok() {
            assert!(parse::families(page, dialect, Rules::READ).is_ok());
        }
    }
});
