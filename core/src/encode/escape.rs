//! Escaping: of text in the formats and of names for scrapers that do not take UTF-8.

use crate::charset::is_legacy_byte;
use crate::desc::Parts;
use crate::encode::page::Page;

/// How names outside the legacy character set are exposed. Scrapers ask for one with `escaping=` in `Accept`.
///
/// ```
/// use picometer::Escaping;
///
/// assert_eq!(Escaping::default(), Escaping::Underscores);
/// assert_eq!(Escaping::AllowUtf8.token(), "allow-utf-8");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Escaping {
    /// As they are, in quotes: `{"http.requests"}`.
    AllowUtf8,
    /// Every character that is not legal becomes `_`: `http_requests`.
    #[default]
    Underscores,
    /// `.` becomes `_dot_`, `_` becomes `__`, anything else that is not legal `__`: `http_dot_requests`. Legal names change too,
    /// so that the scheme can be undone; the suffix of a sample, `_total` or `_bucket`, does not.
    Dots,
    /// `U__` in front, and `_` and the hexadecimal code point and `_` for a character that is not legal: `U__http_2e_requests`.
    Values,
}

impl Escaping {
    /// All schemes.
    pub const ALL: [Self; 4] = [Self::AllowUtf8, Self::Underscores, Self::Dots, Self::Values];

    /// The name of the scheme in `Accept` and `Content-Type`.
    pub const fn token(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }
}

/// Text in which `\`, line feed and, where `quote` says so, `"` are escaped. Everything else goes raw.
pub(crate) fn text(page: &mut Page<'_>, mut bytes: &[u8], quote: bool) {
    while let Some(at) = bytes.iter().position(|&byte| matches!(byte, b'\\' | b'\n') || (quote && byte == b'"')) {
        let (before, rest) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
        page.put(before);
        if let Some((&special, rest)) = rest.split_first() {
            page.put(&[b'\\', if special == b'\n' { b'n' } else { special }]);
            bytes = rest;
        }
    }
    page.put(bytes);
}

/// How names are written under a scheme.
///
/// Functions instead of a `match`, so that a program that never asks for a scheme does not link it.
pub(crate) struct Names {
    /// Whether a name in the legacy character set is left alone.
    pub(crate) keeps_legacy: bool,
    /// Whether any other is written in quotes, which puts the name of a metric between the braces.
    pub(crate) quotes: bool,
    /// Writes a name that is not left alone; the flag says whether `:` is legal, as it is in the name of a metric.
    rewrite: fn(&mut Page<'_>, Parts<'_>, bool),
}

// One static each, so that a program links the schemes that it names.
static QUOTED: Names = Names { keeps_legacy: true, quotes: true, rewrite: quoted };
static UNDERSCORES: Names = Names { keeps_legacy: true, quotes: false, rewrite: underscores };
static DOTS: Names = Names { keeps_legacy: false, quotes: false, rewrite: dots };
static VALUES: Names = Names { keeps_legacy: true, quotes: false, rewrite: values };

impl Names {
    #[inline]
    pub(crate) const fn of(escaping: Escaping) -> &'static Self {
        match escaping {
            Escaping::AllowUtf8 => &QUOTED,
            Escaping::Underscores => &UNDERSCORES,
            Escaping::Dots => &DOTS,
            Escaping::Values => &VALUES,
        }
    }

    /// The name of a metric; `legacy` says whether it is in the legacy character set.
    pub(crate) fn metric(&self, page: &mut Page<'_>, parts: Parts<'_>, legacy: bool) {
        let rewrite = if legacy && self.keeps_legacy { as_it_is } else { self.rewrite };
        rewrite(page, parts, true);
    }

    /// The name of a label, which may be unchecked.
    pub(crate) fn label(&self, page: &mut Page<'_>, parts: Parts<'_>) {
        let rewrite = if self.keeps_legacy && is_legacy(parts.clone(), false) { as_it_is } else { self.rewrite };
        rewrite(page, parts, false);
    }
}

fn as_it_is(page: &mut Page<'_>, parts: Parts<'_>, _: bool) {
    parts.for_each(|part| page.put(part.as_bytes()));
}

fn quoted(page: &mut Page<'_>, parts: Parts<'_>, _: bool) {
    page.put(b"\"");
    parts.for_each(|part| text(page, part.as_bytes(), true));
    page.put(b"\"");
}

