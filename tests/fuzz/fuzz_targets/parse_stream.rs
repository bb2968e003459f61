//! A page in pieces of any sizes is the page.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use picometer_std::parse::{Dialect, Error, Event, Lexer, Rules, Stream};

/// Gives pieces of the sizes that the input says.
struct Pieces<'a> {
    page: &'a [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'a, u8>>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = usize::from(*self.sizes.next().unwrap_or(&0)) + 1;
        let count = size.min(buffer.len()).min(self.page.len());
        let (now, rest) = self.page.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.page = rest;
        Ok(count)
    }
}

fuzz_target!(|input: (&[u8], u8, bool, &str)| {
    let (sizes, ask, open_metrics, page) = input;
    let dialect = if open_metrics { Dialect::OpenMetrics100 } else { Dialect::Text100 };
    for rules in [Rules::STRICT, Rules { line_feeds_in_values: false, ..Rules::LENIENT }] {
        let mut whole = Lexer::new(page, dialect).rules(rules);
        let see = |event: Result<Event<'_>, Error>| {
            // NaN is no number that equals itself; its text is.
            assert_eq!(format!("{:?}", Some(event)), format!("{:?}", whole.next()));
        };
        let pieces = Pieces { page: page.as_bytes(), sizes: sizes.iter().cycle() };
        Stream::new(pieces, dialect).rules(rules).piece(usize::from(ask)).for_each(see).expect("no limits");
        assert!(whole.next().is_none());
    }
});
