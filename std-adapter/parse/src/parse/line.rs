//! One line of a page. Needs `core` only.
//!
//! Before working on this file, read exposition formats sections 4.2 (grammar of the text format) and 6.5 (OpenMetrics).

mod comment;
mod sample;

use super::error::ErrorKind;
use super::number;
use super::rules::{Dialect, Rules};
use super::scan;
use super::text::Text;
use crate::model::Time;

/// What is wrong, and at which byte of the page.
pub(super) type Fail = (ErrorKind, usize);

/// How many label names of the line before are kept.
const KEPT: usize = 16;

/// A label name of the line before, with its first bytes as a word: to compare one word takes less than a call.
#[derive(Clone, Copy, Debug)]
struct Kept<'a> {
    name: &'a str,
    /// The name and `=`, as far as they have eight bytes, and which bits count.
    word: u64,
    mask: u64,
}

impl<'a> Kept<'a> {
    const NONE: Self = Self { name: "", word: 1, mask: 0 };

    fn new(name: &'a str) -> Self {
        let mut bytes = [0; 8];
        let mut all = name.bytes().chain([b'=']);
        bytes.iter_mut().zip(all.by_ref()).for_each(|(place, byte)| *place = byte);
        let mask = u64::MAX >> (64 - 8 * (name.len() + 1).min(8));
        Self { name, word: u64::from_le_bytes(bytes), mask }
    }

    /// Whether the name and `=` stand here.
    #[inline(always)]
    fn is_at(&self, rest: &[u8]) -> bool {
        match rest.first_chunk() {
            Some(start) => {
                let same = u64::from_le_bytes(*start) & self.mask == self.word;
                same && (self.name.len() < 8 || (rest.get(self.name.len()) == Some(&b'=') && rest.starts_with(self.name.as_bytes())))
            }
            // The end of a page is left to those who look at every byte.
            None => false,
        }
    }
}

