//! What a worker's file looks like: a header, then entries one behind the other. All numbers are words of 64 bits in the byte
//! order of the machine.
//!
//! | entry | words |
//! |---|---|
//! | chunk | length and tag; slab and chunk; the cells of one thread, see `cell::local` |
//! | cells | length and tag; how many cells; the cells |
//! | key | length and tag; state; units and length of its text; checksum; where its cells are; process, 0 is that of the file; when the series was made, in nanoseconds since the epoch; where the rest is; the text |
//! | folded | length and tag; how many files; their identities |
//!
//! The place of an entry is counted in bytes from the start of the file. The first word of an entry has its length in bytes
//! in the lower half, and the tag above. For a key it has three bytes more: type, mode, and how numbers are kept.
//! Entries stay where they are; cells and keys are taken again when their series is gone.

use picometer::Kind;

use super::protocol;
use crate::file::tags::{self, IN_CHUNKS, Numbers, SLABS, Tags};

/// Reversed on machines of the other byte order.
pub(crate) const MAGIC: u64 = u64::from_be_bytes(*b"picomet4");

/// Words of the header, by their index.
pub(crate) mod header {
    pub(crate) const MAGIC: usize = 0;
    /// The identity of the file, which stays for as long as a reader may ask.
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
    /// How often keys were taken away or again, see `protocol`.
    pub(crate) const CHANGES: usize = 7;
    /// Checksum of what never changes: identity, process and start; in the file of those that are dead, everything.
    pub(crate) const CHECKSUM: usize = 8;
    pub(crate) const WORDS: usize = 16;
}

/// How long the header is.
pub const HEADER_BYTES: u64 = header::WORDS as u64 * 8;

pub(crate) const CELLS: u8 = 1;
pub(crate) const KEY: u8 = 2;
pub(crate) const FOLDED: u8 = 3;
pub(crate) const CHUNK: u8 = 4;

/// Cells behind this many words of their entry, those of a chunk too.
pub(crate) const CELLS_HEAD: usize = 2;
pub(crate) const KEY_HEAD: usize = 8;
/// Words of a key, by their index.
pub(crate) const KEY_STATE: usize = 1;
pub(crate) const KEY_CREATED: usize = 6;
pub(crate) const KEY_REST: usize = 7;

/// The number of the slab that threads share, the last.
pub(crate) const SHARED_SLAB: u64 = SLABS as u64;
/// In place of a slab: what counters had when they were reset, which is no part of their value.
pub(crate) const BASES: u64 = tags::BASES as u64;

/// Where cells are: in the chunks of all threads, or in an entry of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    Nowhere,
    Entry(usize),
    Chunks { chunk: usize, offset: usize },
}

impl Where {
    pub(crate) fn of(word: u64) -> Self {
        match word {
            0 => Self::Nowhere,
            word if word & IN_CHUNKS == 0 => Self::Entry(word as usize),
            word => Self::Chunks { chunk: (word >> 32) as usize & 0x7fff_ffff, offset: word as u32 as usize },
        }
    }
}

/// The first word of an entry, taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) bytes: u64,
    pub(crate) tag: u8,
    kind: u8,
    mode: u8,
    numbers: u8,
}

impl Head {
    pub(crate) fn of(word: u64) -> Self {
        let [a, b, c, d, tag, kind, mode, numbers] = word.to_le_bytes();
        Self { bytes: u32::from_le_bytes([a, b, c, d]).into(), tag, kind, mode, numbers }
    }

    fn word(words: usize, [tag, kind, mode, numbers]: [u8; 4]) -> u64 {
        let [a, b, c, d] = (words as u32 * 8).to_le_bytes();
        u64::from_le_bytes([a, b, c, d, tag, kind, mode, numbers])
    }

    /// How many words.
    pub(crate) fn words(self) -> usize {
        self.bytes as usize / 8
    }
}

/// The first words of an entry of so many cells.
pub(crate) fn cells_head(cells: usize) -> [u64; CELLS_HEAD] {
    [Head::word(CELLS_HEAD + cells, [CELLS, 0, 0, 0]), cells as u64]
}

/// The first words of a chunk of so many cells.
pub(crate) fn chunk_head(slab: u64, chunk: u32, cells: usize) -> [u64; CELLS_HEAD] {
    [Head::word(CELLS_HEAD + cells, [CHUNK, 0, 0, 0]), slab << 32 | u64::from(chunk)]
}

/// What a key says of a series.
#[derive(Debug)]
pub struct KeyParts<'a> {
    /// What it is.
    pub tags: Tags,
    /// As `Where::of` reads it.
    pub cells: u64,
    /// The process; 0 is that of the file.
    pub pid: u64,
    /// When it was made, in nanoseconds since the epoch.
    pub created: u64,
    /// Where exemplars are, or what left a gauge histogram.
    pub rest: u64,
    /// Name, help and labels, see `key`.
    pub text: &'a [u8],
}

/// How many words a key with this text takes.
pub(crate) fn key_words(text: &[u8]) -> usize {
    KEY_HEAD + text.len().div_ceil(8)
}

/// A key in an entry of so many words, which are enough. `state` is what [`KEY_STATE`] will be once it is written.
pub(crate) fn key_entry(words: usize, state: u64, parts: &KeyParts<'_>) -> Vec<u64> {
    let KeyParts { tags, cells, pid, created, rest, text } = *parts;
    let mut entry = Vec::with_capacity(words);
    let length = u64::from(tags.per_unit) | (text.len() as u64) << 32;
    let head = Head::word(words, [KEY, number_of(tags.kind), tags.mode, tags.numbers as u8]);
    entry.extend([head, state, length, checksum([head, state, length, cells, pid], text), cells, pid, created, rest]);
    for chunk in text.chunks(8) {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(chunk).for_each(|(byte, from)| *byte = *from);
        entry.push(u64::from_ne_bytes(bytes));
    }
    entry.resize(words, 0);
    entry
}

