//! Label values that are known when the program runs.

mod key;

use std::sync::Arc;

use picometer::{Label, LabelSet};

use crate::desc::MetricError;
pub(crate) use key::Room;
pub(crate) use key::{FOREIGN, Labelled, Names};

/// The `N` label values of a series: what a [`Family`](crate::Family) is asked for.
///
/// Implemented for arrays of strings, for tuples of strings of different types, and by a struct of yours that is easier to
/// get right than an array:
///
/// ```
/// use picometer_std::{Counter, Family, LabelValues};
///
/// struct Request<'a> { method: &'a str, route: &'a str }
///
/// impl LabelValues<2> for Request<'_> {
///     fn texts(&self) -> [&str; 2] {
///         [self.method, self.route]
///     }
/// }
///
/// let requests = Family::<Counter, 2>::new("http_requests_total", "Requests served.", ["method", "route"]);
/// requests.with(Request { method: "GET", route: "/" }).inc();
/// requests.with(["GET", "/"]).inc();
/// requests.with(("GET", String::from("/"))).inc();
/// assert_eq!(requests.with(["GET", "/"]).get(), 3);
/// ```
///
/// A wrong number of values does not compile:
///
/// ```compile_fail
/// # use picometer_std::{Counter, Family};
/// let requests = Family::<Counter, 2>::new("http_requests_total", "Requests served.", ["method", "route"]);
/// requests.with(["GET"]).inc();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the {N} label values of this family",
    note = "give an array or a tuple of {N} strings, or implement `LabelValues<{N}>`"
)]
pub trait LabelValues<const N: usize> {
    /// The values, in the order of the family's label names.
    fn texts(&self) -> [&str; N];
}

impl<S: AsRef<str>, const N: usize> LabelValues<N> for [S; N] {
    #[inline]
    fn texts(&self) -> [&str; N] {
        self.each_ref().map(AsRef::as_ref)
    }
}

impl<T: LabelValues<N>, const N: usize> LabelValues<N> for &T {
    #[inline]
    fn texts(&self) -> [&str; N] {
        (**self).texts()
    }
}

/// No labels.
impl LabelValues<0> for () {
    fn texts(&self) -> [&str; 0] {
        []
    }
}

macro_rules! tuple {
    ($count:literal $($kind:ident $field:tt),+) => {
        impl<$($kind: AsRef<str>),+> LabelValues<$count> for ($($kind,)+) {
            #[inline]
            fn texts(&self) -> [&str; $count] {
                [$(self.$field.as_ref()),+]
            }
        }
    };
}

tuple!(1 A 0);
tuple!(2 A 0, B 1);
tuple!(3 A 0, B 1, C 2);
tuple!(4 A 0, B 1, C 2, D 3);
tuple!(5 A 0, B 1, C 2, D 3, E 4);
tuple!(6 A 0, B 1, C 2, D 3, E 4, F 5);

/// Names and values that are known when the program runs: the facts of an [`Info`](crate::Info), of `target_info`.
///
/// ```
/// let facts: picometer_std::Facts = [("version".into(), "1.4.0".into())].into();
/// ```
pub type Facts = Arc<[(Box<str>, Box<str>)]>;

/// Facts as labels.
pub(crate) struct FactLabels<'a>(pub(crate) &'a [(Box<str>, Box<str>)]);

impl LabelSet for FactLabels<'_> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.0.get(index).map(|(name, value)| Label { name, value })
    }
}

/// The label that the series has which takes what is beyond a family's cap.
pub(crate) const OVERFLOW: [(&str, &str); 1] = [("overflow", "true")];

/// The name of a label in the legacy character set, as scrapers see it that take no UTF-8.
pub(crate) fn escaped_label(name: &str) -> impl Iterator<Item = u8> {
    let valid = |at, c: char| c.is_ascii_alphabetic() || c == '_' || (at > 0 && c.is_ascii_digit());
    name.chars().enumerate().map(move |(at, c)| if valid(at, c) { c as u8 } else { b'_' })
}

/// The name of a metric, in the same way.
pub(crate) fn escaped_metric(name: impl Iterator<Item = char>) -> Box<str> {
    let valid = |at, c: char| c.is_ascii_alphabetic() || c == '_' || c == ':' || (at > 0 && c.is_ascii_digit());
    name.enumerate().map(|(at, c)| if valid(at, c) { c } else { '_' }).collect::<String>().into()
}

/// Whether two label names are one, at least for scrapers that take no UTF-8.
pub(crate) fn are_one(one: &str, other: &str) -> bool {
    one == other || (one.len().max(other.len()) > 0 && escaped_label(one).eq(escaped_label(other)))
}

/// Checks the label names of a family.
pub(crate) fn check_names<'a>(names: impl Iterator<Item = &'a str> + Clone, utf8: bool, reserved: &[&str]) -> Result<(), MetricError> {
    for (index, name) in names.clone().enumerate() {
        let checked = if utf8 { Label::try_utf8(name, "") } else { Label::try_new(name, "") };
        checked.map_err(|error| MetricError::Label { name: name.into(), error })?;
        if names.clone().take(index).any(|before| are_one(before, name)) {
            return Err(MetricError::RepeatedLabel(name.into()));
        }
        if reserved.contains(&name) {
            return Err(MetricError::ReservedLabel(name.into()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let check = |names: &[&'static str]| check_names(names.iter().copied(), false, &["le"]);
        assert_eq!(check(&["a", "b"]), Ok(()));
        assert_eq!(check(&["a", "a"]), Err(MetricError::RepeatedLabel("a".into())));
        assert_eq!(check(&["le"]), Err(MetricError::ReservedLabel("le".into())));
        assert!(matches!(check(&["__a"]), Err(MetricError::Label { .. })));
        assert!(matches!(check(&["a.b"]), Err(MetricError::Label { .. })));
        assert_eq!(check_names(["a.b"].into_iter(), true, &[]), Ok(()));
    }
}
