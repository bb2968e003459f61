//! Why a page does not go on.

/// Error returned by [`Exposition::fill`](crate::Exposition::fill).
///
/// ```
/// use picometer::{Counter, Desc, Exposition, FillError, Format, Metric};
///
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// let mut page = Exposition::new(&BOOTS, Format::Text004);
/// assert_eq!(page.fill(&mut [0; 16]), Err(FillError::BufferTooSmall { needed: 45 }));
/// assert_eq!(page.fill(&mut [0; 48]), Ok(45));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FillError {
    /// The next line does not fit even the empty buffer.
    BufferTooSmall {
        /// How many bytes that line has.
        needed: usize,
    },
    /// A histogram does not fit the buffer and has more bounds than the `BUCKETS` that the exposition can keep.
    TooManyBuckets,
    /// The series of a histogram, summary or state set was removed when a part of it was sent. Or the family that was cut was moved
    /// by one that came or went.
    SeriesRemoved,
    /// Series came or went between the sizing of a request and its writing: the request starts again.
    SeriesChanged,
}

impl core::fmt::Display for FillError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::BufferTooSmall { needed } => {
                write!(f, "the next line of {needed} bytes does not fit the buffer: give `fill` at least that many")
            }
            Self::TooManyBuckets => {
                f.write_str("a histogram fits neither the buffer nor the exposition: enlarge the buffer, or `BUCKETS` of `Exposition`")
            }
            Self::SeriesRemoved => f.write_str("a series was removed when a part of it was sent: begin the page again"),
            Self::SeriesChanged => f.write_str("series came or went while the request was written: begin it again"),
        }
    }
}

__speaks!(FillError);

impl core::error::Error for FillError {}

/// Error returned by [`Exposition::write_to`](crate::Exposition::write_to) and its asynchronous twin.
///
/// ```
/// use picometer::{Counter, Desc, Exposition, Format, Metric, WriteError};
///
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// let mut buffer = [0; 16];
/// let result = Exposition::new(&BOOTS, Format::Text004).write_to(&mut &mut buffer[..]);
/// assert!(matches!(result, Err(WriteError::Io(_))));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum WriteError<E> {
    /// The writer failed.
    Io(E),
    /// The writer took nothing, and did not say why.
    WriteZero,
    /// The page cannot go on through this buffer.
    Fill(FillError),
}

impl<E: core::fmt::Display> core::fmt::Display for WriteError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::WriteZero => f.write_str("the writer takes no more"),
            Self::Fill(error) => error.fmt(f),
        }
    }
}

__speaks!([E: core::fmt::Display] WriteError<E>);

impl<E: core::fmt::Display> core::error::Error for WriteError<E> {}
