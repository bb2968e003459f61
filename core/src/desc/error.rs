//! What may be wrong with a description.

/// Error returned by [`Desc::try_new`](crate::Desc::try_new).
///
/// ```
/// use picometer::{Desc, DescError, DescParts, Kind};
///
/// let parts = DescParts { name: "boots", ..DescParts::new(Kind::Counter) };
/// assert_eq!(Desc::try_new(parts).unwrap_err(), DescError::CounterWithoutTotal);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DescError {
    /// The name is empty, or nothing but the suffix of its type.
    EmptyName,
    /// The name is outside the legacy character set and was not declared as UTF-8.
    BadName,
    /// Namespace or subsystem is outside the legacy character set.
    BadNamespace,
    /// The name of a counter does not end in `_total`.
    CounterWithoutTotal,
    /// The name of an info metric does not end in `_info`.
    InfoWithoutSuffix,
    /// The name does not end in the unit, or that is longer than 255 bytes.
    UnitNotInName,
    /// Info metrics and state sets have no unit.
    UnitNotAllowed,
}

impl DescError {
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::EmptyName => "a metric name must not be empty",
            Self::BadName => "a metric name must match [a-zA-Z_:][a-zA-Z0-9_:]*, or be declared as UTF-8 by `utf8`",
            Self::BadNamespace => "namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*",
            Self::CounterWithoutTotal => "the name of a counter must end in `_total`",
            Self::InfoWithoutSuffix => "the name of an info metric must end in `_info`",
            Self::UnitNotInName => "the name (without `_total`) must end in `_` and the unit",
            Self::UnitNotAllowed => "info metrics and state sets have no unit",
        }
    }
}

impl core::fmt::Display for DescError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message())
    }
}

__speaks!(DescError);
impl core::error::Error for DescError {}
