//! Labels, label sets, and closed label sets whose values are known when the program is compiled.

mod closed;
mod value;

pub use closed::rules;
pub use closed::{ClosedLabel, ClosedLabels, LabelEnum, LabelTexts};
pub(crate) use closed::{Combination, has_label, repeated};
pub use value::LabelValue;

use crate::charset;

/// One label of a series.
///
/// ```
/// use picometer::{Label, LabelSet};
///
/// static BUILD: [Label; 2] =
///     [Label::new("version", "1.4.0"), Label::new("board", "an385")];
/// assert_eq!(BUILD.label(1), Some(Label { name: "board", value: "an385" }));
/// ```
///
/// A bad name in a constant does not compile:
///
/// ```compile_fail
/// const BAD: picometer::Label = picometer::Label::new("a-b", "");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Label<'a> {
    /// The name: `[a-zA-Z_][a-zA-Z0-9_]*`, or any UTF-8, but not starting with `__`.
    pub name: &'a str,
    /// The value: any UTF-8. Empty means the same as no such label.
    pub value: &'a str,
}

impl<'a> Label<'a> {
    /// A label for a `static` or `const`, where a bad name is a compile error.
    ///
    /// # Panics
    ///
    /// Outside a constant, if [`try_new`](Self::try_new) would refuse it; use that one for names known at run time.
    #[track_caller]
    pub const fn new(name: &'a str, value: &'a str) -> Self {
        match Self::try_new(name, value) {
            Ok(label) => label,
            Err(error) => panic!("{}", error.message()),
        }
    }

    /// A label with a name in the legacy character set that is not reserved.
    ///
    /// # Errors
    ///
    /// [`LabelError`] says which rule the name breaks.
    pub const fn try_new(name: &'a str, value: &'a str) -> Result<Self, LabelError> {
        match check_name(name, false) {
            Ok(()) => Ok(Self { name, value }),
            Err(error) => Err(error),
        }
    }

    /// A label with any UTF-8 name that is not reserved: `http.method`. Scrapers that do not ask for UTF-8 see it escaped.
    ///
    /// # Errors
    ///
    /// [`LabelError`] says which rule the name breaks.
    pub const fn try_utf8(name: &'a str, value: &'a str) -> Result<Self, LabelError> {
        match check_name(name, true) {
            Ok(()) => Ok(Self { name, value }),
            Err(error) => Err(error),
        }
    }

    /// Whether name and value may be written as they are in every format and escaping scheme but `dots`.
    pub(crate) const fn is_plain(&self) -> bool {
        charset::is_legacy_label_name(self.name) && is_plain_value(self.value)
    }
}

/// Whether a label value contains nothing that is escaped.
pub(crate) const fn is_plain_value(value: &str) -> bool {
    let bytes = value.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if matches!(bytes[at], b'\\' | b'"' | b'\n') {
            return false;
        }
        at += 1;
    }
    true
}

/// The rules for a label name that a user gives.
pub(crate) const fn check_name(name: &str, utf8: bool) -> Result<(), LabelError> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        Err(LabelError::Empty)
    } else if bytes.len() >= 2 && bytes[0] == b'_' && bytes[1] == b'_' {
        Err(LabelError::Reserved)
    } else if !utf8 && !charset::is_legacy_label_name(name) {
        Err(LabelError::BadName)
    } else {
        Ok(())
    }
}

/// Error returned by [`Label::try_new`] and [`Label::try_utf8`].
///
/// ```
/// use picometer::{Label, LabelError};
///
/// assert_eq!(Label::try_new("__name__", "x"), Err(LabelError::Reserved));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LabelError {
    /// The name is empty.
    Empty,
    /// The name starts with `__`, which belongs to the server.
    Reserved,
    /// The name is not of the form `[a-zA-Z_][a-zA-Z0-9_]*`.
    BadName,
}

impl LabelError {
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Empty => "a label name must not be empty",
            Self::Reserved => "label names that start with `__` are reserved for the server",
            Self::BadName => "a label name must match [a-zA-Z_][a-zA-Z0-9_]*, or be declared as UTF-8",
        }
    }
}

impl core::fmt::Display for LabelError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message())
    }
}

__speaks!(LabelError);
impl core::error::Error for LabelError {}

