//! Reads pages: text 0.0.4 and 1.0.0, OpenMetrics 1.0 and the release candidate of 2.0, delimited protobuf.
//!
//! Bottom to top, each of use on its own:
//!
//! | | reads | allocates |
//! |---|---|---|
//! | [`Lexer`] | a page line by line, every line checked to its end; goes on behind errors | nothing |
//! | [`Stream`] | the same from an [`std::io::Read`], in pieces, with limits | one line |
//! | [`Families`] | families whose samples borrow from the page, checked against the rules of the format | headers |
//! | [`families`], [`protobuf()`] | families with memory of their own, which are [`model::Family`](crate::model::Family) | once a sample |
//! | [`Page`] | nothing: it is a collector that gives what was read to any encoder | |
//!
//! How strictly is said by [`Rules`]. What is wrong is said by [`Error`]: kind, line, column, and with the page at hand the line
//! with a caret under the place.
//!
//! ```
//! use picometer_std::parse::{self, Dialect, Page, Rules};
//! use picometer_std::{Format, render};
//!
//! let text = "# TYPE jobs_total counter\njobs_total{queue=\"mail\"} 17\n";
//! let families = parse::families(text, Dialect::detect(text), Rules::STRICT)?;
//! assert_eq!(families[0].samples[0].labels.get("queue"), Some("mail"));
//!
//! let mut page = Vec::new();
//! render(&Page::new(families), Format::OpenMetrics100, &mut page);
//! assert_eq!(page, b"# TYPE jobs counter\njobs_total{queue=\"mail\"} 17\n# EOF\n");
//! # Ok::<(), parse::Error>(())
//! ```

mod budget;
mod cause;
mod composite;
mod detect;
mod error;
mod event;
mod families;
mod labels;
mod lexer;
mod line;
mod native;
mod number;
mod own;
mod protobuf;
mod replay;
mod rules;
mod scan;
mod stream;
mod text;
mod validate;

pub(crate) use number::{moment, number_value};
pub(crate) use replay::join_gauge_histograms;

pub use budget::Limits;
pub use error::{Error, ErrorKind, InPage, ReadError};
pub use event::{Event, Exemplar, Sample};
pub use families::{Families, families, families_and_errors};
pub use labels::{LabelIter, Labels};
pub use lexer::Lexer;
pub use protobuf::protobuf;
pub use replay::Page;
pub use rules::{Dialect, Rules};
pub use stream::Stream;
pub use text::{Chars, Text};