fn underscores(page: &mut Page<'_>, parts: Parts<'_>, colon: bool) {
    rewritten(page, parts, colon, Rewrite { dot: b"_", underscore: b"_", other: Some(b"_") });
}

fn dots(page: &mut Page<'_>, parts: Parts<'_>, colon: bool) {
    rewritten(page, parts, colon, Rewrite { dot: b"_dot_", underscore: b"__", other: Some(b"__") });
}

fn values(page: &mut Page<'_>, parts: Parts<'_>, colon: bool) {
    // A name whose every character is legal is left alone.
    if is_legacy(parts.clone(), colon) {
        as_it_is(page, parts, colon);
    } else {
        page.put(b"U__");
        rewritten(page, parts, colon, Rewrite { dot: b"_2e_", underscore: b"__", other: None });
    }
}

/// What becomes of the characters of a name.
struct Rewrite {
    dot: &'static [u8],
    underscore: &'static [u8],
    /// Of a character that is not legal; its code point between underscores without.
    other: Option<&'static [u8]>,
}

/// What follows the name of a family is left alone, so that it still follows it: a scraper takes `a__b__bucket` for no bucket of
/// `a__b`, and looks for `target_info`.
fn rewritten(page: &mut Page<'_>, mut parts: Parts<'_>, colon: bool, rewrite: Rewrite) {
    let suffix = parts.take_suffix();
    let mut first = true;
    for part in parts {
        for c in part.chars() {
            match (c, rewrite.other) {
                ('_', _) => page.put(rewrite.underscore),
                ('.', _) => page.put(rewrite.dot),
                _ if c.is_ascii() && is_legacy_byte(c as u8, first, colon) => page.put(&[c as u8]),
                (_, Some(other)) => page.put(other),
                (_, None) => code_point(page, c),
            }
            first = false;
        }
    }
    page.put(suffix.as_bytes());
}

fn is_legacy(parts: Parts<'_>, colon: bool) -> bool {
    let mut first = true;
    for part in parts {
        for &byte in part.as_bytes() {
            if !is_legacy_byte(byte, first, colon) {
                return false;
            }
            first = false;
        }
    }
    true
}

/// `_1f631_`
fn code_point(page: &mut Page<'_>, c: char) {
    let code = u32::from(c);
    let digits = (32 - code.leading_zeros()).div_ceil(4).max(1);
    page.put(b"_");
    for place in (0..digits).rev() {
        let digit = (code >> (4 * place) & 0xf) as u8;
        page.put(&[if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }]);
    }
    page.put(b"_");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::page::Position;
    use std::string::String;

    fn put(write: impl Fn(&mut Page<'_>)) -> String {
        let mut buffer = [0; 256];
        let mut page = Page::new(&mut buffer, Position::START);
        write(&mut page);
        String::from_utf8(page.whole().to_vec()).unwrap()
    }

    #[test]
    fn values_and_help() {
        let all = "a\\b\"c\nd\r\t\0é😱";
        assert_eq!(put(|page| text(page, all.as_bytes(), true)), "a\\\\b\\\"c\\nd\r\t\0é😱");
        assert_eq!(put(|page| text(page, all.as_bytes(), false)), "a\\\\b\"c\\nd\r\t\0é😱");
        assert_eq!(put(|page| text(page, b"", true)), "");
        assert_eq!(put(|page| text(page, b"\n\n", true)), "\\n\\n");
    }

    #[test]
    fn names_under_each_scheme() {
        // exposition formats section 12 and Y2 to Y4
        let table = [
            ("花火", ["\"花火\"", "__", "____", "U___82b1__706b_"]),
            ("label with 😱", ["\"label with 😱\"", "label_with__", "label__with____", "U__label_20_with_20__1f631_"]),
            ("http.requests", ["\"http.requests\"", "http_requests", "http_dot_requests", "U__http_2e_requests"]),
            ("a_b", ["a_b", "a_b", "a__b", "a_b"]),
            ("1st", ["\"1st\"", "_st", "__st", "U___31_st"]),
            ("a:b", ["\"a:b\"", "a_b", "a__b", "U__a_3a_b"]),
            ("a_\"b", ["\"a_\\\"b\"", "a__b", "a____b", "U__a___22_b"]),
        ];
        for (name, expected) in table {
            for (escaping, expected) in Escaping::ALL.into_iter().zip(expected) {
                assert_eq!(put(|page| Names::of(escaping).label(page, Parts::of(name))), expected);
            }
        }
    }
}
