//! The labels of a sample, borrowed from the page. Needs `core` only, but for lines of more than a thousand labels.

use core::hash::{BuildHasher, Hasher};
use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::scan;
use super::text::Text;

/// How many labels are compared without memory.
const FEW: usize = 1024;

/// The labels of a sample: what stands between its braces, already checked. Iterating scans it again, by two comparisons a label.
/// So there is no limit of labels in a signature, and no memory to hold them.
///
/// ```
/// use picometer_std::parse::{Dialect, Event, Lexer};
///
/// let event = Lexer::new(
///     "{\"http.requests\",\"http.method\"=\"GET\",code=\"200\"} 7\n",
///     Dialect::Text100,
/// )
/// .next();
/// let Some(Ok(Event::Sample(sample))) = event else { panic!() };
/// assert_eq!(sample.labels.len(), 2, "the name is none");
/// assert_eq!(sample.labels.get("http.method").unwrap(), "GET");
/// ```
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    /// What stands between the braces.
    raw: &'a str,
    /// Whether the name of the metric is there too, under `__name__`.
    named: bool,
}

impl<'a> Labels<'a> {
    pub(super) const fn new(raw: &'a str, named: bool) -> Self {
        Self { raw, named }
    }

    /// The labels one by one, in page order.
    pub fn iter(self) -> LabelIter<'a> {
        LabelIter { raw: self.raw, at: 0, named: self.named }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// How many there are; counts them.
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// The value of the label of this name.
    pub fn get(self, name: &str) -> Option<Text<'a>> {
        self.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The text between the braces as it stands in the page, which may hold the name of the metric too.
    pub const fn raw(self) -> &'a str {
        self.raw
    }

    /// Whether a label is there twice.
    ///
    /// Compares those only that fall on one bit of a table: a line of a thousand labels takes a thousand steps, not a million.
    /// Beyond a thousand it keeps their hashes, so that it stays linear.
    #[cold]
    pub(super) fn has_repeats(self, count: usize) -> bool {
        if count > FEW {
            return self.has_repeats_among_many();
        }
        let mut seen = [0_u64; 64];
        for (index, (name, _)) in self.iter().enumerate() {
            let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
            name.chars().for_each(|c| hasher.write_u32(u32::from(c)));
            let hash = hasher.finish();
            let bit = 1_u64 << (hash & 63);
            let Some(word) = seen.get_mut((hash >> 6 & 63) as usize) else { return false };
            if *word & bit != 0 && self.iter().take(index).any(|(other, _)| other == name) {
                return true;
            }
            *word |= bit;
        }
        false
    }

    fn has_repeats_among_many(self) -> bool {
        let keys = RandomState::default();
        let hash = |name: Text<'_>| {
            let mut hasher = keys.build_hasher();
            name.chars().for_each(|c| hasher.write_u32(u32::from(c)));
            hasher.finish()
        };
        let mut seen = HashMap::new();
        self.iter().enumerate().any(|(index, (name, _))| match seen.insert(hash(name), index) {
            // Two names of one hash are one name, but for one chance in 2^64.
            Some(first) => self.iter().nth(first).is_some_and(|(other, _)| other == name),
            None => false,
        })
    }
}

/// Fowler, Noll and Vo's hash, which mixes its lowest bits well enough for a table of 4096.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl<'a> IntoIterator for Labels<'a> {
    type Item = (Text<'a>, Text<'a>);
    type IntoIter = LabelIter<'a>;

    fn into_iter(self) -> LabelIter<'a> {
        self.iter()
    }
}

/// The same labels, in the same order.
impl PartialEq for Labels<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl core::fmt::Debug for Labels<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Iterates over [`Labels`]: names and values.
///
/// ```
/// # use picometer_std::parse::{Dialect, Event, Lexer};
/// let Some(Ok(Event::Sample(sample))) =
///     Lexer::new("a{x=\"1\",y=\"2\"} 0\n", Dialect::Text004).next()
/// else {
///     panic!()
/// };
/// let names: Vec<String> =
///     sample.labels.iter().map(|(name, _)| name.to_string()).collect();
/// assert_eq!(names, ["x", "y"]);
/// ```
#[derive(Clone, Debug)]
pub struct LabelIter<'a> {
    raw: &'a str,
    at: usize,
    named: bool,
}

impl<'a> LabelIter<'a> {
    fn byte(&self) -> Option<u8> {
        self.raw.as_bytes().get(self.at).copied()
    }

    #[inline(always)]
    fn blanks(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b',')) {
            self.at += 1;
        }
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.raw.get(start..end).unwrap_or("")
    }

    /// What stands in quotes; the place is on the opening one, and then behind the closing one.
    #[inline(always)]
    fn quoted(&mut self) -> Text<'a> {
        let start = self.at + 1;
        let (end, escaped) = quoted(self.raw.as_bytes(), start);
        self.at = end + 1;
        Text::new(self.slice(start, end), escaped)
    }
}

/// Where quoted text that was checked ends, and whether it has escapes.
#[inline(always)]
fn quoted(bytes: &[u8], mut at: usize) -> (usize, bool) {
    let mut escaped = false;
    loop {
        at = scan::quote_end(bytes, at);
        match bytes.get(at) {
            Some(b'\\') => (at, escaped) = (at + 2, true),
            Some(b'\n') => at += 1,
            _ => return (at, escaped),
        }
    }
}

impl<'a> Iterator for LabelIter<'a> {
    type Item = (Text<'a>, Text<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.blanks();
            let name = match self.byte()? {
                b'"' => self.quoted(),
                _ => {
                    let start = self.at;
                    self.at = scan::skip(self.raw.as_bytes(), start, scan::LABEL);
                    Text::plain(self.slice(start, self.at))
                }
            };
            while matches!(self.byte(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            // The name of the metric stands alone.
            if self.byte() != Some(b'=') {
                continue;
            }
            self.at += 1;
            while matches!(self.byte(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            let value = self.quoted();
            if !(self.named && name == "__name__") {
                return Some((name, value));
            }
        }
    }
}
