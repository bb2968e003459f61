//! What the expansion of [`buckets!`](crate::buckets) checks, so that a mistake is an error under the bounds.

use crate::rule::array_rules;

/// A rule that bounds break.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// There is none.
    Empty,
    /// One is not a number, or infinite.
    NotFinite,
    /// One is not above the one in front of it.
    NotRising,
}

impl Fault {
    /// What is wrong.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "a histogram needs a bucket besides +Inf: write a bound",
            Self::NotFinite => "bucket bounds must be finite; +Inf comes by itself: write finite numbers",
            Self::NotRising => "bucket bounds must rise: write each above the one in front of it",
        }
    }
}

/// Whether bounds with this fault, if they have one, keep a rule.
pub const fn keep(fault: Option<Fault>, rule: Fault) -> bool {
    match fault {
        Some(fault) => fault as u8 != rule as u8,
        None => true,
    }
}

array_rules! {
    not_empty NotEmpty "a histogram needs a bucket besides +Inf" "write a bound";
    finite Finite "bucket bounds must be finite; +Inf comes by itself" "write finite numbers";
    rising Rising "bucket bounds must rise" "write each above the one in front of it";
}
