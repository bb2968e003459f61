//! The formats that pages are written in, and what HTTP calls them.

use crate::encode::escape::Escaping;
use crate::encode::text::Style;

/// A format of pages.
///
/// ```
/// use picometer::{Escaping, Format};
///
/// assert_eq!(
///     Format::Text004.content_type(None).to_string(),
///     "text/plain; version=0.0.4; charset=utf-8"
/// );
/// assert_eq!(
///     Format::OpenMetrics100.content_type(Some(Escaping::Dots)).to_string(),
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
    /// OpenMetrics 2.0, of which there is a release candidate: a histogram or summary is one line, and native histograms are text
    /// too. For scrapers that ask for it by its version. With feature `openmetrics-2`, and native histograms with `protobuf` besides.
    #[cfg(feature = "openmetrics-2")]
    OpenMetrics200,
    /// Protocol Buffers: `io.prometheus.client.MetricFamily` messages, each behind its length. With feature `protobuf`.
    #[cfg(feature = "protobuf")]
    Protobuf,
}

impl Format {
    /// The value of `Content-Type`, of which [`ContentType`] is the parts.
    pub const fn content_type(self, escaping: Option<Escaping>) -> ContentType {
        ContentType { format: self, escaping }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Text004 => "text/plain; version=0.0.4; charset=utf-8",
            Self::Text100 => "text/plain; version=1.0.0; charset=utf-8",
            Self::OpenMetrics100 => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            #[cfg(feature = "openmetrics-2")]
            Self::OpenMetrics200 => "application/openmetrics-text; version=2.0.0; charset=utf-8",
            #[cfg(feature = "protobuf")]
            Self::Protobuf => "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
        }
    }

    #[inline]
    pub(crate) const fn style(self, escaping: Escaping) -> Style {
        Style::new(matches!(self, Self::OpenMetrics100), escaping)
    }
}

/// The value of a `Content-Type` header in parts; joined they are the value.
///
/// The escaping scheme is named if the scraper asked for one, and always in text 1.0.0, which demands it.
///
/// ```
/// use picometer::Format;
///
/// let text = Format::Text100.content_type(None);
/// assert_eq!(
///     text.parts().concat(),
///     "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"
/// );
/// assert_eq!(text.to_string(), text.parts().concat());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ContentType {
    format: Format,
    escaping: Option<Escaping>,
}

impl ContentType {
    /// The parts in writing order. The last two may be empty.
    pub const fn parts(self) -> [&'static str; 3] {
        let escaping = match (self.format, self.escaping) {
            (Format::Text100, None) => Some(Escaping::Underscores),
            (_, escaping) => escaping,
        };
        match escaping {
            Some(escaping) => [self.format.media_type(), "; escaping=", escaping.token()],
            None => [self.format.media_type(), "", ""],
        }
    }
}

impl core::fmt::Display for ContentType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.parts().into_iter().try_for_each(|part| f.write_str(part))
    }
}
