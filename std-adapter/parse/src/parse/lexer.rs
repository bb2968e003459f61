//! A page as a sequence of lines. Needs `core` only.

use super::cause;
use super::error::{Error, ErrorKind, ReadError};
use super::event::Event;
use super::line::{Fail, Scanner};
use super::rules::{Dialect, Rules};
use super::scan;

/// Reads a page line by line: an iterator that borrows from the page and allocates nothing.
///
/// Every line is checked to the end before it is given: names, escapes, numbers. What concerns several lines, families and their
/// rules, is for [`Families`](super::Families). Behind an error it goes on with the next line, so that a checker finds them all.
///
/// ```
/// use picometer_std::parse::{Dialect, Event, Lexer};
///
/// let page = "# TYPE up gauge\nup{job=\"a\"} 1\nup{job=b} 1\nup{job=\"c\"} 0\n";
/// let (mut sum, mut problems) = (0.0, 0);
/// for event in Lexer::new(page, Dialect::Text004) {
///     match event {
///         Ok(Event::Sample(sample)) => sum += sample.value,
///         Ok(_) => {}
///         Err(error) => {
///             assert_eq!(error.line, 3);
///             problems += 1;
///         }
///     }
/// }
/// assert_eq!((sum, problems), (1.0, 1));
/// ```
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    scanner: Scanner<'a>,
    /// The number of the line that is read next.
    next_line: u32,
    /// That of the line that was read last, and where it starts.
    line: u32,
    start: usize,
    /// Where the page starts in a longer one.
    base: u64,
    /// Whether more follows behind the page.
    partial: bool,
    end: End,
}

/// How far the end of a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Ahead,
    /// `# EOF` was read.
    Eof,
    Done,
}

impl<'a> Lexer<'a> {
    /// Reads a page strictly.
    pub fn new(page: &'a str, dialect: Dialect) -> Self {
        let scanner = Scanner::new(page, dialect, Rules::STRICT);
        Self { scanner, next_line: 1, line: 1, start: 0, base: 0, partial: false, end: End::Ahead }
    }

    /// Reads a page that may not be UTF-8.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidUtf8`] says where it is not; UTF-16 and compressed pages have kinds of their own.
    pub fn from_bytes(page: &'a [u8], dialect: Dialect) -> Result<Self, Error> {
        match core::str::from_utf8(page) {
            Ok(page) => Ok(Self::new(page, dialect)),
            Err(error) => {
                let (valid, _) = page.split_at_checked(error.valid_up_to()).unwrap_or((page, &[]));
                let valid = core::str::from_utf8(valid).unwrap_or("");
                let (start, line) = valid.bytes().enumerate().fold((0, 1), |(start, line), (at, byte)| match byte {
                    b'\n' => (at + 1, line + 1),
                    _ => (start, line),
                });
                let kind = cause::of_bytes(page);
                Err(Self { next_line: line, line, start, ..Self::new(valid, dialect) }.error((kind, valid.len())))
            }
        }
    }

