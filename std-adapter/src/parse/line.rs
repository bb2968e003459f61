//! One line of a page. Needs `core` only.
//!
//! Before working on this file, read exposition formats sections 4.2 (grammar of the text format) and 6.5 (OpenMetrics).

use picometer::Kind;

use super::error::ErrorKind;
use super::event::{Event, Exemplar, Sample};
use super::labels::{self, Labels};
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
}

impl<'a> Scanner<'a> {
    pub(super) fn new(page: &'a str, dialect: Dialect, rules: Rules) -> Self {
        Self { page, at: 0, dialect, rules, name: "", labels: [Kept::NONE; KEPT], exemplar_labels: [Kept::NONE; KEPT], feeds: 0 }
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
            Err(kind) => Err((kind, start)),
        }
    }

    fn timestamp(&mut self) -> Result<Time, Fail> {
        let start = self.at;
        let token = self.token();
        let time = if self.open_metrics() { number::seconds(token) } else { number::millis(token, self.rules.negative_timestamps) };
        time.map_err(|kind| (kind, start))
    }
}

/// Samples.
impl<'a> Scanner<'a> {
    /// A sample; the place is on its first character, and then behind its line.
    #[inline(always)]
    pub(super) fn sample(&mut self) -> Result<Sample<'a>, Fail> {
        let mut name = match self.byte() {
            Some(b'{') => None,
            _ => Some(Text::plain(self.sample_name()?)),
        };
        let before = self.at;
        self.blanks();
        let mut labels = Labels::new("", false);
        if self.byte() == Some(b'{') {
            labels = self.labels(&mut name, true)?;
            // The text formats want no blank behind the brace.
            if self.open_metrics() { self.gap()? } else { self.blanks() }
        } else if self.at == before {
            match self.byte() {
                Some(b' ') => self.at += 1,
                Some(b'\n') | None => return self.fail(ErrorKind::ExpectedValue),
                Some(_) => return self.fail(ErrorKind::BadNameCharacter),
            }
        }
        let Some(name) = name else { return self.fail(ErrorKind::MissingName) };
        let (value, raw_value, native_histogram) = if self.byte() == Some(b'{') && self.open_metrics() {
            (f64::NAN, "", Some(self.composite()?))
        } else {
            let (value, raw) = self.value()?;
            (value, raw, None)
        };
        let mut sample = Sample { name, labels, value, raw_value, timestamp: None, exemplar: None, native_histogram };
        // What nearly every line ends in.
        if self.byte() == Some(b'\n') {
            self.at += 1;
            return Ok(sample);
        }
        self.tail(&mut sample)?;
        Ok(sample)
    }

    /// What may follow the value: timestamp and exemplar.
    #[inline(never)]
    fn tail(&mut self, sample: &mut Sample<'a>) -> Result<(), Fail> {
        if self.open_metrics() {
            if self.byte() == Some(b' ') && !self.rest().starts_with(b" #") {
                self.at += 1;
                sample.timestamp = Some(self.timestamp()?);
            }
            if self.byte() == Some(b' ') {
                sample.exemplar = Some(self.exemplar()?);
            }
        } else {
            self.blanks();
            if !matches!(self.byte(), Some(b'\n') | None) {
                sample.timestamp = Some(self.timestamp()?);
            }
        }
        self.end()
    }

    /// ` # {labels} value [timestamp]`
    fn exemplar(&mut self) -> Result<Exemplar<'a>, Fail> {
        if !self.rest().starts_with(b" # {") {
            return self.fail(ErrorKind::ExpectedExemplar);
        }
        self.at += 3;
        let start = self.at;
        let labels = self.labels(&mut None, false)?;
        let length = |text: Text<'_>| text.chars().count();
        let limit = if self.rules.loose_families { usize::MAX } else { 128 };
        if labels.raw().len() > 128 && labels.iter().map(|(name, value)| length(name) + length(value)).sum::<usize>() > limit {
            return Err((ErrorKind::ExemplarTooLong, start));
        }
        if self.byte() != Some(b' ') {
            return self.fail(ErrorKind::ExpectedExemplar);
        }
        self.at += 1;
        let (value, raw_value) = self.value()?;
        let timestamp = if self.byte() == Some(b' ') {
            self.at += 1;
            Some(self.timestamp()?)
        } else {
            None
        };
        Ok(Exemplar { labels, value, raw_value, timestamp })
    }

    /// `{count:…,sum:…}`, which is read when a family is made of it.
    #[inline(never)]
    fn composite(&mut self) -> Result<&'a str, Fail> {
        let start = self.at;
        let end = scan::line_end(self.bytes(), start);
        let line = self.slice(start, end);
        match line.find('}') {
            Some(close) => {
                self.at = start + close + 1;
                Ok(self.slice(start, self.at))
            }
            None => Err((ErrorKind::InvalidNativeHistogram, start)),
        }
    }

    /// Labels in braces; the place is on the opening one, and then behind the closing one. The name of a metric may be among
    /// them, where `sample` says that they are those of a sample.
    #[inline(always)]
    fn labels(&mut self, name: &mut Option<Text<'a>>, sample: bool) -> Result<Labels<'a>, Fail> {
        self.at += 1;
        let start = self.at;
        let (mut count, mut familiar, mut named) = (0_usize, true, false);
        loop {
            self.blanks();
            let label_at = self.at;
            let (label, plain) = match self.byte() {
                Some(b'}') if count == 0 && label_at == start => break,
                Some(b'}') => {
                    // Behind a comma, or behind blanks alone.
                    if self.open_metrics() && !self.rules.loose_commas {
                        return self.fail(ErrorKind::TrailingComma);
                    }
                    break;
                }
                Some(b'"') => (self.quoted_name()?, false),
                Some(byte) if scan::is(byte, scan::LABEL_START) => {
                    let kept = self.kept(sample).get(count).copied().unwrap_or(Kept::NONE);
                    if kept.is_at(self.rest()) {
                        self.at = label_at + kept.name.len();
                        // What nearly every label of nearly every line is.
                        if familiar && self.bytes().get(self.at + 1) == Some(&b'"') {
                            self.at += 1;
                            self.quoted()?;
                            count += 1;
                            match self.byte() {
                                Some(b',') => {
                                    self.at += 1;
                                    continue;
                                }
                                Some(b'}') => break,
                                _ => {}
                            }
                            self.separator()?;
                            if self.byte() == Some(b'}') {
                                break;
                            }
                            continue;
                        }
                        (Text::plain(kept.name), true)
                    } else {
                        familiar = false;
                        self.at = scan::skip(self.bytes(), label_at + 1, scan::LABEL);
                        (Text::plain(self.slice(label_at, self.at)), true)
                    }
                }
                _ => return self.fail(ErrorKind::ExpectedLabelName),
            };
            self.blanks();
            if self.byte() != Some(b'=') {
                if plain || !sample {
                    return self.fail(ErrorKind::ExpectedEquals);
                }
                if count > 0 || named || name.is_some() {
                    return Err((if name.is_some() { ErrorKind::RepeatedName } else { ErrorKind::ExpectedEquals }, label_at));
                }
                *name = Some(label);
                named = true;
            } else {
                self.at += 1;
                self.blanks();
                if self.byte() != Some(b'"') {
                    return self.fail(ErrorKind::ExpectedQuote);
                }
                let value = self.quoted()?;
                familiar &= plain;
                if !familiar {
                    let reserved = sample && label == "__name__";
                    if reserved {
                        named |= self.reserved(name, value, label_at)?;
                    }
                    if let Some(kept) = self.kept(sample).get_mut(count) {
                        *kept = if plain && !reserved { Kept::new(label.raw()) } else { Kept::NONE };
                    }
                }
                count += 1;
            }
            self.separator()?;
            if self.byte() == Some(b'}') {
                break;
            }
        }
        let labels = Labels::new(self.slice(start, self.at), named);
        self.at += 1;
        if !familiar {
            if let Some(kept) = self.kept(sample).get_mut(count) {
                *kept = Kept::NONE;
            }
            self.check_labels(labels, count, start)?;
        }
        Ok(labels)
    }

    /// What stands behind a label: a comma, which is passed, or the closing brace.
    #[inline]
    fn separator(&mut self) -> Result<(), Fail> {
        self.blanks();
        match self.byte() {
            Some(b',') => self.at += 1,
            Some(b'}') => return Ok(()),
            Some(b'\n') | None => return self.fail(ErrorKind::ExpectedCommaOrBrace),
            Some(_) if self.rules.loose_commas && !self.open_metrics() => {}
            Some(_) => return self.fail(ErrorKind::ExpectedCommaOrBrace),
        }
        self.blanks();
        // A brace that follows a comma is judged as one that does.
        if self.byte() == Some(b'}') && self.open_metrics() && !self.rules.loose_commas {
            return self.fail(ErrorKind::TrailingComma);
        }
        Ok(())
    }

    #[inline(always)]
    fn kept(&mut self, sample: bool) -> &mut [Kept<'a>; KEPT] {
        if sample { &mut self.labels } else { &mut self.exemplar_labels }
    }

    /// `__name__` among the labels: the name of the metric, where it has no other. Whether it is.
    #[cold]
    fn reserved(&mut self, name: &mut Option<Text<'a>>, value: Text<'a>, at: usize) -> Result<bool, Fail> {
        if name.is_some() {
            return if self.rules.repeated_labels { Ok(false) } else { Err((ErrorKind::ReservedLabel, at)) };
        }
        if value.is_empty() {
            return Err((ErrorKind::EmptyName, at));
        }
        *name = Some(value);
        Ok(true)
    }

    /// Labels in another order than those of the line before may have repeats.
    #[inline(never)]
    fn check_labels(&self, labels: Labels<'a>, count: usize, start: usize) -> Result<(), Fail> {
        if count > labels::MOST {
            return Err((ErrorKind::TooManyLabels, start));
        }
        if !self.rules.repeated_labels && labels.has_repeats() {
            return Err((ErrorKind::RepeatedLabel, start));
        }
        Ok(())
    }
}

