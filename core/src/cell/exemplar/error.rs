//! Which labels an exemplar may have.

use crate::label::{Label, LabelError};

/// Error returned by [`inc_with`](crate::CounterWithExemplar::inc_with) of counters and
/// [`observe_with`](crate::HistogramWithExemplars::observe_with) of histograms with exemplars. Nothing was counted.
///
/// ```
/// use picometer::{CounterWithExemplar, ExemplarError};
///
/// let counter = CounterWithExemplar::<16>::new();
/// assert_eq!(
///     counter.inc_with(&[("trace_id", "KOO5S4vxi0o")], None),
///     Err(ExemplarError::NoRoom)
/// );
/// assert_eq!(counter.get(), 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ExemplarError {
    /// More than 128 characters in all names and values together.
    TooLong,
    /// More bytes than this cell can keep.
    NoRoom,
    /// A label name that is empty, reserved or not in the legacy character set.
    Label(LabelError),
    /// A label name twice.
    Repeated,
    /// The amount is negative or NaN.
    NotGrowth,
}

impl core::fmt::Display for ExemplarError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooLong => f.write_str("the labels of an exemplar have at most 128 characters in all: shorten them"),
            Self::NoRoom => f.write_str("the labels of the exemplar do not fit the bytes that its metric keeps: enlarge `BYTES`"),
            Self::Label(error) => write!(f, "a label of the exemplar: {error}"),
            Self::Repeated => f.write_str("a label of the exemplar is given twice: leave one out"),
            Self::NotGrowth => f.write_str("a counter grows by finite amounts from 0 on: use a gauge for what also falls"),
        }
    }
}

__speaks!(ExemplarError);

impl core::error::Error for ExemplarError {}

/// Whether labels are fit for an exemplar that keeps `room` bytes.
#[doc(hidden)]
#[allow(clippy::missing_errors_doc, reason = "not for the public")]
pub fn check(labels: &[(&str, &str)], room: usize) -> Result<(), ExemplarError> {
    let (mut characters, mut bytes, mut countable) = (0, 0, true);
    for (index, &(name, value)) in labels.iter().enumerate() {
        Label::try_new(name, value).map_err(ExemplarError::Label)?;
        if labels.iter().take(index).any(|&(before, _)| before == name) {
            return Err(ExemplarError::Repeated);
        }
        characters += name.chars().count() + value.chars().count();
        bytes += name.len() + value.len() + 2;
        countable &= name.len().max(value.len()) <= usize::from(u8::MAX);
    }
    match () {
        () if characters > 128 => Err(ExemplarError::TooLong),
        () if bytes > room || !countable => Err(ExemplarError::NoRoom),
        () => Ok(()),
    }
}
