//! A page in pieces is the page.

use std::io::{self, Read};

use picometer_std::parse::{self, Dialect, Error, ErrorKind, Event, Lexer, ReadError, Rules, Stream};

/// Gives so many bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        let (now, rest) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = rest;
        Ok(count)
    }
}

const PAGES: [(&str, Dialect); 6] = [
    ("# HELP a Help\\n.\n# TYPE a counter\na_total{b=\"c\\\"é😱\",d=\"e\"} 1 1.5 # {x=\"y\"} 2\n# EOF\n", Dialect::OpenMetrics100),
    ("a 1\nb x\n\n  c{d=\"é\"} 2 3\r\n#x\n{\"q\",r=\"s\"} 4\n{\"q\",r='s'} 4\nend 1", Dialect::Text100),
    ("a 1\n# EOF\nb 1\nc 1\n", Dialect::OpenMetrics100),
    ("a 1\n", Dialect::OpenMetrics100),
    ("", Dialect::Text004),
    ("\n\n\na{b=\"c\n", Dialect::Text004),
];

fn whole(page: &str, dialect: Dialect) -> Vec<Result<String, Error>> {
    Lexer::new(page, dialect).map(|event| event.map(|event| format!("{event:?}"))).collect()
}

fn pieces(page: &[u8], dialect: Dialect, size: usize, ask: usize) -> Vec<Result<String, Error>> {
    let mut events = Vec::new();
    let see = |event: Result<Event<'_>, Error>| events.push(event.map(|event| format!("{event:?}")));
    Stream::new(Pieces(page, size), dialect).piece(ask).for_each(see).unwrap();
    events
}

#[test]
fn every_piece_size() {
    for (page, dialect) in PAGES {
        let whole = whole(page, dialect);
        for size in 1..=page.len() + 1 {
            assert_eq!(pieces(page.as_bytes(), dialect, size, 64), whole, "{size} {page:?}");
            assert_eq!(pieces(page.as_bytes(), dialect, size, size), whole, "{size} {page:?}");
        }
    }
}

#[test]
fn families_too() {
    let page = "# TYPE a summary\na_sum 1\na_count 2\n# TYPE b gauge\nb 1\nb{c=\"d\"} 2\n";
    let whole = parse::families(page, Dialect::Text004, Rules::STRICT).unwrap();
    for size in 1..page.len() {
        assert_eq!(Stream::new(Pieces(page.as_bytes(), size), Dialect::Text004).families().unwrap(), whole);
    }
    let error = Stream::new(&b"a 1\nb\n"[..], Dialect::Text004).families().unwrap_err();
    assert!(matches!(error, ReadError::Page(error) if (error.kind, error.line) == (ErrorKind::ExpectedValue, 2)));
}

#[test]
fn a_line_that_is_no_text_is_one_error() {
    let page = b"a 1\nb{c=\"\xff\"} 1\nd 1\n\xc3\n e\xe2\x82 1\nf 1\n";
    for size in 1..=page.len() {
        let events = pieces(page, Dialect::Text004, size, 7);
        let errors: Vec<_> = events
            .iter()
            .filter_map(|event| event.as_ref().err())
            .map(|error| (error.kind, error.line, error.column, error.offset))
            .collect();
        use ErrorKind::InvalidUtf8;
        assert_eq!(errors, [(InvalidUtf8, 2, 6, 9), (InvalidUtf8, 4, 1, 19), (InvalidUtf8, 5, 3, 23)], "{size}");
        assert_eq!(events.len(), 6);
    }
}

#[test]
fn limits() {
    let kind = |result: Result<(), ReadError>| match result {
        Err(ReadError::Page(error)) => (error.kind, error.line),
        other => panic!("{other:?}"),
    };
    let long = format!("a 1\nb{{c=\"{}\"}} 1\n", "x".repeat(1_000));
    for size in [1, 7, 100, 5_000] {
        let stream = || Stream::new(Pieces(long.as_bytes(), size), Dialect::Text004);
        assert_eq!(kind(stream().line_limit(500).for_each(|_| {})), (ErrorKind::LineTooLong, 2), "{size}");
        assert_eq!(kind(stream().page_limit(500).for_each(|_| {})).0, ErrorKind::PageTooLong, "{size}");
        assert!(stream().line_limit(1_012).page_limit(1_100).for_each(|_| {}).is_ok());
    }
    // A page without a line feed takes no more memory than a line may have.
    let endless = io::repeat(b'a');
    assert_eq!(kind(Stream::new(endless, Dialect::Text004).for_each(|_| {})), (ErrorKind::LineTooLong, 1));
}

#[test]
fn what_the_reader_says_comes_through() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let result = Stream::new(Broken, Dialect::Text004).for_each(|_| {});
    assert!(matches!(result, Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::ConnectionReset));
}
