//! Where the numbers of a counter are, and how they are read and counted there.

use std::panic::{RefUnwindSafe, UnwindSafe};

use picometer::Scaled;

use super::super::local::{self, Cells, Floats, Length, One, Pair};
use super::super::stored::Stored;

/// Where the numbers of a counter are.
pub trait Places: Send + Sync + UnwindSafe + RefUnwindSafe + 'static {
    /// What is added.
    type Amount;
    /// How many cells a number has.
    type Length: Length;
    /// Of a static.
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const LATER: Self;
    fn new() -> Self;
    #[allow(private_interfaces, reason = "sealed")]
    fn cells(&self) -> &Cells<Self::Length>;
    fn add(&self, amount: Self::Amount);
    /// The number, as bits.
    fn bits(&self) -> u64;
    fn reset(&self);
    /// Of which generation it is; odd while that changes.
    fn generation(&self) -> u64;
    /// Reads many at these places, of these generations, as bits.
    fn column(places: &[u32], generations: &[u64], is_row: bool, values: &mut [u64]);
}

impl Places for Cells {
    type Amount = u64;
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
    fn add(&self, amount: u64) {
        local::add_integer(self, amount);
    }

    #[inline]
    fn bits(&self) -> u64 {
        local::integer(self)
    }

    fn reset(&self) {
        local::reset_integer(self);
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
    type Amount = f64;
    type Length = Pair;
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const LATER: Self = Self::later();

    fn new() -> Self {
        Self::new()
    }

    #[inline]
    fn cells(&self) -> &Cells<Pair> {
        self.cells()
    }

    #[inline]
    fn add(&self, amount: f64) {
        self.add(amount);
    }

    #[inline]
    fn bits(&self) -> u64 {
        self.get().to_bits()
    }

    fn reset(&self) {
        self.reset();
    }

    #[inline]
    fn generation(&self) -> u64 {
        self.generation()
    }

    fn column(places: &[u32], generations: &[u64], _: bool, values: &mut [u64]) {
        local::floats(places, generations, values);
    }
}

/// A number that threads count in places of their own.
pub trait Counted: Stored {
    type Cells: Places;

    /// What is added for this number.
    fn amount(self) -> <Self::Cells as Places>::Amount;

    /// The number that was read as bits.
    #[inline]
    fn counted(bits: u64) -> Self {
        Self::of(bits)
    }
}

macro_rules! counted {
    ($($value:ty: $cells:ty;)*) => {$(
        impl Counted for $value {
            type Cells = $cells;

            #[inline]
            fn amount(self) -> <$cells as Places>::Amount {
                self.into()
            }
        }
    )*};
}

counted! { u32: Cells; u64: Cells; f64: Floats; }

impl Counted for f32 {
    type Cells = Floats;

    #[inline]
    fn amount(self) -> f64 {
        self.into()
    }

    /// Sums are doubles, and may be beyond what this type holds.
    #[inline]
    fn counted(bits: u64) -> Self {
        Self::of(bits).min(Self::MAX)
    }
}

impl<V: Counted<Cells = Cells>, const PER_UNIT: u32> Counted for Scaled<V, PER_UNIT> {
    type Cells = Cells;

    #[inline]
    fn amount(self) -> u64 {
        self.0.amount()
    }
}
