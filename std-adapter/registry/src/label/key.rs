//! The label values of a series in one text, which a family compares with what it is asked for and shows on its pages.
//!
//! The first byte of a key says which form it has, then come the lengths of the values, a byte each. Both are ASCII, so that the
//! whole is a text:
//!
//! * [`RENDERED`]: `a="1",b="2"`, as it stands between the braces of a page. What is in front of each value is as long in every
//!   series, so its place follows from the lengths.
//! * [`BARE`]: the values alone, one behind the other: half as long.
//! * [`ESCAPED`], where a value has to be escaped or is longer than a byte tells: the lengths in five bytes each, the values, and
//!   behind them the text of the page.

#![allow(unsafe_code, reason = "a lookup asks once for all its values whether the key is long enough")]

use std::borrow::Cow;
use std::sync::OnceLock;

use picometer::__private::copy;
use picometer::{Label, LabelSet};

use super::short::Short;

const RENDERED: u8 = 0;
const BARE: u8 = 1;
const ESCAPED: u8 = 2;
/// No key has it: that of short keys in families that have none.
const NONE: u8 = 0xff;
/// Of a series whose labels are others: the overflow series.
pub(crate) const FOREIGN: &str = "\x03";

/// The longest value of a short key.
const SHORT: usize = 127;
/// Digits of a length in an escaped key: 7 bits each.
const DIGITS: usize = 5;

/// Where labels are put together for a page.
pub(crate) type Room = [u8; 512];

/// Text in a place of a size that is copied in fewer steps than what has another length each time.
#[derive(Clone, Copy, Default)]
struct Piece {
    text: [u8; 32],
    len: u8,
}

impl Piece {
    fn new(text: &str) -> Option<Self> {
        let mut piece = Self { len: text.len() as u8, ..Self::default() };
        piece.text.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(piece)
    }
}

/// The label names of a family, and which form the keys of its series have.
pub(crate) struct Names<const N: usize> {
    names: [Cow<'static, str>; N],
    /// How many bytes are in front of each value of a short key, since the end of the one before.
    gaps: [u16; N],
    /// Their sum.
    gap: usize,
    /// How long a short key is besides its values.
    rest: usize,
    /// Of short keys; there are none where a name is longer than a gap tells.
    form: u8,
    /// What stands in front of each value on a page, for bare keys, made by the first page; none where a name is too long.
    pieces: OnceLock<Option<Box<[Piece; N]>>>,
}

impl<const N: usize> Names<N> {
    /// Keys have the text of the page.
    pub(crate) fn new(names: [&str; N]) -> Self {
        let between = |index| if index == 0 { 0 } else { "\",".len() };
        let gaps = std::array::from_fn(|index| u16::try_from(between(index) + names.get(index).map_or(0, |name| name.len()) + "=\"".len()));
        let form = if gaps.iter().all(Result::is_ok) { RENDERED } else { NONE };
        let gaps = gaps.map(Result::unwrap_or_default);
        let names = names.map(|name| Cow::Owned(name.to_owned()));
        let gap = gaps.iter().map(|&gap| usize::from(gap)).sum();
        Self { names, gaps, gap, rest: rest(N, gap), form, pieces: OnceLock::new() }
    }

