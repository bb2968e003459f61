//! The text of a key: what a series is, without its value.
//!
//! Three parts, each behind its length: who it is (name and labels), its shape (bounds, states), and what people read (help,
//! unit, whether the name is any UTF-8). Two workers mean one series where the first part is the same.

use picometer::{Desc, LabelSet, PointValue};

/// The parts of a key.
#[derive(Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) identity: &'a [u8],
    pub(crate) shape: &'a [u8],
    about: &'a [u8],
}

/// What people read about a family.
pub(crate) struct About<'a> {
    pub(crate) help: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) utf8: bool,
}

impl<'a> Key<'a> {
    pub(crate) fn of(text: &'a [u8]) -> Option<Self> {
        let mut text = Reader(text);
        let key = Self { identity: text.bytes()?, shape: text.bytes()?, about: text.bytes()? };
        text.0.is_empty().then_some(key)
    }

    /// Name and labels.
    pub(crate) fn names(&self) -> Option<(&'a str, Vec<(&'a str, &'a str)>)> {
        let mut identity = Reader(self.identity);
        let name = identity.text()?;
        let mut labels = Vec::new();
        while !identity.0.is_empty() {
            labels.push((identity.text()?, identity.text()?));
        }
        Some((name, labels))
    }

    pub(crate) fn about(&self) -> Option<About<'a>> {
        let mut about = Reader(self.about);
        Some(About { help: about.text()?, unit: about.text()?, utf8: about.0 == [1] })
    }

    /// How many buckets a histogram has, the one beyond the bounds included.
    pub(crate) fn buckets(&self) -> usize {
        self.shape.len() / 8 + 1
    }

    /// The bounds of a histogram.
    pub(crate) fn bounds(&self) -> Option<Vec<f64>> {
        let (words, rest) = self.shape.as_chunks::<8>();
        let bounds: Vec<f64> = words.iter().map(|bits| f64::from_ne_bytes(*bits)).collect();
        let rising = bounds.is_sorted_by(|one, other| one < other) && bounds.iter().all(|bound| bound.is_finite());
        (rest.is_empty() && rising).then_some(bounds)
    }

    /// The states of a state set.
    pub(crate) fn states(&self) -> Option<Vec<Box<str>>> {
        let mut shape = Reader(self.shape);
        let mut states = Vec::new();
        while !shape.0.is_empty() {
            states.push(shape.text()?.into());
        }
        (states.len() <= 64).then_some(states)
    }
}

/// Who a series is.
pub(crate) fn identity<'l>(name: &str, labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> Vec<u8> {
    let mut identity = Vec::new();
    push(&mut identity, name.as_bytes());
    for (name, value) in labels {
        push(&mut identity, name.as_bytes());
        push(&mut identity, value.as_bytes());
    }
    identity
}

/// A key of these parts.
pub(crate) fn text(identity: &[u8], shape: &[u8], about: &About<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(identity.len() + shape.len() + about.help.len() + about.unit.len() + 24);
    push(&mut text, identity);
    push(&mut text, shape);
    let mut parts = Vec::with_capacity(about.help.len() + about.unit.len() + 9);
    push(&mut parts, about.help.as_bytes());
    push(&mut parts, about.unit.as_bytes());
    parts.push(about.utf8.into());
    push(&mut text, &parts);
    text
}

/// The key of what is shown here.
pub fn of_point(desc: &Desc<'_>, labels: &dyn LabelSet, value: &PointValue<'_>) -> Vec<u8> {
    let name = desc.name().to_string();
    let own = (0..).map_while(|at| labels.label(at));
    let facts = match value {
        PointValue::Info(facts) => Some(*facts),
        _ => None,
    };
    let facts = facts.into_iter().flat_map(|facts| (0..).map_while(move |at| facts.label(at)));
    let identity = identity(&name, own.chain(facts).map(|label| (label.name, label.value)));
    let about = About { help: desc.help(), unit: desc.unit_name(), utf8: !desc.is_legacy() };
    text(&identity, &shape(value), &about)
}

fn shape(value: &PointValue<'_>) -> Vec<u8> {
    let mut shape = Vec::new();
    match value {
        PointValue::Histogram(point) => {
            let bounds = (0..).map_while(|at| point.bounds.bound(at));
            bounds.for_each(|bound| shape.extend(bound.as_f64().to_ne_bytes()));
        }
        PointValue::NativeHistogram(point) => {
            let bounds = (0..).map_while(|at| point.classic.bounds.bound(at));
            bounds.for_each(|bound| shape.extend(bound.as_f64().to_ne_bytes()));
        }
        PointValue::StateSet(states) => {
            let names = (0..).map_while(|at| states.state(at));
            names.for_each(|(name, _)| push(&mut shape, name.as_bytes()));
        }
        _ => {}
    }
    shape
}

/// The shape of a histogram with these bounds.
pub(crate) fn shape_of_bounds(bounds: &[f64]) -> Vec<u8> {
    bounds.iter().flat_map(|bound| bound.to_ne_bytes()).collect()
}

/// The shape of a set of these states.
pub(crate) fn shape_of_states(states: &[Box<str>]) -> Vec<u8> {
    let mut shape = Vec::new();
    states.iter().for_each(|state| push(&mut shape, state.as_bytes()));
    shape
}

fn push(text: &mut Vec<u8>, part: &[u8]) {
    text.extend((part.len() as u32).to_ne_bytes());
    text.extend_from_slice(part);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.0.split_first_chunk()?;
        let (bytes, rest) = rest.split_at_checked(u32::from_ne_bytes(*len) as usize)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_or_are_none() {
        let about = About { help: "Help.", unit: "seconds", utf8: true };
        let whole = text(&identity("a_seconds", [("l", "é\"\\")]), &shape_of_bounds(&[0.5, 2.0]), &about);
        let key = Key::of(&whole).unwrap();
        assert_eq!(key.names(), Some(("a_seconds", vec![("l", "é\"\\")])));
        assert_eq!(key.bounds(), Some(vec![0.5, 2.0]));
        let about = key.about().unwrap();
        assert_eq!((about.help, about.unit, about.utf8), ("Help.", "seconds", true));
        for end in 0..whole.len() {
            assert!(Key::of(&whole[..end]).is_none(), "{end}");
        }
        assert!(Key { shape: &shape_of_bounds(&[2.0, 1.0]), ..key }.bounds().is_none());
        assert!(Key { shape: &[1; 9], ..key }.bounds().is_none());
        let states = ["up".into(), "down".into()];
        assert_eq!(Key { shape: &shape_of_states(&states), ..key }.states().unwrap(), states);
    }
}
