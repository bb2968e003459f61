//! What a worker's file looks like: a header, then entries one behind the other. All numbers are words of 64 bits in the byte
//! order of the machine.
//!
//! | entry | words |
//! |---|---|
//! | cells | length and tag; how many cells; when they were made, in nanoseconds since the epoch; the cells |
//! | key | length and tag; state; place of its cells and length of its text; checksum; process, 0 is that of the file; the text |
//! | folded | length and tag; how many files; their identities |
//!
//! The place of an entry is counted in bytes from the start of the file. A word that is the first of an entry has the length of
//! the entry in bytes in its lower half, above it the tag, and three bytes for a key: type, mode, and how numbers are kept.

use picometer::Kind;

/// Reversed on machines of the other byte order.
pub(super) const MAGIC: u64 = u64::from_be_bytes(*b"picomet1");

/// Words of the header, by their index.
pub(super) mod header {
    pub(crate) const MAGIC: usize = 0;
    /// Who the file is, for as long as anybody may ask.
    pub(crate) const ID: usize = 1;
    pub(crate) const PID: usize = 2;
    /// When the process started, in ticks since the boot: tells it from another one of that number.
    pub(crate) const STARTED: usize = 3;
    /// How many bytes are written. Stored last, as a release.
    pub(crate) const USED: usize = 4;
    /// How many cells are counted in memory alone, because there was no room.
    pub(crate) const UNSHARED: usize = 5;
    /// How often it was folded, in the file of those that are dead.
    pub(crate) const GENERATION: usize = 6;
    pub(crate) const WORDS: usize = 16;
}

pub(super) const HEADER_BYTES: u64 = header::WORDS as u64 * 8;

pub(super) const CELLS: u8 = 1;
pub(super) const KEY: u8 = 2;
pub(super) const FOLDED: u8 = 3;

/// Cells behind this many words of their entry.
pub(super) const CELLS_HEAD: usize = 3;
const KEY_HEAD: usize = 5;
/// The word of a key that says whether the series is there.
pub(super) const KEY_STATE: usize = 1;

pub(super) const LIVE: u64 = 1;
pub(super) const REMOVED: u64 = 2;

/// For cells whose first number starts at 1 and not at 0.
pub(super) const STARTS_AT_ONE: u8 = 1;

/// How numbers are kept.
pub(super) const UNSIGNED: u8 = 0;
pub(super) const SIGNED: u8 = 1;
pub(super) const FLOAT: u8 = 2;

/// The first word of an entry, taken apart.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) bytes: u64,
    pub(super) tag: u8,
    pub(super) kind: u8,
    pub(super) mode: u8,
    pub(super) numbers: u8,
}

impl Head {
    pub(super) fn of(word: u64) -> Self {
        let [a, b, c, d, tag, kind, mode, numbers] = word.to_le_bytes();
        Self { bytes: u32::from_le_bytes([a, b, c, d]).into(), tag, kind, mode, numbers }
    }

    fn word(words: usize, [tag, kind, mode, numbers]: [u8; 4]) -> u64 {
        let [a, b, c, d] = (words as u32 * 8).to_le_bytes();
        u64::from_le_bytes([a, b, c, d, tag, kind, mode, numbers])
    }

    /// How many words.
    pub(super) fn words(self) -> usize {
        self.bytes as usize / 8
    }
}

/// The entry of these cells.
pub(super) fn cells_entry(flags: u8, created: u64, cells: &[u64]) -> Vec<u64> {
    let mut entry = Vec::with_capacity(CELLS_HEAD + cells.len());
    entry.extend([Head::word(CELLS_HEAD + cells.len(), [CELLS, flags, 0, 0]), cells.len() as u64, created]);
    entry.extend_from_slice(cells);
    entry
}

/// What a key says besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tags {
    pub(super) kind: u8,
    pub(super) mode: u8,
    pub(super) numbers: u8,
}

/// The entry that names the cells at a place.
pub(super) fn key_entry(tags: Tags, pid: u64, cells: u32, text: &[u8]) -> Vec<u64> {
    let words = KEY_HEAD + text.len().div_ceil(8);
    let mut entry = Vec::with_capacity(words);
    let length = u64::from(cells) | (text.len() as u64) << 32;
    let head = Head::word(words, [KEY, tags.kind, tags.mode, tags.numbers]);
    entry.extend([head, LIVE, length, checksum(head ^ length, text), pid]);
    for chunk in text.chunks(8) {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(chunk).for_each(|(byte, from)| *byte = *from);
        entry.push(u64::from_ne_bytes(bytes));
    }
    entry
}