/// Lines that start with `#`.
impl<'a> Scanner<'a> {
    /// A comment; the place is on the `#`, and then behind its line.
    pub(super) fn comment(&mut self) -> Result<Event<'a>, Fail> {
        let start = self.at;
        if self.open_metrics() {
            return self.metadata(start);
        }
        self.at += 1;
        // `#TYPE` without a blank is a comment for the server, and is none for the other (T17); taken as one it harms nobody.
        if matches!(self.byte(), Some(b' ' | b'\t')) {
            self.blanks();
            let keyword = self.token();
            if matches!(keyword, "HELP" | "TYPE") && matches!(self.byte(), Some(b' ' | b'\t')) {
                self.blanks();
                if !matches!(self.byte(), Some(b'\n') | None) {
                    return if keyword == "HELP" { self.help() } else { self.kind() };
                }
            }
        }
        self.at = scan::line_end(self.bytes(), self.at);
        let text = self.slice(start, self.at);
        self.end()?;
        Ok(Event::Comment(text))
    }

    fn metadata(&mut self, start: usize) -> Result<Event<'a>, Fail> {
        let rest = self.rest();
        if rest.starts_with(b"# HELP ") {
            self.at += 7;
            self.help()
        } else if rest.starts_with(b"# TYPE ") {
            self.at += 7;
            self.kind()
        } else if rest.starts_with(b"# UNIT ") {
            self.at += 7;
            let name = self.family_name()?;
            let unit = self.rest_of_line()?;
            Ok(Event::Unit { name, unit })
        } else if rest.starts_with(b"# EOF") && matches!(rest.get(5), Some(b'\n') | None) {
            self.at = (start + 6).min(self.bytes().len());
            Ok(Event::Eof)
        } else {
            Err((ErrorKind::UnknownComment, start))
        }
    }

    /// The rest of a line behind exactly one space.
    fn rest_of_line(&mut self) -> Result<&'a str, Fail> {
        if self.byte() != Some(b' ') {
            return self.fail(ErrorKind::ExpectedMetadataText);
        }
        let start = self.at + 1;
        self.at = scan::line_end(self.bytes(), start);
        let text = self.slice(start, self.at);
        self.end()?;
        Ok(text)
    }

    fn help(&mut self) -> Result<Event<'a>, Fail> {
        let name = self.family_name()?;
        if self.open_metrics() {
            if self.byte() != Some(b' ') {
                return self.fail(ErrorKind::ExpectedMetadataText);
            }
            self.at += 1;
        } else if !matches!(self.byte(), Some(b'\n') | None) {
            self.gap()?;
        }
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at = scan::escape_or_line_end(self.bytes(), self.at);
            if self.byte() != Some(b'\\') {
                break;
            }
            let known = matches!(self.bytes().get(self.at + 1), Some(b'\\' | b'"' | b'n'));
            if !known && !self.open_metrics() && !self.rules.unknown_escapes {
                return self.fail(ErrorKind::UnknownEscape);
            }
            escaped = true;
            // A backslash at the end of the line stands alone.
            self.at += if matches!(self.bytes().get(self.at + 1), Some(b'\n') | None) { 1 } else { 2 };
        }
        let text = self.slice(start, self.at);
        let text = if self.open_metrics() { text } else { text.trim_end_matches([' ', '\t']) };
        self.end()?;
        Ok(Event::Help { name, text: Text::new(text, escaped) })
    }

    fn kind(&mut self) -> Result<Event<'a>, Fail> {
        let name = self.family_name()?;
        if !self.open_metrics() && matches!(self.byte(), Some(b'\n') | None) {
            return self.fail(ErrorKind::ExpectedMetadataText);
        }
        // Exactly one blank for the server, and none behind the type for the other (T17).
        if !matches!(self.byte(), Some(b' ')) && !(self.byte() == Some(b'\t') && !self.open_metrics()) {
            return self.fail(ErrorKind::ExpectedMetadataText);
        }
        let start = self.at + 1;
        let end = scan::line_end(self.bytes(), start);
        let kind = match (self.slice(start, end), self.open_metrics()) {
            ("counter", _) => Kind::Counter,
            ("gauge", _) => Kind::Gauge,
            ("histogram", _) => Kind::Histogram,
            ("summary", _) => Kind::Summary,
            ("untyped", false) | ("unknown", true) => Kind::Unknown,
            ("gaugehistogram", true) => Kind::GaugeHistogram,
            ("info", true) => Kind::Info,
            ("stateset", true) => Kind::StateSet,
            _ => return Err((ErrorKind::UnknownType, start)),
        };
        self.at = end;
        self.end()?;
        Ok(Event::Type { name, kind })
    }
}
