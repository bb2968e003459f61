//! What the benches share: cases with a column for each of the things compared, measured in interleaved rounds.
//!
//! A bench target has `harness = false` and hands [`Suite`] its cases:
//!
//! ```
//! use picometer_benches::{Role, Suite, Unit};
//!
//! let numbers: Vec<u64> = (0..1_000).collect();
//! let numbers = &numbers;
//! let mut suite = Suite::new(["--test"]);
//! suite.case("sum-1000", "the sum of 1,000 integers", Unit::Nanos("integer"), |case| {
//!     case.time("picometer", Role::Ours, 1_000, move || numbers.iter().sum::<u64>());
//!     case.time("loop", Role::Peer, 1_000, move || numbers.iter().fold(0, |sum, number| sum + number));
//! });
//! let report = suite.report();
//! assert_eq!(report.len(), 1);
//! assert!(report[0].columns[0].ratio_to_best_peer.is_some());
//! ```
//!
//! Every round takes one sample of each column, in a different order each time, so that a disturbance of the machine meets all
//! of them; what is shown is the median. Times are processor times of the measured threads. The ratio says how many times as
//! long the best peer takes, and is the figure to trust. The other ratio says how many times the limit of the case a column
//! takes: a few lines that do the least that the case asks for, measured in the same rounds.
//!
//! The command line: `[--json] [--summary] [--write FILE] [--short] [--test] [--rounds N] [--column NAME]… [CASE…]`. A case runs
//! if its name contains one of the words. `--summary` prints a row a case in place of a table each, and `--write` puts them into
//! a file, between its marks. `--short` takes few rounds of short samples. `--test`, and a start by anything but `cargo bench`,
//! takes one short sample of each.
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

#[allow(unsafe_code, reason = "a global allocator is an unsafe trait")]
pub mod allocator;

mod case;
mod clock;
mod column;
mod options;
mod processor;
mod program;
mod report;
mod statistics;
mod threads;

pub use case::{Case, Suite};
pub use clock::busy;
pub use column::{Role, Unit};
pub use program::{Program, python};
pub use report::{CaseReport, ColumnReport};
pub use threads::{Crowd, together};
