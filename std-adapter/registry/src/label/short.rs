//! Hashes of label values, and values of 8 to 16 bytes, whose words are read once: to be hashed, and to be compared.
//!
//! Each value is hashed by itself: where one ends and the next begins makes a difference, and a processor multiplies for all of
//! them at once. All keys are of the secret of the process: a client cannot make values that collide.

use std::hash::Hasher as _;

use foldhash::SharedSeed;
use foldhash::fast::FoldHasher;

/// From so many values on, their lengths do not fit in a word beside the form of a key.
const MOST: usize = 7;

/// The hash of label values.
#[inline(always)]
pub(crate) fn hash<const N: usize>(seed: u64, values: &[&str; N]) -> u32 {
    let mut all = 0;
    for (at, value) in values.iter().enumerate() {
        let bytes = value.as_bytes();
        let hash = match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(&first), Some(&last)) if bytes.len() <= 16 => {
                hash_of(key(seed, at), [u64::from_ne_bytes(first), u64::from_ne_bytes(last)], bytes.len())
            }
            _ => {
                let mut hasher = FoldHasher::with_seed(key(seed, at), SharedSeed::global_fixed());
                hasher.write(bytes);
                hasher.finish()
            }
        };
        all = joined(all, hash);
    }
    folded(all)
}

/// The key of the value at an index.
#[inline(always)]
fn key(seed: u64, at: usize) -> u64 {
    seed.rotate_left(11 * at as u32)
}

/// The hash of a value of 8 to 16 bytes: both words below a secret, as in `foldhash`, which has the second below a constant. The
/// second secret depends on the length, because values such as `aaaaaaaa` and `aaaaaaaaa` have the same words.
#[inline(always)]
fn hash_of(key: u64, [first, last]: [u64; 2], len: usize) -> u64 {
    let product = u128::from(first ^ key) * u128::from(last ^ key.rotate_left(24 + len as u32));
    product as u64 ^ (product >> 64) as u64
}

/// The hash of several values, with that of one more.
#[inline(always)]
fn joined(all: u64, hash: u64) -> u64 {
    all.rotate_left(21) ^ hash
}

/// The length of the value at an index in a byte of its own, above a byte that is zero.
#[inline(always)]
fn placed(at: usize, len: usize) -> u64 {
    (len as u64).rotate_left(8 * (at as u32 + 1))
}

/// The half of a hash in which all its bits are.
#[inline(always)]
fn folded(all: u64) -> u32 {
    (all ^ all >> 32) as u32
}

/// Values of 8 to 16 bytes, each as its first and its last eight, which may overlap.
pub(crate) struct Short<const N: usize> {
    words: [[u64; 2]; N],
    lens: [usize; N],
    /// As [`placed`].
    placed: u64,
}

impl<const N: usize> Short<N> {
    /// None where one of them has another length.
    #[inline(always)]
    pub(crate) fn of(values: &[&str; N]) -> Option<Self> {
        if N == 0 || N > MOST || !values.iter().all(|value| (8..=16).contains(&value.len())) {
            return None;
        }
        let (mut words, lens) = ([[0; 2]; N], values.map(str::len));
        for (words, value) in words.iter_mut().zip(values) {
            let bytes = value.as_bytes();
            *words = [u64::from_ne_bytes(*bytes.first_chunk()?), u64::from_ne_bytes(*bytes.last_chunk()?)];
        }
        let placed = lens.iter().enumerate().fold(0, |all, (at, &len)| all | placed(at, len));
        Some(Self { words, lens, placed })
    }

    /// What [`hash`] is of them.
    #[inline(always)]
    pub(crate) fn hash(&self, seed: u64) -> u32 {
        let values = self.iter().enumerate();
        folded(values.fold(0, |all, (at, (words, len))| joined(all, hash_of(key(seed, at), words, len))))
    }

    /// Their bytes, all together.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.lens.iter().sum()
    }

    /// Whether eight bytes, of which there are so many, begin with this one and a byte for each length.
    #[inline(always)]
    pub(super) fn begins(&self, form: u8, bytes: [u8; 8]) -> bool {
        let mask = if N < MOST { (1 << (8 * (N + 1))) - 1 } else { u64::MAX };
        (u64::from_le_bytes(bytes) ^ (self.placed | u64::from(form))) & mask == 0
    }

    /// Each with its length.
    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = ([u64; 2], usize)> {
        self.words.iter().copied().zip(self.lens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_have_the_hash_of_all_values() {
        let texts = ["12345678", "123456789", "1234567890123456", "abcdefgh", "\u{e9}t\u{e9} 2026"];
        for a in texts {
            for b in texts {
                let short = Short::of(&[a, b]).unwrap();
                assert_eq!(short.hash(7), hash(7, &[a, b]));
                assert_ne!(short.hash(7), short.hash(8));
            }
        }
        assert!(Short::of(&["1234567"]).is_none() && Short::of(&["12345678901234567"]).is_none() && Short::of(&[]).is_none());
        assert!(Short::of(&["12345678"; 7]).is_some() && Short::of(&["12345678"; 8]).is_none());
    }

    #[test]
    fn hashes_spread_over_words_and_tags() {
        // Of similar values in every place, as many different hashes as chance gives, in the lower and in the upper half.
        for lens in [[3, 3, 3], [10, 10, 10], [20, 3, 9]] {
            let text = |at: usize, number: u32| format!("{number:0>len$}", len = lens[at]);
            let mut hashes = Vec::new();
            for number in 0..4_096_u32 {
                let [a, b, c] = [number / 256, number / 16 % 16, number % 16];
                let values = [text(0, a), text(1, b), text(2, c)];
                hashes.push(hash(0x1234_5678_9abc_def1, &values.each_ref().map(|value| &**value)));
            }
            for shift in [0, 16] {
                let mut halves: Vec<u16> = hashes.iter().map(|hash| (hash >> shift) as u16).collect();
                halves.sort_unstable();
                halves.dedup();
                // 4,096 balls in 65,536 bins: 3,970 are filled, give or take 11.
                assert!(halves.len() > 3_850, "{} of 4,096, lengths {lens:?}, shift {shift}", halves.len());
            }
        }
    }

    #[test]
    fn hashes_spread_over_lengths_of_the_same_words() {
        let letters = "aaaaaaaaaaaaaaaa";
        let lens = || (8..=16).map(|len| &letters[..len]);
        let mut hashes = Vec::new();
        for [a, b, c] in lens().flat_map(|a| lens().flat_map(move |b| lens().map(move |c| [a, b, c]))) {
            hashes.push(hash(0x1234_5678_9abc_def1, &["aaaaaaaa", a, b, c]));
        }
        for shift in [0, 16] {
            let mut bits: Vec<u32> = hashes.iter().map(|hash| hash >> shift & 0x3ff).collect();
            bits.sort_unstable();
            bits.dedup();
            // 729 balls in 1,024 bins: 521 are filled, give or take 11.
            assert!(bits.len() > 460, "{} of 729, shift {shift}", bits.len());
        }
    }

    #[test]
    fn order_and_borders_of_values_make_a_difference() {
        for [one, other] in [
            [["abcdefgh", "ijklmnop"], ["ijklmnop", "abcdefgh"]],
            [["aaaaaaaaa", "aaaaaaaa"], ["aaaaaaaa", "aaaaaaaaa"]],
            [["ab", "c"], ["a", "bc"]],
            [["", "x"], ["x", ""]],
        ] {
            assert_ne!(hash(99, &one), hash(99, &other));
        }
    }
}
