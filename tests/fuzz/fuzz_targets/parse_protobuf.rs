//! Messages of anything: no panic, memory within the input, offsets inside the page.
#![no_main]

use libfuzzer_sys::fuzz_target;
use picometer_std::model::Json;
use picometer_std::parse::{Limits, Page, protobuf};
use picometer_std::{Escaping, Format, render_escaped};

fuzz_target!(|bytes: &[u8]| {
    match protobuf(bytes, Limits::default()) {
        Ok(families) => {
            // A sample takes at least two bytes, and a histogram without fields makes three of them.
            let samples: usize = families.iter().map(|family| family.samples.len()).sum();
            assert!(samples <= 3 * bytes.len());
            assert!(Json::new(&families).to_string().starts_with('['));
            render_escaped(&Page::new(families), Format::OpenMetrics100, Escaping::AllowUtf8, &mut Vec::new());
        }
        Err(error) => assert!(error.offset <= bytes.len() as u64 && error.line == 0),
    }
});
