//! Comments and what is written as one: HELP, TYPE, UNIT, EOF. Needs `core` only.

use picometer::Kind;

use super::super::error::ErrorKind;
use super::super::event::Event;
use super::super::rules::Rules;
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
        // `#TYPE` without a blank is a comment for the server, and is none for expfmt (T17).
        if self.rules.tight_headers || matches!(self.byte(), Some(b' ' | b'\t')) {
            self.blanks();
            let keyword = self.token();
            if matches!(keyword, "HELP" | "TYPE") && matches!(self.byte(), Some(b' ' | b'\t')) {
                self.blanks();
                // A header that breaks off is a comment for expfmt.
                let breaks_off = self.at_line_end() && self.rules.loose_headers;
                if keyword == "HELP" && !breaks_off {
                    return self.help();
                } else if !breaks_off && let Some(event) = self.kind()? {
                    return Ok(event);
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
        let keyword = rest.first_chunk::<7>();
        if rest.starts_with(b"# EOF") && matches!(rest.get(5), Some(b'\n' | b'\r') | None) {
            self.at = start + 5;
            self.end()?;
            return Ok(Event::Eof);
        }
        if !matches!(keyword, Some(b"# HELP " | b"# TYPE " | b"# UNIT ")) {
            return Err((ErrorKind::UnknownComment, start));
        }
        self.at += 7;
        self.more_spaces();
        match keyword {
            Some(b"# HELP ") => self.help(),
            Some(b"# TYPE ") => match self.kind()? {
                Some(event) => Ok(event),
                None => self.fail(ErrorKind::ExpectedMetadataText),
            },
            _ => {
                let name = self.family_name()?;
                let unit = self.rest_of_line()?;
                Ok(Event::Unit { name, unit })
            }
        }
    }

    /// Spaces behind the one that OpenMetrics has, where they may be there.
    fn more_spaces(&mut self) {
        while self.rules.loose_blanks && self.byte() == Some(b' ') {
            self.at += 1;
        }
    }

    /// The rest of a line behind exactly one space.
    fn rest_of_line(&mut self) -> Result<&'a str, Fail> {
        if self.byte() != Some(b' ') {
            return self.fail(ErrorKind::ExpectedMetadataText);
        }
        self.at += 1;
        self.more_spaces();
        let start = self.at;
        self.at = scan::line_end(self.bytes(), start);
        let text = self.without_return(self.slice(start, self.at));
        self.end()?;
        Ok(text)
    }

    fn help(&mut self) -> Result<Event<'a>, Fail> {
        let name = self.family_name()?;
        if self.open_metrics() {
            if self.byte() != Some(b' ') {
                return self.fail(ErrorKind::ExpectedMetadataText);
            }
            // Further ones are part of the text.
            self.at += 1;
        } else if !self.at_line_end() && !self.passed_glue() {
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
        let text = self.without_return(self.slice(start, self.at));
        let text = if self.open_metrics() { text } else { text.trim_end_matches([' ', '\t']) };
        self.end()?;
        Ok(Event::Help { name, text: Text::new(text, escaped) })
    }

    /// Passes over the character behind a name that is no blank, where the server does. Whether there was one.
    fn passed_glue(&mut self) -> bool {
        let glue = self.slice(self.at, self.bytes().len()).chars().next().filter(|glue| !matches!(glue, ' ' | '\t'));
        let passed = glue.filter(|_| self.rules.glued_headers);
        self.at += passed.map_or(0, char::len_utf8);
        passed.is_some()
    }

    /// A type; nothing where the line breaks off, which makes it a comment.
    fn kind(&mut self) -> Result<Option<Event<'a>>, Fail> {
        let name = self.family_name()?;
        if self.rules.loose_headers && !self.open_metrics() {
            let behind = self.at;
            self.blanks();
            if self.at_line_end() {
                return Ok(None);
            }
            self.at = behind;
        }
        match self.byte() {
            Some(b' ') => self.at += 1,
            Some(b'\t') if !self.open_metrics() => self.at += 1,
            _ if !self.open_metrics() && !self.at_line_end() && self.passed_glue() => {}
            _ => return self.fail(ErrorKind::ExpectedMetadataText),
        }
        // Exactly one blank for the server.
        if self.open_metrics() {
            self.more_spaces();
        } else if self.rules.loose_headers {
            self.blanks();
        }
        let start = self.at;
        let end = scan::line_end(self.bytes(), start);
        let word = self.without_return(self.slice(start, end));
        match self.kind_of(word) {
            Some(kind) => {
                self.at = end;
                self.end()?;
                Ok(Some(Event::Type { name, kind }))
            }
            None => Err((ErrorKind::UnknownType, start)),
        }
    }

    fn kind_of(&self, word: &str) -> Option<Kind> {
        let Rules { foreign_types, loose_headers, .. } = self.rules;
        let open_metrics = self.open_metrics();
        let word = if foreign_types && !open_metrics { word.trim_end_matches([' ', '\t']) } else { word };
        // expfmt drops backslashes.
        let alike = |name: &str| word.bytes().filter(|&byte| byte != b'\\').map(|byte| byte.to_ascii_lowercase()).eq(name.bytes());
        let is = |name: &str| if loose_headers && !open_metrics { alike(name) } else { word == name };
        let both = [("counter", Kind::Counter), ("gauge", Kind::Gauge), ("histogram", Kind::Histogram), ("summary", Kind::Summary)];
        let own =
            [("unknown", Kind::Unknown), ("gaugehistogram", Kind::GaugeHistogram), ("info", Kind::Info), ("stateset", Kind::StateSet)];
        let find = |kinds: &[(&str, Kind)]| kinds.iter().find(|(name, _)| is(name)).map(|&(_, kind)| kind);
        if !open_metrics && is("untyped") {
            return Some(Kind::Unknown);
        }
        find(&both).or_else(|| find(&own).filter(|_| open_metrics || foreign_types))
    }
}
