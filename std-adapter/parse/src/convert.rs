//! Pages in another format: families that were read, written again.
//!
//! What comes out, read again, is what went in: families in order, types, help, units, label texts, values to the bit, timestamps,
//! exemplars and moments of creation. What the target cannot say is counted in [`Losses`]. A page that is written in another format
//! is one that the strict reader of that takes.
//!
//! ```
//! use picometer_std::convert::{Converter, Target};
//! use picometer_std::parse::{self, Dialect, Rules};
//!
//! let page = "# TYPE jobs_total counter\njobs_total 17\n# TYPE jobs_created gauge\n\
//!     jobs_created 1.7e9\n# TYPE up info\nup_info{a=\"b\"} 1\n";
//! let families = parse::families(page, Dialect::Text004, Rules::READ).unwrap();
//! let converted = Converter::new(Target::OpenMetrics100).convert(families.clone());
//! assert_eq!(
//!     std::str::from_utf8(&converted.page).unwrap(),
//!     "# TYPE jobs counter\njobs_total 17\njobs_created 1.7e+09\n# TYPE up info\n\
//!      up_info{a=\"b\"} 1\n# EOF\n"
//! );
//! assert!(converted.losses.is_empty());
//!
//! let text = Converter::new(Target::Text).convert(families);
//! assert_eq!(text.losses.to_string(), "1 family has another type: `up` (info)\n");
//! ```

mod blocks;
mod gather;
mod group;
mod loss;
mod names;
mod open_metrics;
mod open_metrics2;
mod protobuf;
mod settle;
mod text;

use picometer::Escaping;

use crate::model::Family;
pub use loss::{Loss, Losses};

/// A format to write.
///
/// ```
/// use picometer_std::convert::{Converter, Target};
///
/// assert_eq!(
///     Converter::new(Target::OpenMetrics100).convert(Vec::new()).page,
///     b"# EOF\n"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// Text 0.0.4, with names in quotes where the escaping leaves any.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics100,
    /// OpenMetrics 2.0, release candidate.
    OpenMetrics200,
    /// Delimited `MetricFamily` messages.
    Protobuf,
}

/// Writes families in a format; see the [module](self).
///
/// ```
/// use picometer_std::convert::{Converter, Target};
/// use picometer_std::model::{Family, Sample};
/// use picometer_std::{Escaping, Kind};
///
/// let mut family = Family::new("cpu.load", Kind::Gauge);
/// family.samples.push(Sample::new("cpu.load", [], -0.0));
/// let converted = Converter::new(Target::Text)
///     .escaping(Escaping::Underscores)
///     .convert(vec![family]);
/// assert_eq!(converted.page, b"# TYPE cpu_load gauge\ncpu_load -0\n");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Converter {
    target: Target,
    escaping: Escaping,
    same: bool,
}

/// A page, and what it lacks of the families that it was made of.
///
/// ```
/// use picometer_std::convert::{Converter, Target};
///
/// let converted = Converter::new(Target::Text).convert(Vec::new());
/// assert!(converted.page.is_empty() && converted.losses.is_empty());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Converted {
    /// The page.
    pub page: Vec<u8>,
    /// What the target cannot say.
    pub losses: Losses,
}

impl Converter {
    /// A converter to this format, which writes names that are not in the legacy character set in quotes.
    pub const fn new(target: Target) -> Self {
        Self { target, escaping: Escaping::AllowUtf8, same: false }
    }

    /// Writes names that are not in the legacy character set in another way.
    #[must_use]
    pub const fn escaping(self, escaping: Escaping) -> Self {
        Self { escaping, ..self }
    }

    /// For families of a page in the target's own format: what that page says keeps its form, also where strict readers refuse it.
    ///
    /// Histograms in pieces keep their type, and native histograms in OpenMetrics 1.0 are written as the Python client writes them.
    #[must_use]
    pub const fn same_format(self) -> Self {
        Self { same: true, ..self }
    }

    /// Writes the families.
    pub fn convert(&self, families: Vec<Family>) -> Converted {
        let mut losses = Losses::default();
        let families = gather::gather(families, self.target, self.escaping, &mut losses);
        let page = match self.target {
            Target::Text => text::page(families, self.same, &mut losses),
            Target::OpenMetrics100 => open_metrics::page(families, self.same, &mut losses),
            Target::OpenMetrics200 => open_metrics2::page(families, self.same, &mut losses),
            Target::Protobuf => protobuf::page(families, &mut losses),
        };
        Converted { page, losses }
    }
}
