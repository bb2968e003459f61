//! What is said of a cell where its numbers are words that others read.

use picometer::Kind;

/// What readers in other processes have to know of a cell besides its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tags {
    pub(crate) kind: Kind,
    pub(crate) numbers: Numbers,
    /// For integers in parts of a unit.
    pub(crate) per_unit: u32,
    /// Of a gauge.
    pub(crate) mode: u8,
}

impl Tags {
    /// Of a cell whose numbers are not in parts of a unit, and without a mode.
    pub const fn new(kind: Kind, numbers: Numbers) -> Self {
        Self { kind, numbers, per_unit: 1, mode: 0 }
    }

    /// Of integers that are so many parts of a unit; of a table, how it is kept.
    #[must_use]
    pub const fn per_unit(mut self, per_unit: u32) -> Self {
        self.per_unit = per_unit;
        self
    }

    /// Of a gauge with this [mode](crate::GaugeMode::number).
    #[must_use]
    pub const fn mode(mut self, mode: u8) -> Self {
        self.mode = mode;
        self
    }
}

/// How the bits of a number are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Integers.
    Unsigned,
    /// Integers in two's complement.
    Signed,
    /// Doubles.
    Float,
    /// The table of a native histogram, whose parts of a unit say how it is kept.
    Table,
    /// Native histograms that were put together.
    Merged,
}

impl Numbers {
    pub(crate) fn of(number: u8) -> Option<Self> {
        [Self::Unsigned, Self::Signed, Self::Float, Self::Table, Self::Merged].get(usize::from(number)).copied()
    }
}

/// Where the numbers of a cell are: cells of all threads, and perhaps others; as words that mean something in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// The cells of all threads, or an entry of their own; 0 where there are none.
    pub cells: u64,
    /// The others; 0 where there are none.
    pub rest: u64,
}

/// How many slabs there are that are one thread's; behind them is the one that is everybody's.
pub const SLABS: usize = 64;

/// In place of the number of a slab: what its cells had when they were reset.
pub const BASES: usize = SLABS + 1;

/// Marks a word that means a chunk, and an offset in it.
pub const IN_CHUNKS: u64 = 1 << 63;

/// A sum of finite numbers, which stops at the ends of what a double holds.
pub(crate) fn total(sum: f64) -> f64 {
    sum.clamp(f64::MIN, f64::MAX)
}
