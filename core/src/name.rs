//! Names: which ones are legal, and how the parts of one are put together (exposition formats, section 1).

/// Text that every name of a registry gets in front; a chain, because registries nest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefix<'a> {
    pub(crate) text: &'a str,
    pub(crate) next: Option<&'a Prefix<'a>>,
}

/// A metric or sample name in parts, in the order in which they are written: prefixes, namespace, subsystem, stem, suffix.
///
/// Parts instead of a string, because joining takes memory that a microcontroller does not have to give.
///
/// ```
/// use picometer::Desc;
///
/// static DESC: Desc = Desc::counter("frames_total", "Frames received.").namespace("nic").subsystem("rx");
/// assert!(DESC.name() == *"nic_rx_frames_total");
/// assert_eq!(DESC.name().to_string(), "nic_rx_frames_total");
/// assert_eq!(DESC.name().parts().collect::<String>(), "nic_rx_frames_total");
/// ```
#[derive(Clone, Copy)]
pub struct Name<'a> {
    pub(crate) prefix: Option<&'a Prefix<'a>>,
    pub(crate) namespace: &'a str,
    pub(crate) subsystem: &'a str,
    pub(crate) stem: &'a str,
    pub(crate) suffix: &'a str,
}

impl<'a> Name<'a> {
    pub(crate) const fn of(stem: &'a str) -> Self {
        Self { prefix: None, namespace: "", subsystem: "", stem, suffix: "" }
    }

    /// The parts in writing order; joined without anything between they are the name. Some may be empty.
    pub fn parts(self) -> impl Iterator<Item = &'a str> {
        let joint = |part: &str| if part.is_empty() { "" } else { "_" };
        let mut prefix = self.prefix;
        let prefixes = core::iter::from_fn(move || {
            let here = prefix?;
            prefix = here.next;
            Some(here.text)
        });
        prefixes.chain([self.namespace, joint(self.namespace), self.subsystem, joint(self.subsystem), self.stem, self.suffix])
    }

    /// The bytes of the joined name.
    pub fn bytes(self) -> impl Iterator<Item = u8> {
        self.parts().flat_map(str::bytes)
    }

    /// The characters of the joined name.
    pub(crate) fn chars(self) -> impl Iterator<Item = char> {
        self.parts().flat_map(str::chars)
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl PartialEq<str> for Name<'_> {
    fn eq(&self, other: &str) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl core::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.parts().try_for_each(|part| f.write_str(part))
    }
}

impl core::fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Name<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        for part in self.parts() {
            defmt::write!(f, "{=str}", part);
        }
    }
}

/// Whether a byte may stand in a legacy name; `colon` says whether `:` may too.
pub(crate) const fn is_legacy_byte(byte: u8, first: bool, colon: bool) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || (colon && byte == b':') || (!first && byte.is_ascii_digit())
}

const fn is_legacy(name: &str, continued: bool, colon: bool) -> bool {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_legacy_byte(bytes[at], at == 0 && !continued, colon) {
            return false;
        }
        at += 1;
    }
    !name.is_empty()
}

/// `[a-zA-Z_:][a-zA-Z0-9_:]*` (N1).
pub(crate) const fn is_legacy_metric_name(name: &str) -> bool {
    is_legacy(name, false, true)
}

/// What may follow the start of a metric name: `[a-zA-Z0-9_:]+`.
pub(crate) const fn is_legacy_metric_tail(name: &str) -> bool {
    is_legacy(name, true, true)
}

/// `[a-zA-Z_][a-zA-Z0-9_]*` (N1).
pub(crate) const fn is_legacy_label_name(name: &str) -> bool {
    is_legacy(name, false, false)
}

/// `==` on strings, which is not `const` yet.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && ends_with(a, b)
}

pub(crate) const fn ends_with(text: &str, end: &str) -> bool {
    let (text, end) = (text.as_bytes(), end.as_bytes());
    if end.len() > text.len() {
        return false;
    }
    let start = text.len() - end.len();
    let mut at = 0;
    while at < end.len() {
        if text[start + at] != end[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The text without its last `count` bytes; the whole text where that is not a character boundary.
pub(crate) const fn without_end(text: &str, count: usize) -> &str {
    match text.as_bytes().split_at_checked(text.len().saturating_sub(count)) {
        Some((head, _)) => match core::str::from_utf8(head) {
            Ok(head) => head,
            Err(_) => text,
        },
        None => text,
    }
}

/// Whether any two names are the same.
pub(crate) const fn has_repeats(names: &[&str]) -> bool {
    let mut first = 0;
    while first < names.len() {
        let mut second = first + 1;
        while second < names.len() {
            if same(names[first], names[second]) {
                return true;
            }
            second += 1;
        }
        first += 1;
    }
    false
}

/// Whether one of the names is `name`.
pub(crate) const fn contains(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(names[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_names() {
        for name in ["a", "_", "a1", "A_b9", "a:b"] {
            assert!(is_legacy_metric_name(name), "{name}");
        }
        for name in ["", "1a", "a-b", "a b", "a\n", "é", "a.b"] {
            assert!(!is_legacy_metric_name(name), "{name}");
            assert!(!is_legacy_label_name(name), "{name}");
        }
        assert!(!is_legacy_label_name("a:b"));
        assert!(is_legacy_metric_tail("1a") && !is_legacy_metric_tail("a.b"));
    }

    #[test]
    fn text_helpers() {
        assert!(ends_with("a_total", "_total") && !ends_with("total", "_total") && ends_with("x", ""));
        assert_eq!(without_end("a_total", 6), "a");
        assert_eq!(without_end("aé", 1), "aé");
        assert_eq!(without_end("a", 5), "");
        assert!(has_repeats(&["a", "b", "a"]) && !has_repeats(&["a", "b"]));
        assert!(contains(&["a", "b"], "b") && !contains(&["a"], "b"));
    }
}