/// The labels of one series.
///
/// Implemented for what is at hand: `()`, arrays and slices of [`Label`] or of `(name, value)` pairs, and closed label sets made
/// by [`labels!`](crate::labels). Encoders call it while they write a page; it must answer the same until the call that it was
/// passed to returns.
///
/// ```
/// use picometer::LabelSet;
///
/// let labels = [("device", "sda"), ("mode", "r")];
/// assert_eq!(labels.label(0).unwrap().value, "sda");
/// assert_eq!(labels.label(2), None);
/// ```
pub trait LabelSet {
    /// The label at `index`, counted from 0; `None` behind the last one.
    fn label(&self, index: usize) -> Option<Label<'_>>;

    /// Whether every name is in the legacy character set and no value contains `\`, `"` or a line feed. A promise that spares
    /// the encoder two scans a label; `false` is always right.
    fn is_plain(&self) -> bool {
        false
    }

    /// The labels as they stand between the braces of a text format (`a="1",b="2"`), for label sets that keep them so. Only
    /// where every name is in the legacy character set; the values are escaped already.
    fn rendered(&self) -> Option<&str> {
        None
    }
}

impl LabelSet for () {
    fn label(&self, _: usize) -> Option<Label<'_>> {
        None
    }

    fn is_plain(&self) -> bool {
        true
    }
}

impl LabelSet for [Label<'_>] {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.get(index).copied()
    }
}

impl LabelSet for [(&str, &str)] {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.get(index).map(|&(name, value)| Label { name, value })
    }
}

impl<T, const N: usize> LabelSet for [T; N]
where
    [T]: LabelSet,
{
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.as_slice().label(index)
    }
}

/// The labels of two sets, one after the other.
pub(crate) struct Both<'a> {
    pub(crate) first: &'a dyn LabelSet,
    pub(crate) second: &'a dyn LabelSet,
}

impl LabelSet for Both<'_> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        let mut before = 0;
        while before < index && self.first.label(before).is_some() {
            before += 1;
        }
        self.first.label(index).or_else(|| self.second.label(index - before))
    }

    fn is_plain(&self) -> bool {
        self.first.is_plain() && self.second.is_plain()
    }
}

/// Labels whose plainness was found out when the program was compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StaticLabels<'a> {
    pub(crate) labels: &'a [Label<'a>],
    plain: bool,
}

impl<'a> StaticLabels<'a> {
    /// Panics, that is fails to compile in a constant, on a bad or repeated name.
    pub(crate) const fn new(labels: &'a [Label<'a>]) -> Self {
        let mut plain = true;
        let mut at = 0;
        while at < labels.len() {
            if let Err(error) = check_name(labels[at].name, true) {
                panic!("{}", error.message());
            }
            let mut other = 0;
            while other < at {
                assert!(!charset::same(labels[at].name, labels[other].name), "a label name is given twice");
                other += 1;
            }
            plain = plain && labels[at].is_plain();
            at += 1;
        }
        Self { labels, plain }
    }
}

impl LabelSet for StaticLabels<'_> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.labels.get(index).copied()
    }

    fn is_plain(&self) -> bool {
        self.plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(Label::try_new("a_1", "").is_ok());
        assert_eq!(Label::try_new("", ""), Err(LabelError::Empty));
        assert_eq!(Label::try_new("__x", ""), Err(LabelError::Reserved));
        assert_eq!(Label::try_new("a:b", ""), Err(LabelError::BadName));
        assert_eq!(Label::try_new("a\n", ""), Err(LabelError::BadName));
        assert!(Label::try_utf8("http.method", "").is_ok());
        assert_eq!(Label::try_utf8("__x", ""), Err(LabelError::Reserved));
    }

    #[test]
    fn two_sets_follow_each_other() {
        let both = Both { first: &[("a", "1"), ("b", "2")], second: &[("c", "3")] };
        let names = (0..4).map(|index| both.label(index).map(|label| label.name));
        assert!(names.eq([Some("a"), Some("b"), Some("c"), None]));
        let both = Both { first: &(), second: &[("c", "3")] };
        assert_eq!(both.label(0).unwrap().name, "c");
        assert_eq!(both.label(7), None);
    }

    #[test]
    fn plain_is_only_said_of_plain_labels() {
        assert!(StaticLabels::new(&[Label { name: "a", value: "é" }]).is_plain());
        assert!(!StaticLabels::new(&[Label { name: "a", value: "\"" }]).is_plain());
        assert!(!StaticLabels::new(&[Label { name: "a.b", value: "" }]).is_plain());
    }
}
