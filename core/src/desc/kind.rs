//! The types of families.

/// The type of a family.
///
/// ```
/// use picometer::{Desc, Kind};
///
/// assert_eq!(
///     Desc::counter("boots_total", "Times the device started.").kind(),
///     Kind::Counter
/// );
/// assert_eq!(Kind::Counter.suffix(), "_total");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Kind {
    /// A number that only goes up, or back to zero when the program starts again.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Observations counted in buckets.
    Histogram,
    /// A distribution as it is now, which may shrink.
    GaugeHistogram,
    /// Count and sum of observations, with or without quantiles.
    Summary,
    /// Facts in labels; the value is always 1.
    Info,
    /// Several states, each of them true or false.
    StateSet,
    /// A number of which nothing more is known.
    Unknown,
}

impl Kind {
    /// The suffix that the name of this type ends in, and that OpenMetrics leaves out of the family's name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            _ => "",
        }
    }

    /// What may follow the family's name in the names that it claims, in any format.
    pub const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["", "_total", "_created"],
            Self::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
            Self::GaugeHistogram => &["", "_bucket", "_gsum", "_gcount"],
            Self::Summary => &["", "_sum", "_count", "_created"],
            Self::Info => &["", "_info"],
            Self::Gauge | Self::StateSet | Self::Unknown => &[""],
        }
    }
}
