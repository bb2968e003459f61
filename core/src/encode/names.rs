//! Whether two families claim the same sample name, found by collecting: without memory for names.

use heapless::String;

use crate::charset::is_legacy_byte;
use crate::collector::Collector;
use crate::desc::{Desc, Kind, Name};
use crate::encode::{Encoder, Point, Run, Stop};
use crate::label::LabelSet;

/// Error returned by [`Registry::check`](crate::Registry::check): what two families have in common that they must not.
///
/// ```
/// use picometer::{Counter, Desc, Gauge, Metric, Registry};
///
/// static EVENTS: Metric<Counter> =
///     Metric::new(&Desc::counter("events_total", "Events."));
/// static LAST: Metric<Gauge> =
///     Metric::new(&Desc::gauge("events_created", "When the last event was made."));
/// static METRICS: Registry = Registry::new(&[&EVENTS, &LAST]);
/// let collision = METRICS.check().unwrap_err();
/// assert_eq!(
///     collision.to_string(),
///     "`events_total` and `events_created` are exposed under one name: rename one"
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Collision {
    /// Two families expose samples of one name, or would under the escaping scheme `underscores`.
    Name {
        /// The family that comes first, its name cut where it is longer.
        first: String<64>,
        /// The other one.
        second: String<64>,
    },
    /// A series has two labels of one name.
    Label {
        /// The family.
        family: String<64>,
        /// The label.
        label: String<64>,
    },
}

impl core::fmt::Display for Collision {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Name { first, second } => write!(f, "`{first}` and `{second}` are exposed under one name: rename one"),
            Self::Label { family, label } => {
                write!(f, "`{family}` has label `{label}` twice, or its samples have it for themselves: rename the label")
            }
        }
    }
}

__speaks!(Collision);
impl core::error::Error for Collision {}

/// Compares every family with every earlier one, by collecting the earlier ones again each time.
pub(crate) struct NameCheck<'a> {
    source: &'a dyn Collector,
    families: usize,
    found: Option<Collision>,
}

impl<'a> NameCheck<'a> {
    pub(crate) fn run(source: &'a dyn Collector) -> Result<(), Collision> {
        let mut check = Self { source, families: 0, found: None };
        // A stop is one of ours: it says that something was found.
        let _ = source.collect(&mut check);
        check.found.map_or(Ok(()), Err)
    }
}

impl Encoder for NameCheck<'_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        let clash = Earlier::clash(self.source, self.families, desc, true);
        self.families += 1;
        match clash {
            None => Ok(true),
            Some(first) => {
                self.found = Some(Collision::Name { first, second: cut(desc.name().chars()) });
                Err(Stop)
            }
        }
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, _: &Point<'_>) -> Result<(), Stop> {
        match repeated(desc, labels) {
            Some(label) => {
                self.found = Some(Collision::Label { family: cut(desc.name().chars()), label: cut(label.chars()) });
                Err(Stop)
            }
            None => Ok(()),
        }
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}

/// The label that a series has twice, or that belongs to its type.
pub(super) fn repeated<'l>(desc: &Desc<'_>, labels: &'l dyn LabelSet) -> Option<&'l str> {
    let mut index = 0;
    while let Some(label) = labels.label(index) {
        let repeated = (0..index).any(|before| labels.label(before).is_some_and(|other| other.name == label.name));
        if repeated || is_reserved(desc, label.name) {
            return Some(label.name);
        }
        index += 1;
    }
    None
}

/// Looks at the families before one.
pub(super) struct Earlier<'a> {
    than: &'a Desc<'a>,
    anywhere: bool,
    left: usize,
    clash: Option<String<64>>,
}

impl Earlier<'_> {
    /// The family among the first `families` of a source that has a sample of the same name as `desc`; `anywhere` also in other
    /// formats and after escaping.
    pub(super) fn clash(source: &dyn Collector, families: usize, desc: &Desc<'_>, anywhere: bool) -> Option<String<64>> {
        let mut earlier = Earlier { than: desc, anywhere, left: families, clash: None };
        let _ = source.collect(&mut earlier);
        earlier.clash
    }
}

impl Encoder for Earlier<'_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.left = self.left.checked_sub(1).ok_or(Stop)?;
        if collide(desc, self.than, self.anywhere) {
            self.clash = Some(cut(desc.name().chars()));
            return Err(Stop);
        }
        Ok(false)
    }

    fn metric(&mut self, _: &Desc<'_>, _: &dyn LabelSet, _: &Point<'_>) -> Result<(), Stop> {
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}

/// Whether samples of the family have this label besides those of the metric.
fn is_reserved(desc: &Desc<'_>, label: &str) -> bool {
    match desc.kind() {
        Kind::Histogram | Kind::GaugeHistogram => label == "le",
        Kind::Summary => label == "quantile",
        Kind::StateSet => desc.name() == *label,
        Kind::Counter | Kind::Gauge | Kind::Info | Kind::Unknown => false,
    }
}

/// Whether two families have a sample of one name: in any format and after escaping, or else as they are named and on every page.
fn collide(a: &Desc<'_>, b: &Desc<'_>, anywhere: bool) -> bool {
    let ends = |desc: &Desc<'_>| desc.kind().suffixes().iter().filter(move |&&end| anywhere || end != CREATED);
    ends(a).any(|end| {
        ends(b).any(|other| {
            let (one, other) = (a.sample(end), b.sample(other));
            if anywhere { escaped(one).eq(escaped(other)) } else { one == other }
        })
    })
}

/// Of samples that few pages have.
pub(super) const CREATED: &str = "_created";

/// The name as a scraper sees it that does not take UTF-8.
fn escaped(name: Name<'_>) -> impl Iterator<Item = char> {
    let legal = |index, c| u8::try_from(c).is_ok_and(|byte| is_legacy_byte(byte, index == 0, true));
    name.chars().enumerate().map(move |(index, c)| if legal(index, c) { c } else { '_' })
}

pub(super) fn cut(chars: impl Iterator<Item = char>) -> String<64> {
    let mut text = String::new();
    for c in chars {
        if text.push(c).is_err() {
            break;
        }
    }
    text
}
