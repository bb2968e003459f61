//! Which characters names are made of (exposition formats, section 1), and what `const fn`s need to look at text.

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

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub(crate) const fn is_legacy_metric_name(name: &str) -> bool {
    is_legacy(name, false, true)
}

/// What may follow the start of a metric name: `[a-zA-Z0-9_:]+`.
pub(crate) const fn is_legacy_metric_tail(name: &str) -> bool {
    is_legacy(name, true, true)
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`.
pub(crate) const fn is_legacy_label_name(name: &str) -> bool {
    is_legacy(name, false, false)
}

/// `==` on strings, which is not `const` yet.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && ends_with(a, b)
}

pub(crate) const fn ends_with(text: &str, end: &str) -> bool {
    let (mut text, mut end) = (text.as_bytes(), end.as_bytes());
    while let Some((last, rest)) = end.split_last() {
        match text.split_last() {
            Some((other, before)) if *other == *last => (text, end) = (before, rest),
            _ => return false,
        }
    }
    true
}

/// The text without its last `count` bytes; the whole text where that is not a character boundary.
pub(crate) const fn without_end(text: &str, count: usize) -> &str {
    match text.split_at_checked(text.len().saturating_sub(count)) {
        Some((head, _)) => head,
        None => text,
    }
}

/// The last `count` bytes; nothing where they do not start at a character boundary.
pub(crate) const fn end(text: &str, count: usize) -> &str {
    match text.split_at_checked(text.len().saturating_sub(count)) {
        Some((_, end)) => end,
        None => "",
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
        assert_eq!((end("a_bytes", 5), end("aé", 1), end("a", 5), end("a", 0)), ("bytes", "", "a", ""));
        assert!(has_repeats(&["a", "b", "a"]) && !has_repeats(&["a", "b"]));
        assert!(contains(&["a", "b"], "b") && !contains(&["a"], "b"));
    }
}