    /// Reads it by other rules.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.scanner = self.scanner.with_rules(rules);
        self
    }

    /// Goes on in the next part of a page, which ends in a line feed unless it is the last.
    pub(super) fn go_on(page: &'a str, before: &Progress, partial: bool, dialect: Dialect, rules: Rules) -> Self {
        let lexer = Self::new(page, dialect).rules(rules);
        Self { next_line: before.line, line: before.line, base: before.offset, partial, end: before.end, ..lexer }
    }

    /// How far it came.
    pub(super) fn progress(&self) -> Progress {
        Progress { line: self.next_line, offset: self.base + self.scanner.at as u64, end: self.end }
    }

    /// How many bytes the line has that was read last.
    pub(super) fn line_len(&self) -> usize {
        self.scanner.at - self.start
    }

    /// The number of the line that was read last, counted from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The byte of the page at which that line starts.
    pub fn line_offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// An error of the whole line that was read last.
    pub(super) fn line_error(&self, kind: ErrorKind) -> Error {
        Error { kind, line: self.line, column: 1, offset: self.line_offset() }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.scanner.dialect
    }

    pub(super) fn current_rules(&self) -> Rules {
        self.scanner.rules
    }

    #[cold]
    #[inline(never)]
    fn error(&self, (kind, at): Fail) -> Error {
        let before = self.scanner.bytes().get(..at).unwrap_or(&[]);
        let feeds = before.get(self.start..).unwrap_or(&[]).iter().filter(|&&byte| byte == b'\n').count();
        let feeds = u32::try_from(feeds).unwrap_or(u32::MAX);
        // Characters, not bytes: what an editor counts.
        let characters = before.iter().rev().take_while(|&&byte| byte != b'\n').filter(|&&byte| byte & 0xc0 != 0x80).count();
        let column = u32::try_from(characters + 1).unwrap_or(u32::MAX);
        Error { kind, line: self.line.saturating_add(feeds), column, offset: self.base + at as u64 }
    }

    /// Goes behind the line in which something is wrong.
    #[cold]
    #[inline(never)]
    fn recover(&mut self, fail: Fail) -> Error {
        let error = self.error(cause::of(self.scanner.bytes(), self.start, self.start == 0 && self.base == 0, fail, self.scanner.dialect));
        self.scanner.forget();
        let end = scan::line_end(self.scanner.bytes(), fail.1);
        self.scanner.at = (end + 1).min(self.scanner.bytes().len());
        // Not those that were read over on the way to the place, which may lie in front of them.
        let passed = self.scanner.bytes().get(self.start..self.scanner.at).unwrap_or(&[]);
        let feeds = passed.iter().filter(|&&byte| byte == b'\n').count();
        self.next_line = self.line.saturating_add(u32::try_from(feeds).unwrap_or(u32::MAX));
        error
    }

    /// The end of the page was reached.
    #[cold]
    fn finish(&mut self) -> Option<Result<Event<'a>, Error>> {
        if self.partial || self.end == End::Done {
            return None;
        }
        let missing = self.end == End::Ahead && self.scanner.dialect.is_open_metrics();
        self.end = End::Done;
        (self.start, self.line) = (self.scanner.at, self.next_line);
        missing.then(|| Err(self.error((ErrorKind::MissingEof, self.scanner.at))))
    }
}

/// The place where a part of a page ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    pub(super) line: u32,
    pub(super) offset: u64,
    end: End,
}

impl Progress {
    pub(super) const START: Self = Self { line: 1, offset: 0, end: End::Ahead };

