//! `name[]=` in the query: which families are wanted.

use heapless::Vec;

use super::bytes::split_at_byte;
use crate::desc::Desc;

/// Families that a query asks for by `name[]=`; all of them where it asks for none.
///
/// ```
/// use picometer::Desc;
/// use picometer::http::Selection;
///
/// let mut names = [0; 64];
/// let selection =
///     Selection::parse(b"name[]=boots_total&name%5B%5D=up", &mut names).unwrap();
/// assert!(
///     selection.wants(&Desc::counter("boots_total", ""))
///         && !selection.wants(&Desc::gauge("depth", ""))
/// );
/// assert!(Selection::parse(b"", &mut []).unwrap().is_everything());
/// ```
#[derive(Clone, Copy, Default)]
pub struct Selection<'a>(&'a [u8]);

impl<'a> Selection<'a> {
    /// Reads a query, the part of a target behind `?`, into a buffer: one as long as the query is always long enough. `None` if
    /// it is too short.
    pub fn parse(query: &[u8], buffer: &'a mut [u8]) -> Option<Self> {
        let mut places = buffer.iter_mut();
        let whole = decode(query, |byte| places.next().map(|place| *place = byte).is_some());
        let len = places.len();
        let len = buffer.len() - len;
        whole.then(|| Self(buffer.get(..len).unwrap_or(&[])))
    }

    /// Whether nothing is picked.
    pub const fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// The names that are asked for, decoded.
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> {
        self.0.split(|&byte| byte == END).filter(|name| !name.is_empty())
    }

    /// Whether a family is asked for: by its name, with or without `_total`, or by that of one of its samples.
    pub fn wants(&self, desc: &Desc<'_>) -> bool {
        self.is_everything() || is_named(self.0, desc)
    }
}

impl Selection<'_> {
    /// The names; what is no UTF-8 is no name.
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.names().map(|name| core::str::from_utf8(name).unwrap_or("?"))
    }
}

impl core::fmt::Debug for Selection<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.texts()).finish()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Selection<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", if self.is_everything() { "all families" } else { "families" });
        self.texts().for_each(|name: &str| defmt::write!(f, " {=str}", name));
    }
}

/// Whether the path of a target, percent-encoded or not, is a known one.
// Into its one caller in firmware: as a function of its own it has 180 bytes more.
#[inline(always)]
pub fn is_path(target: &[u8], path: &str) -> bool {
    // As it is too, because in a path a plus sign is a plus sign.
    target == path.as_bytes() || Decoded(target).eq(path.bytes())
}

/// The names that a query asks for, as far as `N` bytes hold them.
#[derive(Clone, Default)]
pub(super) struct Query<const N: usize>(Vec<u8, N>);

/// Ends each name: no byte of UTF-8.
const END: u8 = 0xff;

impl<const N: usize> Query<N> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes the place of the query before. Names that do not fit ask for everything: a page with more than was asked for is of use, an
    /// error is not, and one without some of it would pass for whole.
    pub(super) fn set(&mut self, query: &[u8]) {
        self.0.clear();
        if !decode(query, |byte| self.0.push(byte).is_ok()) {
            self.0.clear();
        }
    }

    /// Whether any name is asked for; otherwise all are.
    pub(super) fn is_filter(&self) -> bool {
        !self.0.is_empty()
    }

    pub(super) fn wants(&self, desc: &Desc<'_>) -> bool {
        is_named(&self.0, desc)
    }
}

/// Hands over the names of a query, each with its end, until they are not taken any more; whether all were.
#[inline(always)]
fn decode(mut query: &[u8], mut take: impl FnMut(u8) -> bool) -> bool {
    while !query.is_empty() {
        let (pair, rest) = split_at_byte(query, b'&');
        let (key, value) = split_at_byte(pair, b'=');
        query = rest;
        if !value.is_empty() && Decoded(key).eq(*b"name[]") {
            for byte in Decoded(value).chain([END]) {
                if !take(byte) {
                    return false;
                }
            }
        }
    }
    true
}

#[inline(always)]
fn is_named(mut names: &[u8], desc: &Desc<'_>) -> bool {
    while !names.is_empty() {
        let name;
        (name, names) = split_at_byte(names, END);
        if desc.name().is(name) || desc.kind().suffixes().iter().any(|suffix| desc.sample(suffix).is(name)) {
            return true;
        }
    }
    false
}

/// Undoes percent-encoding; what only looks like it stays as it is.
pub(super) struct Decoded<'a>(pub(super) &'a [u8]);

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        let digit = |index: usize| char::from(*rest.get(index)?).to_digit(16);
        self.0 = rest;
        match first {
            b'%' => match (digit(0), digit(1)) {
                (Some(high), Some(low)) => {
                    self.0 = rest.get(2..).unwrap_or(&[]);
                    Some((high << 4 | low) as u8)
                }
                _ => Some(b'%'),
            },
            b'+' => Some(b' '),
            byte => Some(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desc::Kind;

    fn wants(query: &str, desc: &Desc<'_>) -> bool {
        let mut kept = Query::<64>::new();
        kept.set(query.as_bytes());
        assert!(kept.is_filter());
        kept.wants(desc)
    }

    #[test]
    fn families_are_asked_for_by_name_or_sample() {
        let counter = Desc::counter("a_total", "");
        let histogram = Desc::histogram("h", "");
        let dotted = Desc::utf8(Kind::Gauge, "my metric.é", "");
        for query in ["name[]=a_total", "name[]=a", "x=1&name%5B%5D=a_tot%61l", "name[]=b&name[]=a_total", "name[]=a_created"] {
            assert!(wants(query, &counter), "{query}");
        }
        assert!(wants("name[]=h_bucket", &histogram) && wants("name[]=h", &histogram) && wants("name[]=h_sum", &histogram));
        assert!(wants("name[]=my+metric.%C3%A9", &dotted));
        for query in ["name[]=a_tota", "name[]=a_totall", "name[]=A", "name[]=%zz", "name[]=%"] {
            assert!(!wants(query, &counter), "{query}");
        }
    }

    #[test]
    fn a_selection_reads_the_same_and_never_needs_more_than_the_query() {
        let counter = Desc::counter("a_total", "");
        for (query, wanted) in [("name[]=a", true), ("name[]=%61_total&x", true), ("name[]=b&name[]=", false), ("x=y", true), ("", true)] {
            let mut buffer = [0; 32];
            let selection = Selection::parse(query.as_bytes(), buffer.get_mut(..query.len()).unwrap()).unwrap();
            assert_eq!(selection.wants(&counter), wanted, "{query}");
        }
        assert!(Selection::parse(b"name[]=abc", &mut [0; 3]).is_none());
        assert!(Selection::parse(b"name[]=abc", &mut [0; 4]).is_some());
    }

    #[test]
    fn what_names_nothing_is_no_filter() {
        let mut query = Query::<16>::new();
        for text in ["", "name=a", "name[]=", "x&&=&", "names[]=a"] {
            query.set(text.as_bytes());
            assert!(!query.is_filter(), "{text}");
        }
        query.set(b"name[]=as_long_as_that");
        assert!(query.is_filter());
        for long in [&b"name[]=longer_than_that_"[..], b"name[]=a&name[]=longer_than_this"] {
            query.set(long);
            assert!(!query.is_filter(), "a part would pass for the whole");
        }
    }
}
