//! What a line says. Needs `core` only.

use picometer::Kind;

use super::labels::Labels;
use super::line::Scanner;
use super::number;
use super::text::Text;
use crate::model::{Number, Time};

/// One line of a page.
///
/// ```
/// use picometer_std::Kind;
/// use picometer_std::parse::{Dialect, Event, Lexer};
///
/// let mut lexer = Lexer::new("# TYPE up gauge\nup{job=\"a\"} 1\n", Dialect::Text004);
/// let Some(Ok(Event::Type { name, kind: Kind::Gauge })) = lexer.next() else {
///     panic!()
/// };
/// assert_eq!(name, "up");
/// let Some(Ok(Event::Sample(sample))) = lexer.next() else { panic!() };
/// assert_eq!((sample.name.as_str(), sample.value), (Some("up"), 1.0));
/// assert!(lexer.next().is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A help text.
    Help {
        /// The family.
        name: Text<'a>,
        /// The text.
        text: Text<'a>,
    },
    /// A type.
    Type {
        /// The family.
        name: Text<'a>,
        /// The type.
        kind: Kind,
    },
    /// A unit (OpenMetrics).
    Unit {
        /// The family.
        name: Text<'a>,
        /// The unit, which may be empty.
        unit: &'a str,
    },
    /// Any other comment, from its `#` on (text formats).
    Comment(&'a str),
    /// A sample.
    Sample(Sample<'a>),
    /// The end of the page (OpenMetrics).
    Eof,
}

/// A sample, borrowed from the page.
///
/// ```
/// use picometer_std::model::Number;
/// use picometer_std::parse::{Dialect, Event, Lexer};
///
/// let line = "a_total{b=\"c\"} 9007199254740993 1.5 # {trace_id=\"x\"} 0.5\n# EOF\n";
/// let Some(Ok(Event::Sample(sample))) =
///     Lexer::new(line, Dialect::OpenMetrics100).next()
/// else {
///     panic!()
/// };
/// assert_eq!(sample.value, 9007199254740992.0);
/// assert_eq!(sample.number(), Number::Integer(9007199254740993));
/// assert_eq!(sample.timestamp.unwrap().seconds(), 1.5);
/// assert_eq!(sample.exemplar.unwrap().labels.get("trace_id").unwrap(), "x");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sample<'a> {
    /// The name with its suffix.
    pub name: Text<'a>,
    /// The labels, `le` and `quantile` among them.
    pub labels: Labels<'a>,
    /// The value as a double; NaN where there is a native histogram instead.
    pub value: f64,
    /// The value as it stands in the page.
    pub raw_value: &'a str,
    /// When it was measured, if that was said.
    pub timestamp: Option<Time>,
    /// The observation behind it (OpenMetrics).
    pub exemplar: Option<Exemplar<'a>>,
    /// A native histogram, as the Python client writes it behind OpenMetrics names, or any histogram or summary of OpenMetrics 2.0:
    /// `{count:1,sum:1,…}`.
    pub native_histogram: Option<&'a str>,
    /// Since when it counts (OpenMetrics 2.0).
    pub start: Option<Time>,
    /// Exemplars behind the first (OpenMetrics 2.0), as they stand in the page.
    pub more_exemplars: &'a str,
}

impl<'a> Sample<'a> {
    /// All exemplars, of which OpenMetrics 2.0 may have several.
    ///
    /// ```
    /// # use picometer_std::parse::{Dialect, Event, Lexer};
    /// let line = "a {count:2,sum:3,bucket:[1:1,+Inf:2]} # {} 0.5 7 # {} 2.5 8\n# EOF\n";
    /// let Some(Ok(Event::Sample(sample))) =
    ///     Lexer::new(line, Dialect::OpenMetrics200).next()
    /// else {
    ///     panic!()
    /// };
    /// assert!(sample.exemplars().map(|exemplar| exemplar.value).eq([0.5, 2.5]));
    /// ```
    pub fn exemplars(&self) -> impl Iterator<Item = Exemplar<'a>> + use<'a> {
        self.exemplar.into_iter().chain(Scanner::exemplars(self.more_exemplars))
    }

    /// The value with every digit that it was given with.
    pub fn number(&self) -> Number {
        number::exact(self.raw_value, self.value)
    }
}

/// An exemplar, borrowed from the page.
///
/// ```
/// # use picometer_std::parse::{Dialect, Event, Lexer};
/// let line = "a_total 1 # {} 0.5 7\n# EOF\n";
/// let Some(Ok(Event::Sample(sample))) =
///     Lexer::new(line, Dialect::OpenMetrics100).next()
/// else {
///     panic!()
/// };
/// let exemplar = sample.exemplar.unwrap();
/// assert_eq!((exemplar.value, exemplar.labels.is_empty()), (0.5, true));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Exemplar<'a> {
    /// The labels; at most 128 characters in all names and values together.
    pub labels: Labels<'a>,
    /// The value that was observed.
    pub value: f64,
    /// The value as it stands in the page.
    pub raw_value: &'a str,
    /// When it was made, if that was said.
    pub timestamp: Option<Time>,
}

impl Exemplar<'_> {
    /// The value with every digit that it was given with.
    pub fn number(&self) -> Number {
        number::exact(self.raw_value, self.value)
    }
}