/// The entry with the identities of what was folded.
pub(crate) fn folded_entry(ids: &[u64]) -> Vec<u64> {
    let mut entry = vec![Head::word(2 + ids.len(), [FOLDED, 0, 0, 0]), ids.len() as u64];
    entry.extend_from_slice(ids);
    entry
}

/// A key as it stands in a file.
pub(crate) struct KeyEntry<'a> {
    pub(crate) tags: Tags,
    pub(crate) cells: Where,
    pub(crate) pid: u64,
    pub(crate) created: u64,
    /// A [`Where`], or the zero threshold of a table.
    pub(crate) rest: u64,
    pub(crate) text: &'a [u8],
}

impl<'a> KeyEntry<'a> {
    /// Whether the series is there.
    pub(crate) fn is_live(entry: &[u8]) -> bool {
        word(entry, KEY_STATE).is_some_and(protocol::is_live)
    }

    /// None where the lengths do not fit each other, or the text is not what was written.
    pub(crate) fn of(entry: &'a [u8]) -> Option<Self> {
        let at = |index| word(entry, index);
        let (first, state, length, sum, cells, pid) = (at(0)?, at(KEY_STATE)?, at(2)?, at(3)?, at(4)?, at(5)?);
        let text = entry.get(KEY_HEAD * 8..)?.get(..(length >> 32) as usize)?;
        // Those who make files of anything get behind it.
        (cfg!(fuzzing) || checksum([first, state, length, cells, pid], text) == sum).then_some(())?;
        Self::known(entry)
    }

    /// A key that was read before, and did not change.
    pub(crate) fn known(entry: &'a [u8]) -> Option<Self> {
        let at = |index| word(entry, index);
        let (first, length, cells, pid) = (at(0)?, at(2)?, at(4)?, at(5)?);
        let text = entry.get(KEY_HEAD * 8..)?.get(..(length >> 32) as usize)?;
        let Head { kind, mode, numbers, .. } = Head::of(first);
        let tags = Tags { kind: kind_of(kind)?, numbers: Numbers::of(numbers)?, per_unit: length as u32, mode };
        Some(Self { tags, cells: Where::of(cells), pid, created: at(KEY_CREATED)?, rest: at(KEY_REST)?, text })
    }
}

/// The word at an index.
#[inline]
pub(crate) fn word(bytes: &[u8], index: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(index.checked_mul(8)?..)?.first_chunk()?))
}

/// The checksum of a header; that of the file of the dead includes its entries, which never change.
pub(crate) fn header_checksum(id: u64, pid: u64, started: u64, generation: u64, entries: &[u8]) -> u64 {
    checksum([MAGIC, id, pid, started, generation], entries)
}

/// A checksum of a text. It finds damage, and does not keep out a writer that wants it to match.
fn checksum(head: [u64; 5], text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(FACTOR);
        mixed ^ mixed >> 29
    };
    let (words, rest) = text.as_chunks::<8>();
    let hash = head.into_iter().fold(FACTOR, mix);
    let hash = words.iter().fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, byte| mix(hash, (*byte).into()))
}

/// Types that are shared, by their number in a file.
const KINDS: [Kind; 7] = [Kind::Counter, Kind::Gauge, Kind::Histogram, Kind::Summary, Kind::Info, Kind::StateSet, Kind::GaugeHistogram];

fn kind_of(number: u8) -> Option<Kind> {
    KINDS.get(usize::from(number).checked_sub(1)?).copied()
}

fn number_of(kind: Kind) -> u8 {
    KINDS.iter().position(|own| *own == kind).map_or(0, |at| at as u8 + 1)
}

/// The number that tells one run of a process from another, out of `/proc/PID/stat`: allocates nothing.
pub(crate) fn start_time(stat: &[u8]) -> Option<u64> {
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
        let tags = Tags { kind: Kind::Gauge, mode: 7, numbers: Numbers::Float, per_unit: 1_000 };
        for len in 0..20 {
            let text: Vec<u8> = (0..len).collect();
            let words = key_words(&text) + usize::from(len) % 3;
            let state = protocol::live(5);
            let cells = IN_CHUNKS | 3 << 32 | 128;
            let entry = key_entry(words, state, &KeyParts { tags, cells, pid: 17, created: 4, rest: 256, text: &text });
            let head = Head::of(entry[0]);
            assert_eq!((head.words(), head.tag, entry.len()), (words, KEY, words));
            let mut raw = bytes(&entry);
            let key = KeyEntry::of(&raw).unwrap();
            assert!(KeyEntry::is_live(&raw) && key.tags == tags);
            assert_eq!((key.cells, key.pid, key.text), (Where::Chunks { chunk: 3, offset: 128 }, 17, &*text));
            assert_eq!((key.created, key.rest), (4, 256));
            if len > 0 {
                raw[KEY_HEAD * 8] ^= 1;
                assert!(KeyEntry::of(&raw).is_none());
            }
            assert!(KeyEntry::of(&raw[..KEY_HEAD * 8 - 1]).is_none());
        }
        assert!(KINDS.into_iter().all(|kind| kind_of(number_of(kind)) == Some(kind)));
        assert_eq!((kind_of(0), kind_of(8)), (None, None));
    }

    #[test]
    fn the_start_of_a_process_is_behind_its_name() {
        let stat = b"17 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21";
        assert_eq!(start_time(stat), Some(4242));
        assert_eq!(start_time(b"17 (a"), None);
    }
}