/// The entry with the identities of what was folded.
pub(super) fn folded_entry(ids: &[u64]) -> Vec<u64> {
    let mut entry = vec![Head::word(2 + ids.len(), [FOLDED, 0, 0, 0]), ids.len() as u64];
    entry.extend_from_slice(ids);
    entry
}

/// A key as it stands in a file.
pub(super) struct KeyEntry<'a> {
    pub(super) state: u64,
    pub(super) cells: usize,
    pub(super) pid: u64,
    pub(super) text: &'a [u8],
}

impl<'a> KeyEntry<'a> {
    /// None where the lengths do not fit each other, or the text is not what was written.
    pub(super) fn of(entry: &'a [u8]) -> Option<Self> {
        let (state, length, sum, pid) = (word(entry, 1)?, word(entry, 2)?, word(entry, 3)?, word(entry, 4)?);
        let text = entry.get(KEY_HEAD * 8..)?.get(..(length >> 32) as usize)?;
        (checksum(word(entry, 0)? ^ length, text) == sum).then_some(Self {
            state,
            cells: (length & u64::from(u32::MAX)) as usize,
            pid,
            text,
        })
    }
}

/// The word at an index.
#[inline]
pub(super) fn word(bytes: &[u8], index: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(index.checked_mul(8)?..)?.first_chunk()?))
}

/// Finds out whether a text is what was written; not meant against anybody who wants it to match.
fn checksum(seed: u64, text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(FACTOR);
        mixed ^ mixed >> 29
    };
    let (words, rest) = text.as_chunks::<8>();
    let hash = words.iter().fold(seed ^ FACTOR, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, byte| mix(hash, (*byte).into()))
}

/// Types that are shared, by their number in a file.
const KINDS: [Kind; 6] = [Kind::Counter, Kind::Gauge, Kind::Histogram, Kind::Summary, Kind::Info, Kind::StateSet];

pub(super) fn kind_of(number: u8) -> Option<Kind> {
    KINDS.get(usize::from(number).checked_sub(1)?).copied()
}

pub(super) fn number_of(kind: Kind) -> u8 {
    KINDS.iter().position(|own| *own == kind).map_or(0, |at| at as u8 + 1)
}

/// The number that tells one run of a process from another, out of `/proc/PID/stat`: allocates nothing.
pub(super) fn start_time(stat: &[u8]) -> Option<u64> {
    // The name of the program is in parentheses, and may hold any.
    let behind = stat.get(stat.iter().rposition(|byte| *byte == b')')? + 2..)?;
    str::from_utf8(behind.split(|byte| *byte == b' ').nth(19)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn entries_come_back() {
        let tags = Tags { kind: number_of(Kind::Gauge), mode: 7, numbers: FLOAT };
        for len in 0..20 {
            let text: Vec<u8> = (0..len).collect();
            let entry = key_entry(tags, 17, 128, &text);
            let head = Head::of(entry[0]);
            assert_eq!((head.words(), head.tag, head.kind, head.mode, head.numbers), (entry.len(), KEY, 2, 7, FLOAT));
            let mut raw = bytes(&entry);
            let key = KeyEntry::of(&raw).unwrap();
            assert_eq!((key.state, key.cells, key.pid, key.text), (LIVE, 128, 17, &*text));
            if len > 0 {
                raw[KEY_HEAD * 8] ^= 1;
                assert!(KeyEntry::of(&raw).is_none());
            }
            assert!(KeyEntry::of(&raw[..KEY_HEAD * 8 - 1]).is_none());
        }
        assert_eq!(kind_of(number_of(Kind::StateSet)), Some(Kind::StateSet));
        assert_eq!((kind_of(0), kind_of(7)), (None, None));
    }

    #[test]
    fn the_start_of_a_process_is_behind_its_name() {
        let stat = b"17 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21";
        assert_eq!(start_time(stat), Some(4242));
        assert_eq!(start_time(b"17 (a"), None);
    }
}
