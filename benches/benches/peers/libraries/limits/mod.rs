//! What the hardware allows: the least code that does what a case asks for, without what makes it a library.

mod lines;
mod updates;

pub(crate) use lines::{Counters, Digits, Gauges, Histograms, Lines, page};
pub(crate) use updates::{add, count, fetch_add, index, lookup, observe, set};
