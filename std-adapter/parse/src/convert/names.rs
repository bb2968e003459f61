//! Names: which are in the legacy character set, and what an escaping makes of the others (exposition formats, section 9).

use std::borrow::Cow;

use picometer::Escaping;

/// Whether the byte may stand there; a colon may in names of metrics.
fn is_legacy_byte(byte: u8, first: bool, colon: bool) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || (colon && byte == b':') || (!first && byte.is_ascii_digit())
}

/// Whether the name needs no quotes.
pub(super) fn is_legacy(name: &str, colon: bool) -> bool {
    !name.is_empty() && name.bytes().enumerate().all(|(at, byte)| is_legacy_byte(byte, at == 0, colon))
}

/// The name as the escaping has it.
pub(super) fn escaped(name: &str, escaping: Escaping, colon: bool) -> Cow<'_, str> {
    let legacy = is_legacy(name, colon);
    match escaping {
        Escaping::Underscores if !legacy => rewritten(name, colon, "", ["_", "_"], |_| "_".into()).into(),
        Escaping::Dots => rewritten(name, colon, "", ["_dot_", "__"], |_| "__".into()).into(),
        Escaping::Values if !legacy => rewritten(name, colon, "U__", ["_2e_", "__"], |c| format!("_{:x}_", u32::from(c)).into()).into(),
        _ => name.into(),
    }
}

fn rewritten(name: &str, colon: bool, start: &str, [dot, underscore]: [&str; 2], other: impl Fn(char) -> Cow<'static, str>) -> String {
    let mut text = start.to_string();
    for (at, c) in name.chars().enumerate() {
        match c {
            '_' => text += underscore,
            '.' => text += dot,
            c if c.is_ascii() && is_legacy_byte(c as u8, at == 0, colon) => text.push(c),
            c => text += &other(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, Sample};
    use crate::parse::Page;
    use picometer::{Exposition, Format, Kind};

    /// What the encoder of the core makes of the same names.
    fn encoded(name: &str, label: &str, escaping: Escaping) -> String {
        let mut family = Family::new(name, Kind::Unknown);
        family.samples.push(Sample::new(name, [(label, "v")], 1_u64));
        let page = Page::new(vec![family]);
        let (mut exposition, mut buffer) = (Exposition::new(&page, Format::Text004).escaping(escaping), [0; 1024]);
        let len = exposition.fill(&mut buffer).unwrap();
        String::from_utf8(buffer[..len].to_vec()).unwrap()
    }

    #[test]
    fn escaped_names_are_those_of_the_encoder() {
        for escaping in [Escaping::Underscores, Escaping::Dots, Escaping::Values] {
            for (name, label) in [("a.b_c", "x.y"), ("1a", "1"), ("é😱", "l:x"), ("a:b", "a_b"), ("plain", "plain"), ("a\u{0}b", " ")] {
                let (own, own_label) = (escaped(name, escaping, true), escaped(label, escaping, false));
                let expected = format!("# TYPE {own} untyped\n{own}{{{own_label}=\"v\"}} 1\n");
                assert_eq!(encoded(name, label, escaping), expected, "{escaping:?}");
            }
        }
    }
}