    /// Of a static. A name that is no label name does not compile.
    #[track_caller]
    pub(crate) const fn fixed(texts: [&'static str; N]) -> Self {
        let mut names = [const { Cow::Borrowed("") }; N];
        let (mut gaps, mut gap, mut at) = ([0; N], 0, 0);
        while at < N {
            let name = Label::new(texts[at], "").name;
            // A constant drops nothing, and there is nothing to drop.
            std::mem::forget(std::mem::replace(&mut names[at], Cow::Borrowed(name)));
            let len = name.len() + if at == 0 { "=\"".len() } else { "\",=\"".len() };
            assert!(len <= u16::MAX as usize, "a label name is longer than 65,000 bytes");
            (gaps[at], gap) = (len as u16, gap + len);
            at += 1;
        }
        Self { names, gaps, gap, rest: rest(N, gap), form: RENDERED, pieces: OnceLock::new() }
    }

    /// Keys have the values alone.
    pub(crate) const fn make_bare(&mut self) {
        self.gaps = [0; N];
        (self.gap, self.rest, self.form) = (0, 1 + N, BARE);
    }

    fn pieces(&self) -> Option<&[Piece; N]> {
        let made = self.pieces.get_or_init(|| {
            let pieces = self.names.iter().enumerate();
            let pieces = pieces.map(|(index, name)| Piece::new(&format!("{}{name}=\"", if index == 0 { "" } else { "\"," })));
            pieces.collect::<Option<Vec<_>>>().and_then(|pieces| pieces.try_into().ok().map(Box::new))
        });
        made.as_deref()
    }

    pub(crate) fn names(&self) -> &[Cow<'static, str>; N] {
        &self.names
    }

    /// The key of these values; none where it would be longer than two gigabytes.
    pub(crate) fn key(&self, values: &[&str; N]) -> Option<String> {
        let short = self.form != NONE && values.iter().all(|value| value.len() <= SHORT && is_plain(value));
        let values_len = values.iter().map(|value| value.len()).sum::<usize>();
        let names_len = self.names.iter().map(|name| name.len() + 4).sum::<usize>();
        let mut key = String::with_capacity(1 + N + values_len + if self.form == BARE { 0 } else { names_len });
        if short {
            key.push(self.form.into());
            key.extend(values.iter().map(|value| char::from(value.len() as u8)));
            match self.form {
                BARE => values.iter().for_each(|value| key.push_str(value)),
                _ => self.render(values, &mut key, |value, key| key.push_str(value)),
            }
        } else {
            key.push(ESCAPED.into());
            for value in values {
                let len = u32::try_from(value.len()).ok()?;
                key.extend((0..DIGITS).map(|digit| char::from((len >> (7 * digit)) as u8 & 0x7f)));
            }
            values.iter().for_each(|value| key.push_str(value));
            self.render(values, &mut key, escape);
        }
        i32::try_from(key.len()).is_ok().then_some(key)
    }

    #[inline]
    fn render(&self, values: &[&str; N], key: &mut String, put: impl Fn(&str, &mut String)) {
        for (index, (name, value)) in self.names.iter().zip(values).enumerate() {
            key.push_str(if index == 0 { "" } else { "," });
            key.push_str(name);
            key.push_str("=\"");
            put(value, key);
            key.push('"');
        }
    }

    /// Whether keys have the values alone, so that a page puts the labels together.
    pub(crate) fn are_bare(&self) -> bool {
        self.form == BARE
    }

    /// The labels as a page shows them, put together in `room` where the key has the values alone and it fits.
    #[inline]
    pub(crate) fn rendered_in<'k>(&self, key: &'k str, room: &'k mut Room) -> Option<&'k str> {
        let [BARE, rest @ ..] = key.as_bytes() else { return self.rendered(key) };
        let (lens, mut values) = rest.split_first_chunk::<N>()?;
        let mut at = 0;
        for (piece, &len) in self.pieces()?.iter().zip(lens) {
            let (value, behind) = values.split_at_checked(len.into())?;
            values = behind;
            // What is behind the piece is overwritten by what comes next.
            *room.get_mut(at..)?.first_chunk_mut()? = piece.text;
            at += usize::from(piece.len);
            copy(room.get_mut(at..at + value.len())?, value);
            at += value.len();
        }
        if N > 0 {
            *room.get_mut(at)? = b'"';
            at += 1;
        }
        let text = room.get(..at)?;
        // SAFETY: it was put together of texts, and of values between the boundaries that they have in the key.
        Some(unsafe { str::from_utf8_unchecked(text) })
    }

    /// Whether a key has these values.
    #[inline(always)]
    pub(crate) fn is(&self, key: &str, values: &[&str; N]) -> bool {
        let [form, rest @ ..] = key.as_bytes() else { return false };
        let Some((lens, rest)) = rest.split_first_chunk::<N>().filter(|_| *form == self.form) else {
            return self.is_escaped(key, values);
        };
        if lens.iter().map(|&len| usize::from(len)).sum::<usize>() + self.gap > rest.len() {
            return false;
        }
        let mut at = 0;
        lens.iter().zip(&self.gaps).zip(values).all(|((&len, &gap), value)| {
            let (start, len) = (at + usize::from(gap), usize::from(len));
            at = start + len;
            // SAFETY: the last of these ends at the sum of all lengths and gaps, which is not beyond the rest.
            let own = unsafe { rest.get_unchecked(start..at) };
            same(own, value.as_bytes())
        })
    }

    /// Whether a key has these values, of 8 to 16 bytes each.
    #[inline(always)]
    pub(crate) fn is_short(&self, key: &str, values: &Short<N>) -> bool {
        let key = key.as_bytes();
        // A key of so many bytes has the lengths and words of so many values. There is at least one, of eight bytes.
        if N == 0 || key.len() != self.rest + values.len() {
            return false;
        }
        let read = |at| {
            // SAFETY: what is read ends where a value of the key does, or before the end of the first, which has eight bytes: not
            // behind the key, which has as many bytes as all gaps and values.
            unsafe { key.as_ptr().add(at).cast::<[u8; 8]>().read_unaligned() }
        };
        if !values.begins(self.form, read(0)) {
            return false;
        }
        let mut at = 1 + N;
        values.iter().zip(&self.gaps).all(|(([first, last], len), &gap)| {
            let start = at + usize::from(gap);
            at = start + len;
            let [own_first, own_last] = [start, at - 8].map(|at| u64::from_ne_bytes(read(at)));
            own_first == first && own_last == last
        })
    }

    #[cold]
    fn is_escaped(&self, key: &str, values: &[&str; N]) -> bool {
        key.as_bytes().first() == Some(&ESCAPED) && (0..N).all(|index| self.value(key, index) == values.get(index).copied())
    }

    /// The value at `index` of a key, as it was given.
    pub(crate) fn value<'k>(&self, key: &'k str, index: usize) -> Option<&'k str> {
        let (&form, rest) = key.as_bytes().split_first()?;
        let (width, start) =
            if form == ESCAPED { (DIGITS, 0) } else { (1, self.gaps.iter().take(index + 1).map(|&gap| usize::from(gap)).sum()) };
        let lens = rest.get(..N * width)?.chunks_exact(width);
        let mut lens = lens.map(|digits| digits.iter().rev().fold(0, |len, &digit| len << 7 | usize::from(digit)));
        let start = 1 + N * width + start + lens.by_ref().take(index).sum::<usize>();
        key.get(start..start + lens.next()?)
    }

