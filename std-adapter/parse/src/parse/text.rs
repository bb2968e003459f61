//! Text as it stands in a page, escapes and all. Needs `core` only.

use core::fmt::{self, Write};

/// A name, a label value or a help text, borrowed from the page with its escapes.
///
/// ```
/// use picometer_std::parse::{Dialect, Event, Lexer};
///
/// let event = Lexer::new("a{path=\"C:\\\\dir\"} 1\n", Dialect::Text004)
///     .next()
///     .unwrap()
///     .unwrap();
/// let Event::Sample(sample) = event else { panic!() };
/// let (name, value) = sample.labels.iter().next().unwrap();
/// assert_eq!(name.as_str(), Some("path"), "nothing is escaped");
/// assert_eq!(value.as_str(), None);
/// assert_eq!(value.raw(), "C:\\\\dir");
/// assert_eq!(value, "C:\\dir");
/// assert_eq!(value.to_string(), "C:\\dir");
/// ```
#[derive(Clone, Copy)]
pub struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    pub(crate) const fn new(raw: &'a str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    pub(crate) const fn plain(raw: &'a str) -> Self {
        Self { raw, escaped: false }
    }

    /// The text as it stands in the page.
    pub const fn raw(self) -> &'a str {
        self.raw
    }

    /// The text, if nothing in it is escaped.
    pub const fn as_str(self) -> Option<&'a str> {
        if self.escaped { None } else { Some(self.raw) }
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// The characters meant. What follows a backslash that is not `\`, `"` or `n` stays, and so does the backslash.
    pub fn chars(self) -> Chars<'a> {
        Chars { rest: self.raw.chars(), escaped: self.escaped }
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        match self.as_str() {
            Some(text) => text == other,
            None => self.chars().eq(other.chars()),
        }
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        match other.as_str() {
            Some(text) => self == text,
            None => self.chars().eq(other.chars()),
        }
    }
}

impl Eq for Text<'_> {}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Some(text) => f.write_str(text),
            None => self.chars().try_for_each(|c| f.write_char(c)),
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.raw)
    }
}

/// The characters of a [`Text`]; made by [`Text::chars`].
///
/// ```
/// # use picometer_std::parse::{Dialect, Event, Lexer};
/// let event =
///     Lexer::new("# HELP a one\\ntwo\n", Dialect::Text004).next().unwrap().unwrap();
/// let Event::Help { text, .. } = event else { panic!() };
/// assert!(text.chars().eq("one\ntwo".chars()));
/// ```
#[derive(Clone, Debug)]
pub struct Chars<'a> {
    rest: core::str::Chars<'a>,
    escaped: bool,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c != '\\' || !self.escaped {
            return Some(c);
        }
        let mut behind = self.rest.clone();
        let meant = match behind.next() {
            Some('n') => '\n',
            Some(c @ ('\\' | '"')) => c,
            _ => return Some('\\'),
        };
        self.rest = behind;
        Some(meant)
    }
}
