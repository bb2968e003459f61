//! Info metrics: facts in labels.

use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{PointValue, SeriesEncoder, Stop};
use crate::label::{Label, StaticLabels};

/// Facts that do not change while the program runs, as labels of a metric that is always 1.
///
/// ```
/// use picometer::{Desc, Info, Label, Metric};
///
/// static BUILD: Metric<Info> = Metric::from_cell(
///     &Desc::info("firmware_build_info", "What was built."),
///     Info::new(&[
///         Label::new("version", env!("CARGO_PKG_VERSION")),
///         Label::new("board", "an385"),
///     ]),
/// );
/// ```
///
/// Facts that are known only once the program runs, a serial number, go into a
/// [`BoundedFamily`](crate::BoundedFamily)`<Info, …>` of one series.
#[derive(Clone, Copy)]
pub struct Info {
    facts: StaticLabels<'static>,
}

impl Info {
    /// An info metric with these labels.
    ///
    /// # Panics
    ///
    /// Outside a constant, if a name is empty, reserved or given twice; in a constant that is a compile error.
    #[track_caller]
    pub const fn new(facts: &'static [Label<'static>]) -> Self {
        Self { facts: StaticLabels::new(facts) }
    }

    /// The labels.
    pub fn facts(&self) -> &'static [Label<'static>] {
        self.facts.labels
    }
}

impl Zeroed for Info {
    /// Without facts of its own: they are the labels of the series.
    const INIT: Self = Self::new(&[]);
}

impl Cell for Info {
    const KIND: Kind = Kind::Info;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        series.value(PointValue::Info(&self.facts))
    }
}

shown_as!([] Info, self => self.facts());
