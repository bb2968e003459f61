//! `name[]=` in the query: which families are wanted (exposition formats H10).

use heapless::Vec;

use crate::desc::Desc;

/// The query of a request as it was sent, of at most `N` bytes.
#[derive(Clone, Default)]
pub(super) struct Query<const N: usize>(Vec<u8, N>);

impl<const N: usize> Query<N> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes the place of the query before; whether it fits.
    pub(super) fn set(&mut self, query: &[u8]) -> bool {
        self.0.clear();
        self.0.extend_from_slice(query).is_ok()
    }

    /// Whether any name is asked for; otherwise all are.
    pub(super) fn is_filter(&self) -> bool {
        names(&self.0).next().is_some()
    }

    /// Whether a family is asked for: by its name, with or without `_total`, or by that of one of its samples.
    pub(super) fn wants(&self, desc: &Desc<'_>) -> bool {
        names(&self.0).any(|name| {
            let asked = || Decoded(name);
            desc.name().bytes().eq(asked()) || desc.kind().suffixes().iter().any(|suffix| desc.sample(suffix).bytes().eq(asked()))
        })
    }
}

/// The values of `name[]` that are not empty.
fn names(query: &[u8]) -> impl Iterator<Item = &[u8]> {
    query.split(|&byte| byte == b'&').filter_map(|pair| {
        let at = pair.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (pair.get(..at)?, pair.get(at + 1..)?);
        (Decoded(key).eq(*b"name[]") && !value.is_empty()).then_some(value)
    })
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
        assert!(kept.set(query.as_bytes()) && kept.is_filter());
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
    fn what_names_nothing_is_no_filter() {
        let mut query = Query::<16>::new();
        for text in ["", "name=a", "name[]=", "x&&=&", "names[]=a"] {
            assert!(query.set(text.as_bytes()) && !query.is_filter(), "{text}");
        }
        assert!(!query.set(b"name[]=longer_than_that"));
    }
}
