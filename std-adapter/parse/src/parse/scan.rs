//! Scans over bytes, eight at a time where they are many. Needs `core` only.
//!
//! Label values have 3 to 20 bytes: a call into a library of wider scans costs more than it saves there.

/// What a byte may be part of.
pub(super) const NAME: u8 = 1;
pub(super) const NAME_START: u8 = 2;
pub(super) const LABEL: u8 = 4;
pub(super) const LABEL_START: u8 = 8;
/// A byte that a number may have, or a word for one.
pub(super) const TOKEN_END: u8 = 16;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => NAME | NAME_START | LABEL | LABEL_START,
            b':' => NAME | NAME_START,
            b'0'..=b'9' => NAME | LABEL,
            b' ' | b'\t' | b'\n' => TOKEN_END,
            _ => 0,
        };
        byte += 1;
    }
    classes
}

#[inline(always)]
pub(super) fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// The first place from `at` on whose byte is not of the class.
#[inline(always)]
pub(super) fn skip(bytes: &[u8], mut at: usize, class: u8) -> usize {
    while let Some(&byte) = bytes.get(at) {
        if !is(byte, class) {
            break;
        }
        at += 1;
    }
    at
}

/// The first place from `at` on whose byte is of the class.
#[inline(always)]
pub(super) fn until(bytes: &[u8], mut at: usize, class: u8) -> usize {
    while let Some(&byte) = bytes.get(at) {
        if is(byte, class) {
            break;
        }
        at += 1;
    }
    at
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A high bit where a byte of the word is zero; above the lowest one there may be false ones.
#[inline(always)]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

#[inline(always)]
fn find(bytes: &[u8], mut at: usize, words: impl Fn(u64) -> u64, one: impl Fn(u8) -> bool) -> usize {
    while let Some(&word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let hits = words(u64::from_le_bytes(word));
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if one(byte) {
            break;
        }
        at += 1;
    }
    at
}

/// The first `"`, `\` or line feed from `at` on, or the end.
#[inline(always)]
pub(super) fn quote_end(bytes: &[u8], at: usize) -> usize {
    const QUOTE: u64 = LOW * b'"' as u64;
    const BACKSLASH: u64 = LOW * b'\\' as u64;
    const FEED: u64 = LOW * b'\n' as u64;
    let words = |word| zeros(word ^ QUOTE) | zeros(word ^ BACKSLASH) | zeros(word ^ FEED);
    find(bytes, at, words, |byte| matches!(byte, b'"' | b'\\' | b'\n'))
}

/// The first line feed from `at` on, or the end.
#[inline]
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    const FEED: u64 = LOW * b'\n' as u64;
    find(bytes, at, |word| zeros(word ^ FEED), |byte| byte == b'\n')
}

/// The first backslash or line feed from `at` on, or the end.
#[inline]
pub(super) fn escape_or_line_end(bytes: &[u8], at: usize) -> usize {
    const BACKSLASH: u64 = LOW * b'\\' as u64;
    const FEED: u64 = LOW * b'\n' as u64;
    find(bytes, at, |word| zeros(word ^ BACKSLASH) | zeros(word ^ FEED), |byte| matches!(byte, b'\\' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_scans_agree_with_narrow_ones() {
        // Every place of a hit among bytes that differ from it in one bit, in words and behind them.
        for len in 0..40 {
            for hit in 0..=len {
                for (special, filler) in [(b'"', b'#'), (b'\\', b']'), (b'\n', 0x0b), (b'"', 0xa2), (b'\n', 0x8a)] {
                    let mut text = vec![filler; len];
                    if let Some(place) = text.get_mut(hit) {
                        *place = special;
                    }
                    for at in 0..=hit {
                        assert_eq!(quote_end(&text, at), hit);
                        if special == b'\n' {
                            assert_eq!(line_end(&text, at), hit);
                        }
                        if special != b'"' {
                            assert_eq!(escape_or_line_end(&text, at), hit);
                        }
                    }
                }
            }
        }
    }
}
