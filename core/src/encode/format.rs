//! The formats that pages are written in, and what HTTP calls them.

use crate::encode::escape::Escaping;
use crate::encode::text::Style;

/// A format of pages.
///
/// ```
/// use picometer::{Escaping, Format};
///
/// assert_eq!(Format::Text004.content_type(None), "text/plain; version=0.0.4; charset=utf-8");
/// assert_eq!(
///     Format::OpenMetrics100.content_type(Some(Escaping::Dots)),
///     "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots"
/// );
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Format {
    /// The text format that every server reads.
    #[default]
    Text004,
    /// The same with a version of its own, for scrapers that ask for UTF-8 names.
    Text100,
    /// OpenMetrics 1.0: with units, exemplars and an end that shows whether a page is whole.
    OpenMetrics100,
}

macro_rules! content_types {
    ($escaping:expr, $base:literal) => {
        match $escaping {
            None => $base,
            Some(Escaping::AllowUtf8) => concat!($base, "; escaping=allow-utf-8"),
            Some(Escaping::Underscores) => concat!($base, "; escaping=underscores"),
            Some(Escaping::Dots) => concat!($base, "; escaping=dots"),
            Some(Escaping::Values) => concat!($base, "; escaping=values"),
        }
    };
}

impl Format {
    /// The value of `Content-Type` (exposition formats H8). The escaping scheme is named if the scraper asked for one, and always
    /// in text 1.0.0, which demands it.
    pub const fn content_type(self, escaping: Option<Escaping>) -> &'static str {
        match self {
            Self::Text004 => content_types!(escaping, "text/plain; version=0.0.4; charset=utf-8"),
            Self::Text100 => {
                let escaping = match escaping {
                    None => Some(Escaping::Underscores),
                    some => some,
                };
                content_types!(escaping, "text/plain; version=1.0.0; charset=utf-8")
            }
            Self::OpenMetrics100 => content_types!(escaping, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        }
    }

    #[inline]
    pub(crate) const fn style(self, escaping: Escaping) -> Style {
        Style::new(matches!(self, Self::OpenMetrics100), escaping)
    }
}