    /// All values of a key.
    pub(crate) fn values<'k>(&self, key: &'k str) -> [&'k str; N] {
        std::array::from_fn(|index| self.value(key, index).unwrap_or_default())
    }

    /// The labels as a page shows them, if the key has them so.
    #[inline(always)]
    pub(crate) fn rendered<'k>(&self, key: &'k str) -> Option<&'k str> {
        match *key.as_bytes().first()? {
            // SAFETY: behind the form are the lengths, all of them ASCII, so the text that is left begins at a boundary.
            RENDERED => key.as_bytes().get(1 + N..).map(|text| unsafe { str::from_utf8_unchecked(text) }),
            ESCAPED => self.rendered_behind(key),
            _ => None,
        }
    }

    #[cold]
    fn rendered_behind<'k>(&self, key: &'k str) -> Option<&'k str> {
        let values_len = self.values(key).iter().map(|value| value.len()).sum::<usize>();
        key.get(1 + N * DIGITS + values_len..)
    }

    fn is_plain(&self, key: &str) -> bool {
        key.as_bytes().first().is_some_and(|&form| form < ESCAPED)
    }
}

/// Of a key that has its values as they stand on a page: the form, the lengths, what is in front of values, and the last quote.
const fn rest(values: usize, gap: usize) -> usize {
    1 + values + gap + if values > 0 { 1 } else { 0 }
}

/// Whether two texts are the same. Short ones are compared by their two ends, which may overlap: a call of `memcmp` takes longer.
#[inline(always)]
fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() == b.len() && (8..=16).contains(&a.len()) { same_ends::<8>(a, b) } else { same_rarely(a, b) }
}

/// Shorter and longer ones.
#[inline(never)]
fn same_rarely(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && match a.len() {
            0..2 => a.first() == b.first(),
            2..4 => same_ends::<2>(a, b),
            4..8 => same_ends::<4>(a, b),
            17..=32 => same_ends::<16>(a, b),
            _ => a == b,
        }
}

#[inline(always)]
fn same_ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
    a.first_chunk::<N>() == b.first_chunk() && a.last_chunk::<N>() == b.last_chunk()
}

/// What is escaped in label values.
const SPECIAL: [char; 3] = ['\\', '"', '\n'];

/// Whether nothing is to be escaped. All bytes are looked at, which goes faster than to stop at the first.
#[inline]
fn is_plain(value: &str) -> bool {
    !value.bytes().fold(false, |special, byte| special | matches!(byte, b'\\' | b'"' | b'\n'))
}

/// Label values on a page.
fn escape(mut value: &str, text: &mut String) {
    while let Some(at) = value.find(SPECIAL) {
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
    pub(crate) names: &'a Names<N>,
    /// Whether all names are in the legacy character set, so that they are written as they are.
    pub(crate) legacy: bool,
    pub(crate) key: &'a str,
}

impl<const N: usize> LabelSet for Labelled<'_, N> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        Some(Label { name: self.names.names.get(index)?, value: self.names.value(self.key, index)? })
    }

    fn is_plain(&self) -> bool {
        self.legacy && self.names.is_plain(self.key)
    }

    fn rendered(&self) -> Option<&str> {
        if self.legacy { self.names.rendered(self.key) } else { None }
    }
}

#[cfg(test)]
mod tests;