    /// An error of the line that comes next.
    pub(super) fn error(&self, kind: ErrorKind) -> ReadError {
        ReadError::Page(Error { kind, line: self.line, column: 1, offset: self.offset })
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Result<Event<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            (self.start, self.line) = (self.scanner.at, self.next_line);
            self.scanner.blanks();
            let event = match self.scanner.byte() {
                None => return self.finish(),
                // What follows behind the end was said once.
                _ if self.end == End::Done => {
                    self.scanner.at = self.scanner.bytes().len();
                    return None;
                }
                _ if self.end == End::Eof => {
                    // One error for all that follows.
                    let error = self.error((ErrorKind::TextAfterEof, self.scanner.at));
                    self.scanner.at = self.scanner.bytes().len();
                    self.end = End::Done;
                    return Some(Err(error));
                }
                Some(b'#') => self.scanner.comment(),
                Some(b'\n') if self.scanner.dialect.is_open_metrics() => Err((ErrorKind::BlankLine, self.scanner.at)),
                Some(b'\n') => {
                    self.scanner.at += 1;
                    self.next_line = self.next_line.saturating_add(1);
                    continue;
                }
                // Behind a carriage return there is nothing else, or an error.
                Some(b'\r') if self.scanner.is_blank_line() => {
                    self.scanner.at += 2;
                    self.next_line = self.next_line.saturating_add(1);
                    continue;
                }
                Some(_) if self.scanner.at > self.start && !self.scanner.rules.leading_blanks => Err((ErrorKind::LeadingBlank, self.start)),
                Some(_) => self.scanner.sample().map(Event::Sample),
            };
            return Some(match event {
                Ok(event) => {
                    let feeds = core::mem::take(&mut self.scanner.feeds);
                    self.next_line = self.next_line.saturating_add(1 + feeds);
                    if matches!(event, Event::Eof) {
                        self.end = End::Eof;
                    }
                    Ok(event)
                }
                Err(fail) => Err(self.recover(fail)),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(page: &str, dialect: Dialect) -> Vec<(ErrorKind, u32, u32)> {
        let errors = Lexer::new(page, dialect).filter_map(Result::err);
        errors.map(|error| (error.kind, error.line, error.column)).collect()
    }

    #[test]
    fn every_line_with_an_error_is_found() {
        let page = "a 1\nb x\nc{d=\"e} 1\n# TYPE f what\n\nf 1e400\né 1\nok 1\n";
        use ErrorKind::*;
        let expected = [(InvalidValue, 2, 3), (UnterminatedQuote, 3, 10), (UnknownType, 4, 10), (Overflow, 6, 3), (ExpectedName, 7, 1)];
        assert_eq!(errors(page, Dialect::Text004), expected);
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(errors("a{b=\"éé\",c=1} 1\n", Dialect::Text004), [(ErrorKind::ExpectedQuote, 1, 12)]);
    }

    #[test]
    fn the_end_of_open_metrics() {
        use ErrorKind::*;
        assert_eq!(errors("a 1\n# EOF", Dialect::OpenMetrics100), []);
        assert_eq!(errors("a 1\n", Dialect::OpenMetrics100), [(MissingEof, 2, 1)]);
        assert_eq!(errors("", Dialect::OpenMetrics100), [(MissingEof, 1, 1)]);
        assert_eq!(errors("# EOF\n\n", Dialect::OpenMetrics100), [(TextAfterEof, 2, 1)]);
        assert_eq!(errors("# EOF\nb 1\nc 1\n", Dialect::OpenMetrics100), [(TextAfterEof, 2, 1)]);
        assert_eq!(errors("# EOF ", Dialect::OpenMetrics100), [(UnknownComment, 1, 1), (MissingEof, 1, 7)]);
    }

    #[test]
    fn line_feeds_in_values_are_counted() {
        let rules = Rules { line_feeds_in_values: true, ..Rules::STRICT };
        let errors: Vec<_> = Lexer::new("a{b=\"x\ny\"} 1\nb x\n", Dialect::Text004).rules(rules).filter_map(Result::err).collect();
        assert_eq!((errors.len(), errors[0].line, errors[0].column), (1, 3, 3));
    }

    #[test]
    fn bytes_that_are_no_text() {
        let error = Lexer::from_bytes(b"a 1\nb\xff 1\n", Dialect::Text004).unwrap_err();
        assert_eq!((error.kind, error.line, error.column, error.offset), (ErrorKind::InvalidUtf8, 2, 2, 5));
    }

    #[test]
    fn repeated_labels_whatever_the_lines_before_were() {
        let page = "m{a=\"1\",b=\"1\"} 1\nm{a=\"1\",a=\"1\"} 1\nm{b=\"1\",a=\"1\"} 1\nm{b=\"1\",b=\"1\"} 1\nm{a=\"1\",b=\"2\",a=\"3\"} 1\n";
        let lines: Vec<_> = errors(page, Dialect::Text004).into_iter().map(|(kind, line, _)| (kind, line)).collect();
        assert_eq!(lines, [(ErrorKind::RepeatedLabel, 2), (ErrorKind::RepeatedLabel, 4), (ErrorKind::RepeatedLabel, 5)]);
    }
}
