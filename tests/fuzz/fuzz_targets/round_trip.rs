//! A page that is right is written and read again without loss, and writing what was read changes nothing any more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use picometer_std::model::Family;
use picometer_std::parse::{self, Dialect, Page, Rules};
use picometer_std::{Escaping, Format, render_escaped};

fn write(families: Vec<Family>, format: Format) -> String {
    let mut page = Vec::new();
    render_escaped(&Page::new(families), format, Escaping::AllowUtf8, &mut page);
    String::from_utf8(page).expect("pages are text")
}

fuzz_target!(|page: &str| {
    let rules = Rules { negative_timestamps: true, ..Rules::STRICT };
    for (dialect, format) in [(Dialect::Text100, Format::Text100), (Dialect::OpenMetrics100, Format::OpenMetrics100)] {
        let Ok(families) = parse::families(page, dialect, rules) else { continue };
        let written = write(families, format);
        // What a text page may have twice stays there twice, so that the second reading is a lenient one.
        let again = parse::families(&written, dialect, Rules { loose_families: true, ..rules });
        let again = again.unwrap_or_else(|error| panic!("{}", error.in_page(&written)));
        assert_eq!(write(again, format), written);
    }
});
