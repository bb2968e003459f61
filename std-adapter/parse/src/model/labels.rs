//! Owned labels in one piece of text, because a page of a million series must not take ten million allocations.

use picometer::{Label, LabelSet};

/// The labels of a sample, in page order.
///
/// ```
/// use picometer_std::LabelSet;
/// use picometer_std::model::Labels;
///
/// let labels: Labels = [("method", "GET"), ("code", "200")].into_iter().collect();
/// assert_eq!(labels.get("code"), Some("200"));
/// assert!(labels.iter().eq([("method", "GET"), ("code", "200")]));
/// assert_eq!(labels.label(0).unwrap().name, "method");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels {
    /// Names and values one after the other.
    text: String,
    /// Where each of them ends.
    ends: Ends,
}

/// How many ends fit without an allocation: those of six labels.
const INLINE: usize = 12;

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Ends {
    Few(u8, [u32; INLINE]),
    Many(Vec<u32>),
}

impl Default for Ends {
    fn default() -> Self {
        Self::Few(0, [0; INLINE])
    }
}

impl Ends {
    fn as_slice(&self) -> &[u32] {
        match self {
            Self::Few(len, ends) => ends.get(..usize::from(*len)).unwrap_or(&[]),
            Self::Many(ends) => ends,
        }
    }

    fn push(&mut self, end: u32) {
        match self {
            Self::Few(len, ends) => match ends.get_mut(usize::from(*len)) {
                Some(place) => (*place, *len) = (end, *len + 1),
                None => {
                    let mut many = ends.to_vec();
                    many.push(end);
                    *self = Self::Many(many);
                }
            },
            Self::Many(ends) => ends.push(end),
        }
    }
}

impl Labels {
    /// No labels.
    pub fn new() -> Self {
        Self::default()
    }

    /// No labels yet, with room for so many bytes of names and values.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Ends::default() }
    }

    /// Adds a label behind the others. Beyond 4 GiB of text it is left out.
    pub fn push(&mut self, name: &str, value: &str) {
        self.push_with(name, |text| text.push_str(value));
    }

    /// Adds a label whose value is appended to the text by `write`.
    pub(crate) fn push_with(&mut self, name: &str, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        self.text.push_str(name);
        let middle = self.text.len();
        write(&mut self.text);
        match (u32::try_from(middle), u32::try_from(self.text.len())) {
            (Ok(middle), Ok(end)) => {
                self.ends.push(middle);
                self.ends.push(end);
            }
            _ => self.text.truncate(start),
        }
    }

    /// How many bytes their names and values have.
    pub(crate) const fn text_len(&self) -> usize {
        self.text.len()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.as_slice().len() / 2
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of the first label of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|&(own, _)| own == name).map(|(_, value)| value)
    }

    /// Names and values in page order.
    pub fn iter(&self) -> Iter<'_> {
        Iter { labels: self, next: 0 }
    }

    /// The same labels sorted by name, which is what makes two series one.
    pub fn sorted(&self) -> Vec<(&str, &str)> {
        let mut sorted: Vec<_> = self.iter().collect();
        sorted.sort_unstable();
        sorted
    }

    fn at(&self, index: usize) -> Option<(&str, &str)> {
        let ends = self.ends.as_slice();
        let first = index.checked_mul(2)?;
        let start = match first.checked_sub(1) {
            Some(before) => *ends.get(before)?,
            None => 0,
        };
        let (middle, end) = (*ends.get(first)?, *ends.get(first + 1)?);
        Some((self.text.get(start as usize..middle as usize)?, self.text.get(middle as usize..end as usize)?))
    }
}

/// For encoders.
impl LabelSet for Labels {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        self.at(index).map(|(name, value)| Label { name, value })
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Labels {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(labels: I) -> Self {
        let mut all = Self::new();
        labels.into_iter().for_each(|(name, value)| all.push(name, value));
        all
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = (&'a str, &'a str);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl std::fmt::Debug for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Iterates over [`Labels`].
///
/// ```
/// let labels: picometer_std::model::Labels = [("a", "1")].into_iter().collect();
/// assert_eq!(labels.iter().next(), Some(("a", "1")));
/// ```
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    labels: &'a Labels,
    next: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let label = self.labels.at(self.next)?;
        self.next += 1;
        Some(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_labels() {
        for count in [0, 1, 5, 6, 7, 50] {
            let pairs: Vec<_> = (0..count).map(|index| (format!("name{index}"), "v".repeat(index))).collect();
            let labels: Labels = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(labels.len(), count);
            assert!(labels.iter().eq(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
            assert_eq!(labels.label(count), None);
        }
    }

    #[test]
    fn identity_is_sorted() {
        let one: Labels = [("b", "2"), ("a", "1")].into_iter().collect();
        let other: Labels = [("a", "1"), ("b", "2")].into_iter().collect();
        assert_ne!(one, other);
        assert_eq!(one.sorted(), other.sorted());
    }
}
