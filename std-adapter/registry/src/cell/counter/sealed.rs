//! Where the numbers of a counter are, and how they are read and counted there.

use std::panic::{RefUnwindSafe, UnwindSafe};

use super::super::local::{self, Cells, Floats, Length, One, Pair};
use crate::shared::Numbers;

/// Where the numbers of a counter are.
pub trait Places: Send + Sync + UnwindSafe + RefUnwindSafe + 'static {
    /// How many cells a number has.
    type Length: Length;
    /// Of a static.
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const LATER: Self;
    fn new() -> Self;
    #[allow(private_interfaces, reason = "sealed")]
    fn cells(&self) -> &Cells<Self::Length>;
    /// Of which generation it is; odd while that changes.
    fn generation(&self) -> u64;
    /// Reads many at these places, of these generations, as bits.
    fn column(places: &[u32], generations: &[u64], is_row: bool, values: &mut [u64]);
}

impl Places for Cells {
    type Length = One;
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const LATER: Self = Self::later(One);

    fn new() -> Self {
        Self::new(One)
    }

    #[inline]
    fn cells(&self) -> &Self {
        self
    }

    #[inline]
    fn generation(&self) -> u64 {
        0
    }

    fn column(places: &[u32], _: &[u64], is_row: bool, values: &mut [u64]) {
        local::integers(places, is_row, values);
    }
}

impl Places for Floats {
    type Length = Pair;
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const LATER: Self = Self::later();

    fn new() -> Self {
        Self::new()
    }

    #[inline]
    fn cells(&self) -> &Cells<Pair> {
        Self::cells(self)
    }

    #[inline]
    fn generation(&self) -> u64 {
        Self::generation(self)
    }

    fn column(places: &[u32], generations: &[u64], _: bool, values: &mut [u64]) {
        local::floats(places, generations, values);
    }
}

pub trait Sealed: Sized {
    type Cells: Places;

    /// How the numbers in the cells are to be read, and in parts of what.
    #[allow(private_interfaces, reason = "sealed")]
    const NUMBERS: (Numbers, u32);

    /// The value that was read from a column.
    fn of_column(bits: u64) -> Self;
    fn bits_of(cells: &Self::Cells) -> u64;
    fn count_in(self, cells: &Self::Cells);
    #[inline]
    fn read(cells: &Self::Cells) -> Self {
        Self::of_column(Self::bits_of(cells))
    }
    fn reset(cells: &Self::Cells);
}
