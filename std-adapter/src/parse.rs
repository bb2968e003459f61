//! Reads pages: text 0.0.4 and 1.0.0, OpenMetrics 1.0, protobuf.
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

pub use error::{Error, ErrorKind, InPage};
pub use event::{Event, Exemplar, Sample};
pub use families::{Families, families};
pub use labels::{LabelIter, Labels};
pub use lexer::Lexer;
pub use protobuf::{Limits, protobuf};
pub use replay::Page;
pub use rules::{Dialect, Rules};
pub use stream::{ReadError, Stream};
pub use text::{Chars, Text};
