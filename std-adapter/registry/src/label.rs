//! Label values that are known when the program runs.

mod key;
mod short;

use std::collections::HashSet;
use std::sync::Arc;

use picometer::{Label, LabelSet, LabelValue};

use crate::desc::MetricError;
pub(crate) use key::Room;
pub(crate) use key::{FOREIGN, Labelled, Names};
pub(crate) use short::{Short, hash};

/// The `N` label values of a series, by position: what a [`Family`](crate::Family) is asked for.
///
/// Implemented for arrays and tuples of [label values](LabelValue): strings, integers, `bool`, `char`, enums and options.
/// Where labels have names, `#[derive(Labels)]` finds a swapped order when the program is compiled.
///
/// ```
/// use picometer_std::{Counter, Family};
///
/// let requests = Family::<Counter, 2>::new(
///     "http_requests_total",
///     "Requests served.",
///     ["method", "code"],
/// );
/// requests.with(["GET", "200"]).inc();
/// requests.with(("GET", 200)).inc();
/// requests.with((String::from("GET"), Some(200_u16))).inc();
/// assert_eq!(requests.with(["GET", "200"]).get(), 3);
/// ```
///
/// A struct of yours may implement it:
///
/// ```
/// use picometer_std::{Counter, Family, LabelValues};
///
/// struct Request<'a> {
///     method: &'a str,
///     route: &'a str,
/// }
///
/// impl LabelValues<2> for Request<'_> {
///     fn texts_in<R>(&self, then: impl FnOnce(&[&str; 2]) -> R) -> R {
///         then(&[self.method, self.route])
///     }
/// }
///
/// let requests = Family::<Counter, 2>::new(
///     "http_requests_total",
///     "Requests served.",
///     ["method", "route"],
/// );
/// requests.with(Request { method: "GET", route: "/" }).inc();
/// assert_eq!(requests.with(["GET", "/"]).get(), 1);
/// ```
///
/// A wrong number of values does not compile:
///
/// ```compile_fail
/// # use picometer_std::{Counter, Family};
/// let requests = Family::<Counter, 2>::new(
///     "http_requests_total",
///     "Requests served.",
///     ["method", "route"],
/// );
/// requests.with(["GET"]).inc();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the {N} label values of this family",
    note = "give an array or a tuple of {N} label values: strings, integers, `bool`, `char`, enums"
)]
pub trait LabelValues<const N: usize> {
    /// Calls `then` with the texts, in the order of the family's label names.
    fn texts_in<R>(&self, then: impl FnOnce(&[&str; N]) -> R) -> R;
}

impl<V: LabelValue, const N: usize> LabelValues<N> for [V; N] {
    #[inline]
    fn texts_in<R>(&self, then: impl FnOnce(&[&str; N]) -> R) -> R {
        let mut buffers = [const { V::BUFFER }; N];
        let mut texts = [""; N];
        // A loop over one iterator, which is unrolled: a zip of three takes a hundred instructions more.
        for (at, buffer) in buffers.iter_mut().enumerate() {
            texts[at] = self[at].text_in(buffer);
        }
        then(&texts)
    }
}

impl<T: LabelValues<N>, const N: usize> LabelValues<N> for &T {
    #[inline]
    fn texts_in<R>(&self, then: impl FnOnce(&[&str; N]) -> R) -> R {
        (**self).texts_in(then)
    }
}

/// No labels.
impl LabelValues<0> for () {
    fn texts_in<R>(&self, then: impl FnOnce(&[&str; 0]) -> R) -> R {
        then(&[])
    }
}

macro_rules! tuple {
    ($count:literal $($kind:ident $field:tt),+) => {
        impl<$($kind: LabelValue),+> LabelValues<$count> for ($($kind,)+) {
            #[inline]
            fn texts_in<R>(&self, then: impl FnOnce(&[&str; $count]) -> R) -> R {
                then(&[$(self.$field.text_in(&mut { $kind::BUFFER })),+])
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

/// Label names behind the first few, as a scraper sees them: to compare each with all before it takes long where there are many.
#[derive(Default)]
pub(crate) struct Beyond(HashSet<Box<[u8]>>);

impl Beyond {
    /// So many are compared one by one.
    pub(crate) const FEW: usize = 16;

    /// Whether the name at this place is another one than all behind the first few.
    pub(crate) fn is_new(&mut self, index: usize, name: &str) -> bool {
        index < Self::FEW || self.0.insert(escaped_label(name).collect())
    }
}

/// Checks the label names of a family.
pub(crate) fn check_names<'a>(names: impl Iterator<Item = &'a str> + Clone, utf8: bool, reserved: &[&str]) -> Result<(), MetricError> {
    let mut beyond = Beyond::default();
    for (index, name) in names.clone().enumerate() {
        let checked = if utf8 { Label::try_utf8(name, "") } else { Label::try_new(name, "") };
        checked.map_err(|error| MetricError::Label { name: name.into(), error })?;
        if !beyond.is_new(index, name) || names.clone().take(index.min(Beyond::FEW)).any(|before| are_one(before, name)) {
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