/// A position in a page, and what helps to go on from there.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    page: &'a str,
    pub(super) at: usize,
    pub(super) dialect: Dialect,
    pub(super) rules: Rules,
    /// The name of the sample before. Lines of a page resemble each other: to compare is cheaper than to look at every byte.
    name: &'a str,
    /// Its label names, in order, up to an empty one; no two of them are the same.
    labels: [Kept<'a>; KEPT],
    /// Those of the exemplar before.
    exemplar_labels: [Kept<'a>; KEPT],
    /// Line feeds in values of this line.
    pub(super) feeds: u32,
    /// Whether there may be blanks between the parts of labels.
    spaced: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(page: &'a str, dialect: Dialect, rules: Rules) -> Self {
        let none = [Kept::NONE; KEPT];
        let scanner = Self { page, at: 0, dialect, rules, name: "", labels: none, exemplar_labels: none, feeds: 0, spaced: false };
        scanner.with_rules(rules)
    }

    pub(super) fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self.spaced = !self.open_metrics() || rules.loose_blanks;
        self
    }

    /// Forgets the line before: the half of it that was read may not fit what was kept of an earlier one.
    pub(super) fn forget(&mut self) {
        (self.name, self.feeds) = ("", 0);
        (self.labels, self.exemplar_labels) = ([Kept::NONE; KEPT], [Kept::NONE; KEPT]);
    }

    #[inline(always)]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.page.as_bytes()
    }

    #[inline(always)]
    pub(super) fn byte(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    #[inline(always)]
    fn rest(&self) -> &'a [u8] {
        self.bytes().get(self.at..).unwrap_or(&[])
    }

    #[inline(always)]
    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.page.get(start..end).unwrap_or("")
    }

    #[inline(always)]
    fn fail<T>(&self, kind: ErrorKind) -> Result<T, Fail> {
        Err((kind, self.at))
    }

    #[inline(always)]
    fn open_metrics(&self) -> bool {
        self.dialect.is_open_metrics()
    }

    /// Blanks, which only the text formats have.
    #[inline(always)]
    pub(super) fn blanks(&mut self) {
        if !self.open_metrics() {
            while matches!(self.byte(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
        }
    }

    /// Blanks between the parts of labels.
    #[inline(always)]
    fn label_blanks(&mut self) {
        if self.spaced {
            while matches!(self.byte(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
        }
    }

    /// Whether the line is over.
    #[inline(always)]
    fn at_line_end(&self) -> bool {
        match self.byte() {
            Some(b'\n') | None => true,
            Some(b'\r') => self.rules.carriage_returns && self.bytes().get(self.at + 1) == Some(&b'\n'),
            Some(_) => false,
        }
    }

    /// Whether the line has nothing but its carriage return, where it may have one.
    pub(super) fn is_blank_line(&self) -> bool {
        self.at_line_end() && !self.open_metrics()
    }

    /// The text without the carriage return that it ends in, where lines may end in one.
    fn without_return(&self, text: &'a str) -> &'a str {
        if self.rules.carriage_returns { text.strip_suffix('\r').unwrap_or(text) } else { text }
    }

    /// What stands between two tokens: blanks, and in OpenMetrics exactly one space.
    #[inline(always)]
    fn gap(&mut self) -> Result<(), Fail> {
        match self.byte() {
            Some(b' ') => self.at += 1,
            Some(b'\t') if !self.open_metrics() => self.at += 1,
            _ => return self.fail(ErrorKind::ExpectedSpace),
        }
        self.blanks();
        Ok(())
    }

    /// The end of the line; the place is behind it then.
    #[inline(always)]
    fn end(&mut self) -> Result<(), Fail> {
        self.blanks();
        match self.byte() {
            Some(b'\n') => {
                self.at += 1;
                Ok(())
            }
            Some(b'\r') if self.at_line_end() => {
                self.at += 2;
                Ok(())
            }
            // OpenMetrics says so in a way of its own: the last line is `# EOF`.
            None if self.open_metrics() || self.rules.missing_line_end => Ok(()),
            None => self.fail(ErrorKind::MissingLineEnd),
            Some(_) => self.fail(ErrorKind::ExpectedLineEnd),
        }
    }

    /// Text in quotes; the place is on the opening one, and then behind the closing one.
    #[inline(always)]
    fn quoted(&mut self) -> Result<Text<'a>, Fail> {
        let start = self.at + 1;
        let (mut at, mut escaped) = (start, false);
        loop {
            at = scan::quote_end(self.bytes(), at);
            match self.bytes().get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Text::new(self.slice(start, at), escaped));
                }
                Some(b'\\') => {
                    let known = matches!(self.bytes().get(at + 1), Some(b'\\' | b'"' | b'n'));
                    let feed = matches!(self.bytes().get(at + 1), Some(b'\n') | None);
                    if feed {
                        return Err((ErrorKind::UnterminatedQuote, at + 1));
                    }
                    if !known && !self.open_metrics() && !self.rules.unknown_escapes {
                        return Err((ErrorKind::UnknownEscape, at));
                    }
                    // Behind an unknown escape a character of several bytes goes on, whose bytes are none of those looked for.
                    (at, escaped) = (at + 2, true);
                }
                Some(b'\n') if self.rules.line_feeds_in_values && !self.open_metrics() => {
                    self.feeds += 1;
                    at += 1;
                }
                _ => return Err((ErrorKind::UnterminatedQuote, at)),
            }
        }
    }

    /// A name in quotes.
    fn quoted_name(&mut self) -> Result<Text<'a>, Fail> {
        let start = self.at;
        if self.dialect == Dialect::Text004 && !self.rules.quoted_names {
            return Err((ErrorKind::QuotedName, start));
        }
        let name = self.quoted()?;
        if name.is_empty() { Err((ErrorKind::EmptyName, start)) } else { Ok(name) }
    }

    /// The name of a metric at the start of a sample.
    #[inline(always)]
    fn sample_name(&mut self) -> Result<&'a str, Fail> {
        let start = self.at;
        let end = start + self.name.len();
        if !self.name.is_empty() && self.rest().starts_with(self.name.as_bytes()) && matches!(self.bytes().get(end), Some(b'{' | b' ')) {
            self.at = end;
            return Ok(self.name);
        }
        self.name = self.legacy_name()?;
        Ok(self.name)
    }

    fn legacy_name(&mut self) -> Result<&'a str, Fail> {
        let start = self.at;
        if !self.byte().is_some_and(|byte| scan::is(byte, scan::NAME_START)) {
            return self.fail(ErrorKind::ExpectedName);
        }
        self.at = scan::skip(self.bytes(), start + 1, scan::NAME);
        Ok(self.slice(start, self.at))
    }

    /// The name in a HELP, TYPE or UNIT line.
    fn family_name(&mut self) -> Result<Text<'a>, Fail> {
        if self.byte() == Some(b'"') { self.quoted_name() } else { self.legacy_name().map(Text::plain) }
    }

    /// A token up to a blank or the end of the line.
    #[inline(always)]
    fn token(&mut self) -> &'a str {
        let start = self.at;
        self.at = scan::until(self.bytes(), start, scan::TOKEN_END);
        self.slice(start, self.at)
    }

    /// A value, and its text.
    #[inline(always)]
    fn value(&mut self) -> Result<(f64, &'a str), Fail> {
        let start = self.at;
        let token = self.token();
        if token.is_empty() {
            return Err((ErrorKind::ExpectedValue, start));
        }
        match number::value(token) {
            Ok(value) => Ok((value, token)),
            Err(kind) => self.returned_value(kind, start, token),
        }
    }

    /// A value that may have a carriage return behind it, or be no number and have a sign.
    #[cold]
    fn returned_value(&mut self, kind: ErrorKind, start: usize, token: &'a str) -> Result<(f64, &'a str), Fail> {
        let value = self.without_return(token);
        let is_nan = |text: &str| text.strip_prefix(['-', '+']).is_some_and(|text| text.eq_ignore_ascii_case("nan"));
        if self.rules.signed_nan && is_nan(value) {
            self.at -= token.len() - value.len();
            return Ok((f64::NAN, value));
        }
        match number::value(value) {
            Ok(number) if value.len() < token.len() => {
                self.at -= 1;
                Ok((number, value))
            }
            _ => Err((kind, start)),
        }
    }

    fn timestamp(&mut self) -> Result<Time, Fail> {
        let start = self.at;
        let whole = self.token();
        let token = self.without_return(whole);
        self.at -= whole.len() - token.len();
        let time = if self.open_metrics() { number::seconds(token) } else { number::millis(token, self.rules.negative_timestamps) };
        time.map_err(|kind| (kind, start))
    }
}
