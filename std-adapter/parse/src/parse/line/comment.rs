//! Comments and what is written as one: HELP, TYPE, UNIT, EOF. Needs `core` only.

use picometer::Kind;

use super::super::error::ErrorKind;
use super::super::event::Event;
use super::super::scan;
use super::super::text::Text;
use super::{Fail, Scanner};

/// Lines that start with `#`.
impl<'a> Scanner<'a> {
    /// A comment; the place is on the `#`, and then behind its line.
    pub(in crate::parse) fn comment(&mut self) -> Result<Event<'a>, Fail> {
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
        match self.byte() {
            Some(b' ') => {}
            Some(b'\t') if !self.open_metrics() => {}
            _ => return self.fail(ErrorKind::ExpectedMetadataText),
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
