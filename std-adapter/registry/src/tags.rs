//! What is said of a cell where its numbers are words that others read.

use picometer::Kind;

/// What readers in other processes have to know of a cell besides its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tags {
    pub(crate) kind: Kind,
    pub(crate) numbers: Numbers,
    /// For integers in parts of a unit.
    pub(crate) per_unit: u32,
    /// Of a gauge.
    pub(crate) mode: u8,
}

impl Tags {
    /// Of a cell whose numbers are not in parts of a unit, and without a mode.
    pub(crate) const fn new(kind: Kind, numbers: Numbers) -> Self {
        Self { kind, numbers, per_unit: 1, mode: 0 }
    }
}

/// How the bits of a number are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    Unsigned,
    Signed,
    Float,
    /// The table of a native histogram, whose parts of a unit say how it is kept.
    Table,
    /// Native histograms that were put together.
    #[cfg(shared_storage)]
    Merged,
}

#[cfg(shared_storage)]
impl Numbers {
    pub(crate) fn of(number: u8) -> Option<Self> {
        [Self::Unsigned, Self::Signed, Self::Float, Self::Table, Self::Merged].get(usize::from(number)).copied()
    }
}

/// Where the numbers of a cell are: cells of all threads, and perhaps others; as words that mean something in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whereabouts {
    pub(crate) cells: u64,
    pub(crate) rest: u64,
}

/// How many slabs there are that are one thread's; behind them is the one that is everybody's.
pub(crate) const SLABS: usize = 64;

/// In place of the number of a slab: what its cells had when they were reset.
pub(crate) const BASES: usize = SLABS + 1;

/// Marks a word that means a chunk, and an offset in it.
pub(crate) const IN_CHUNKS: u64 = 1 << 63;
