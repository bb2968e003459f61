//! Label values that are known when the program runs, and the text of a series.

use std::sync::Arc;

use picometer::{Label, LabelSet};

use crate::desc::MetricError;

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

/// Checks the label names of a family.
pub(crate) fn check_names<'a>(names: impl Iterator<Item = &'a str> + Clone, utf8: bool, reserved: &[&str]) -> Result<(), MetricError> {
    for (index, name) in names.clone().enumerate() {
        let checked = if utf8 { Label::try_utf8(name, "") } else { Label::try_new(name, "") };
        checked.map_err(|error| MetricError::Label { name: name.into(), error })?;
        if names.clone().take(index).any(|before| before == name) {
            return Err(MetricError::RepeatedLabel(name.into()));
        }
        if reserved.contains(&name) {
            return Err(MetricError::ReservedLabel(name.into()));
        }
    }
    Ok(())
}

/// The values of a series, and its labels as they stand between the braces of a page: escaped once, when the series is made.
pub(crate) struct Key<const N: usize> {
    /// `a="1",b="2"`; behind it those values again, not escaped, that had to be.
    text: Box<str>,
    /// How much of it is what the page shows.
    rendered: u32,
    /// Where in the text each value is, not escaped.
    values: [(u32, u32); N],
}

impl<const N: usize> Key<N> {
    /// Without a key where four gigabytes do not hold it.
    pub(crate) fn new(names: &[Box<str>; N], values: &[&str; N]) -> Option<Self> {
        let mut text = String::with_capacity(names.iter().zip(values).map(|(name, value)| name.len() + value.len() + 4).sum());
        let mut places = [None; N];
        for ((name, value), place) in names.iter().zip(values).zip(&mut places) {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(name);
            text.push_str("=\"");
            let start = text.len();
            escape(value, &mut text);
            if text.len() - start == value.len() {
                *place = Some((u32::try_from(start).ok()?, u32::try_from(value.len()).ok()?));
            }
            text.push('"');
        }
        let rendered = u32::try_from(text.len()).ok()?;
        let mut spans = [(0, 0); N];
        for ((span, place), value) in spans.iter_mut().zip(places).zip(values) {
            *span = match place {
                Some(place) => place,
                None => {
                    let start = u32::try_from(text.len()).ok()?;
                    text.push_str(value);
                    (start, u32::try_from(value.len()).ok()?)
                }
            };
        }
        Some(Self { text: text.into(), rendered, values: spans })
    }

    /// No values at all: of the overflow series, whose labels are others.
    pub(crate) fn none() -> Self {
        Self { text: "".into(), rendered: 0, values: [(0, 0); N] }
    }

    fn span(&self, (start, len): (u32, u32)) -> &str {
        let start = start as usize;
        self.text.get(start..start + len as usize).unwrap_or("")
    }

    /// The value at `index`, as it was given.
    pub(crate) fn value(&self, index: usize) -> Option<&str> {
        self.values.get(index).map(|&span| self.span(span))
    }

    /// Whether these are the values.
    #[inline]
    pub(crate) fn is(&self, values: &[&str; N]) -> bool {
        let text = self.text.as_bytes();
        self.values.iter().zip(values).all(|(&(start, len), value)| {
            let own = text.get(start as usize..).and_then(|text| text.get(..len as usize));
            own.is_some_and(|own| same(own, value.as_bytes()))
        })
    }

    /// All values.
    pub(crate) fn values(&self) -> [&str; N] {
        self.values.map(|span| self.span(span))
    }

    fn rendered(&self) -> &str {
        self.span((0, self.rendered))
    }

    fn is_plain(&self) -> bool {
        self.text.len() == self.rendered as usize
    }
}

/// Whether two texts are the same. Short ones are compared by their two ends, which may overlap: a call of `memcmp` takes longer.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    #[inline]
    fn ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
        a.first_chunk::<N>() == b.first_chunk() && a.last_chunk::<N>() == b.last_chunk()
    }
    a.len() == b.len()
        && match a.len() {
            0..4 => a.iter().eq(b),
            4..8 => ends::<4>(a, b),
            8..=16 => ends::<8>(a, b),
            17..=32 => ends::<16>(a, b),
            _ => a == b,
        }
}

/// Label values on a page (exposition formats E1).
fn escape(mut value: &str, text: &mut String) {
    while let Some(at) = value.find(['\\', '"', '\n']) {
        let (before, rest) = value.split_at(at);
        text.push_str(before);
        let mut rest = rest.chars();
        match rest.next() {
            Some('\n') => text.push_str("\\n"),
            Some(special) => text.extend(['\\', special]),
            None => {}
        }
        value = rest.as_str();
    }
    text.push_str(value);
}

/// The labels of a series, for encoders.
pub(crate) struct Labelled<'a, const N: usize> {
    pub(crate) names: &'a [Box<str>; N],
    /// Whether all names are in the legacy character set, so that they are written as they are.
    pub(crate) legacy: bool,
    pub(crate) key: &'a Key<N>,
}

impl<const N: usize> LabelSet for Labelled<'_, N> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        Some(Label { name: self.names.get(index)?, value: self.key.value(index)? })
    }

    fn is_plain(&self) -> bool {
        self.legacy && self.key.is_plain()
    }

    fn rendered(&self) -> Option<&str> {
        self.legacy.then(|| self.key.rendered())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_show_escaped_text_and_the_values_that_were_given() {
        let names: [Box<str>; 3] = ["a".into(), "b".into(), "c".into()];
        let values = ["plain é", "back\\slash \"quote\"\n", ""];
        let key = Key::new(&names, &values).unwrap();
        assert_eq!(key.rendered(), r#"a="plain é",b="back\\slash \"quote\"\n",c="""#);
        assert_eq!(key.values(), values);
        assert!(key.is(&values) && !key.is(&["plain é", "", ""]) && !key.is_plain());
        let key = Key::new(&names, &["1", "2", "3"]).unwrap();
        assert!(key.is_plain());
        let labels = Labelled { names: &names, legacy: true, key: &key };
        assert_eq!(labels.rendered(), Some(r#"a="1",b="2",c="3""#));
        assert_eq!(labels.label(2), Some(Label { name: "c", value: "3" }));
        assert_eq!(labels.label(3), None);
        assert_eq!(Key::<0>::new(&[], &[]).unwrap().rendered(), "");
    }

    #[test]
    fn texts_of_every_length_are_compared_whole() {
        let text: Vec<u8> = (0..50).collect();
        for len in 0..50 {
            let own = &text[..len];
            assert!(same(own, own) && !same(own, &text[..len + 1]));
            for at in 0..len {
                let mut other = own.to_vec();
                other[at] ^= 0x80;
                assert!(!same(own, &other), "{len} bytes that differ at {at}");
            }
        }
    }

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
