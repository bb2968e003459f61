//! Escaping: of text in the formats (exposition formats E1) and of names for scrapers that do not take UTF-8 (Y1 to Y5).

use crate::encode::page::Page;
use crate::name::{Name, is_legacy_byte, is_legacy_label_name};

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
    /// so that the scheme can be undone.
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

    /// Whether a name with this character set is written as it is.
    pub(crate) fn keeps(self, legacy: bool) -> bool {
        legacy && self != Self::Dots
    }

    /// Whether a name with this character set is written in quotes.
    pub(crate) fn quotes(self, legacy: bool) -> bool {
        !legacy && self == Self::AllowUtf8
    }
}

/// Text in which `\`, line feed and, where `quote` says so, `"` are escaped. Everything else goes raw.
pub(crate) fn text(page: &mut Page<'_>, text: &str, quote: bool) {
    let mut bytes = text.as_bytes();
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

/// A metric name; in quotes if the scheme has it so. `legacy` says whether it is in the legacy character set.
pub(crate) fn metric_name(page: &mut Page<'_>, name: Name<'_>, legacy: bool, escaping: Escaping) {
    if escaping.keeps(legacy) {
        name.parts().for_each(|part| page.put(part.as_bytes()));
    } else if escaping.quotes(legacy) {
        page.put(b"\"");
        name.parts().for_each(|part| text(page, part, true));
        page.put(b"\"");
    } else {
        escaped(page, || name.chars(), escaping, true);
    }
}

/// A label name, which nobody may have checked; an empty one becomes `_`, so that the page stays one.
pub(crate) fn label_name(page: &mut Page<'_>, name: &str, escaping: Escaping) {
    let legacy = is_legacy_label_name(name);
    if escaping.keeps(legacy) {
        page.put(name.as_bytes());
    } else if name.is_empty() {
        page.put(b"_");
    } else if escaping.quotes(legacy) {
        page.put(b"\"");
        text(page, name, true);
        page.put(b"\"");
    } else {
        escaped(page, || name.chars(), escaping, false);
    }
}

/// The label of a state set's states: the name of the family, where `:` is not legal any more.
pub(crate) fn state_label(page: &mut Page<'_>, name: Name<'_>, escaping: Escaping) {
    let legacy = name.bytes().enumerate().all(|(index, byte)| is_legacy_byte(byte, index == 0, false));
    if escaping.keeps(legacy) || escaping.quotes(legacy) {
        metric_name(page, name, legacy, escaping);
    } else {
        escaped(page, || name.chars(), escaping, false);
    }
}

/// Schemes `underscores`, `dots` and `values`; `colon` says whether `:` is legal, as it is in metric names.
fn escaped<I: Iterator<Item = char>>(page: &mut Page<'_>, chars: impl Fn() -> I, escaping: Escaping, colon: bool) {
    let legal = |index: usize, c: char| u8::try_from(c).is_ok_and(|byte| is_legacy_byte(byte, index == 0, colon));
    let values = escaping == Escaping::Values && !chars().enumerate().all(|(index, c)| legal(index, c));
    if values {
        page.put(b"U__");
    }
    for (index, c) in chars().enumerate() {
        match (escaping, c) {
            (Escaping::Dots, '.') => page.put(b"_dot_"),
            (Escaping::Dots, '_') => page.put(b"__"),
            (Escaping::Values, '_') if values => page.put(b"__"),
            _ if legal(index, c) => page.put(&[c as u8]),
            (Escaping::Dots, _) => page.put(b"__"),
            (Escaping::Values, _) => {
                page.put(b"_");
                hexadecimal(page, c);
                page.put(b"_");
            }
            _ => page.put(b"_"),
        }
    }
}

fn hexadecimal(page: &mut Page<'_>, c: char) {
    let code = u32::from(c);
    let digits = (32 - code.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        let digit = (code >> (4 * place) & 0xf) as u8;
        page.put(&[if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }]);
    }
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
        assert_eq!(put(|page| text(page, all, true)), "a\\\\b\\\"c\\nd\r\t\0é😱");
        assert_eq!(put(|page| text(page, all, false)), "a\\\\b\"c\\nd\r\t\0é😱");
        assert_eq!(put(|page| text(page, "", true)), "");
        assert_eq!(put(|page| text(page, "\n\n", true)), "\\n\\n");
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
                assert_eq!(put(|page| label_name(page, name, escaping)), expected);
            }
        }
    }
}
