//! What a family of metrics is: its name, help, unit and type, and the rules for them.

mod error;
mod kind;
mod name;
mod parts;

pub use error::DescError;
pub use kind::Kind;
pub(crate) use name::Prefix;
pub use name::{Name, Parts};
pub use parts::DescParts;

use crate::charset;

/// Describes a family: name, help text, unit and type.
///
/// Made in a `static` or `const`, where a rule that is broken is a compile error:
///
/// ```
/// use picometer::Desc;
///
/// static DESC: Desc = Desc::histogram("transfer_seconds", "How long transfers take.")
///     .namespace("i2c")
///     .unit("seconds");
/// assert_eq!(DESC.name().to_string(), "i2c_transfer_seconds");
/// ```
/// ```compile_fail
/// static BAD: picometer::Desc =
///     picometer::Desc::counter("boots", "A counter needs a name that ends in _total.");
/// ```
/// ```compile_fail
/// static BAD: picometer::Desc =
///     picometer::Desc::gauge("9bad", "Names start with a letter.");
/// ```
/// ```compile_fail
/// static BAD: picometer::Desc =
///     picometer::Desc::gauge("depth", "The unit is the end of the name.").unit("meters");
/// ```
///
/// Or at run time, where it is a typed error:
///
/// ```
/// use picometer::{Desc, DescError, DescParts, Kind};
///
/// let name = String::from("queue depth");
/// assert_eq!(
///     Desc::try_new(DescParts { name: &name, ..DescParts::new(Kind::Gauge) })
///         .unwrap_err(),
///     DescError::BadName
/// );
/// ```
#[derive(Clone, Copy)]
pub struct Desc<'a> {
    kind: Kind,
    legacy: bool,
    suffixed: bool,
    /// How long the unit is, which is the end of the name: eight bytes of flash less in each description than a string.
    unit_len: u8,
    namespace: &'a str,
    subsystem: &'a str,
    name: &'a str,
    help: &'a str,
    prefix: Option<&'a Prefix<'a>>,
}

macro_rules! constructors {
    ($($function:ident $kind:ident $what:literal;)*) => {$(
        #[doc = concat!("Describes ", $what)]
        ///
        /// # Panics
        ///
        /// Outside a constant, if [`try_new`](Self::try_new) would refuse it; use that one for names known at run time.
        #[track_caller]
        pub const fn $function(name: &'a str, help: &'a str) -> Self {
            Self::expect(DescParts { name, help, ..DescParts::new(Kind::$kind) })
        }
    )*};
}

/// For statics.
impl<'a> Desc<'a> {
    constructors! {
        counter Counter "a counter; the name ends in `_total`.";
        gauge Gauge "a gauge.";
        histogram Histogram "a histogram.";
        gauge_histogram GaugeHistogram "a gauge histogram.";
        summary Summary "a summary.";
        info Info "an info metric; the name ends in `_info`.";
        state_set StateSet "a state set.";
        unknown Unknown "a metric of unknown type.";
    }

    /// Describes a family of a type.
    ///
    /// ```
    /// use picometer::{Desc, Kind};
    ///
    /// static DESC: Desc =
    ///     Desc::of(Kind::Counter, "boots_total", "Times the device started.");
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a constant, if [`try_new`](Self::try_new) would refuse it.
    #[track_caller]
    pub const fn of(kind: Kind, name: &'a str, help: &'a str) -> Self {
        Self::expect(DescParts { name, help, ..DescParts::new(kind) })
    }

    /// Describes a family whose name is any UTF-8, `http.requests_total`; scrapers that do not ask for UTF-8 see it escaped.
    ///
    /// # Panics
    ///
    /// Outside a constant, if [`try_new`](Self::try_new) would refuse it.
    #[track_caller]
    pub const fn utf8(kind: Kind, name: &'a str, help: &'a str) -> Self {
        Self::expect(DescParts { name, help, utf8: true, ..DescParts::new(kind) })
    }

    /// Puts `namespace_` in front of the name.
    ///
    /// # Panics
    ///
    /// Outside a constant, if it is not of the form `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    #[track_caller]
    #[must_use]
    pub const fn namespace(self, namespace: &'a str) -> Self {
        Self::expect(DescParts { namespace, ..self.parts() })
    }

    /// Puts `subsystem_` between namespace and name.
    ///
    /// # Panics
    ///
    /// Outside a constant, if it is not of the form `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    #[track_caller]
    #[must_use]
    pub const fn subsystem(self, subsystem: &'a str) -> Self {
        Self::expect(DescParts { subsystem, ..self.parts() })
    }

    /// Names the unit, which the name must end in (before `_total`).
    ///
    /// # Panics
    ///
    /// Outside a constant, if the name does not end in it, or the type has no unit.
    #[track_caller]
    #[must_use]
    pub const fn unit(self, unit: &'a str) -> Self {
        Self::expect(DescParts { unit, ..self.parts() })
    }

    #[track_caller]
    const fn expect(parts: DescParts<'a>) -> Self {
        match Self::try_new(parts) {
            Ok(desc) => desc,
            Err(error) => panic!("{}", error.message()),
        }
    }

    /// The parts it is made of.
    pub const fn parts(self) -> DescParts<'a> {
        let Self { kind, namespace, subsystem, name, help, legacy, .. } = self;
        DescParts { kind, namespace, subsystem, name, help, unit: self.unit_name(), utf8: !legacy }
    }
}

/// For names known at run time.
impl<'a> Desc<'a> {
    /// Checks the parts and makes a descriptor of them.
    ///
    /// # Errors
    ///
    /// [`DescError`] says which rule is broken.
    pub const fn try_new(parts: DescParts<'a>) -> Result<Self, DescError> {
        let DescParts { kind, namespace, subsystem, name, help, unit, utf8 } = parts;
        let joined = !namespace.is_empty() || !subsystem.is_empty();
        let suffix = kind.suffix();
        if name.is_empty() || (!joined && charset::same(name, suffix)) {
            return Err(DescError::EmptyName);
        }
        let legacy = if joined { charset::is_legacy_metric_tail(name) } else { charset::is_legacy_metric_name(name) };
        if !legacy && !utf8 {
            return Err(DescError::BadName);
        }
        if !(is_empty_or_legacy(namespace, false) && is_empty_or_legacy(subsystem, !namespace.is_empty())) {
            return Err(DescError::BadNamespace);
        }
        if !charset::ends_with(name, suffix) {
            return Err(match kind {
                Kind::Counter => DescError::CounterWithoutTotal,
                _ => DescError::InfoWithoutSuffix,
            });
        }
        if !unit.is_empty() {
            if matches!(kind, Kind::Info | Kind::StateSet) {
                return Err(DescError::UnitNotAllowed);
            }
            let stem = charset::without_end(name, suffix.len());
            let before = charset::without_end(stem, unit.len());
            let separated = if before.is_empty() { joined } else { charset::ends_with(before, "_") };
            if !(charset::ends_with(stem, unit) && separated) || unit.len() > u8::MAX as usize {
                return Err(DescError::UnitNotInName);
            }
        }
        let suffixed = !suffix.is_empty();
        Ok(Self { kind, legacy, suffixed, unit_len: unit.len() as u8, namespace, subsystem, name, help, prefix: None })
    }
}

/// What encoders ask.
impl<'a> Desc<'a> {
    /// The type.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The help text, not escaped.
    pub const fn help(&self) -> &'a str {
        self.help
    }

    /// The unit, or an empty string.
    pub const fn unit_name(&self) -> &'a str {
        let stem = charset::without_end(self.name, self.own_suffix().len());
        charset::end(stem, self.unit_len as usize)
    }

    /// The whole name: of the family in text 0.0.4, of the sample of counters, gauges and info metrics everywhere.
    pub const fn name(&self) -> Name<'_> {
        Name { desc: self, cut: 0, suffix: "" }
    }

    /// The name of the family in OpenMetrics: without `_total` and `_info`.
    pub const fn family(&self) -> Name<'_> {
        self.sample("")
    }

    /// The name of a sample of this family: [`family`](Self::family) and a suffix such as `_bucket`.
    pub const fn sample<'s>(&'s self, suffix: &'s str) -> Name<'s> {
        Name { desc: self, cut: self.own_suffix().len(), suffix }
    }

    /// Whether the name ends in the suffix of its type, as the name of every counter and info metric made here does.
    pub(crate) const fn has_suffix(&self) -> bool {
        self.suffixed
    }

    /// Whether every part of the name is in the legacy character set, so that it is written as it is.
    pub const fn is_legacy(&self) -> bool {
        self.legacy
    }

    /// What follows [`family`](Self::family) in [`name`](Self::name).
    pub(crate) const fn own_suffix(&self) -> &'static str {
        if self.has_suffix() { self.kind.suffix() } else { "" }
    }

    /// Whether a label has the name of the family, as far as that is known when the program is compiled.
    pub(crate) const fn is_named_like(&self, label: &str) -> bool {
        self.namespace.is_empty() && self.subsystem.is_empty() && charset::same(label, self.name)
    }

    pub(crate) const fn prefix(&self) -> Option<&'a Prefix<'a>> {
        self.prefix
    }

    /// The same family under a longer prefix.
    pub(crate) const fn with_prefix<'b>(&self, prefix: &'b Prefix<'b>) -> Desc<'b>
    where
        'a: 'b,
    {
        Desc { prefix: Some(prefix), ..*self }
    }
}

const fn is_empty_or_legacy(part: &str, continued: bool) -> bool {
    part.is_empty() || if continued { charset::is_legacy_metric_tail(part) } else { charset::is_legacy_metric_name(part) }
}

impl core::fmt::Debug for Desc<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Desc")
            .field("kind", &self.kind)
            .field("name", &self.name())
            .field("unit", &self.unit_name())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Desc<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{} {}", self.kind, self.name());
    }
}

#[cfg(test)]
mod tests;
