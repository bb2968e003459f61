//! What is exposed, and in which order.

use crate::charset;
use crate::collector::Collector;
use crate::desc::{Desc, Prefix};
use crate::encode::{Collision, Encoder, NameCheck, Point, PointValue, Stop};
use crate::label::{Both, Label, LabelSet, StaticLabels};

/// A list of metrics, made when the program is compiled: no capacity, no start-up code.
///
/// Registries nest: a driver has one of its own, and the program lists it. Each may put a prefix in front of the names and
/// labels on every series of its members.
///
/// ```
/// use picometer::{Counter, Desc, Exposition, Format, Label, Metric, Registry};
///
/// mod nic {
///     use picometer::{Counter, Desc, Metric, Registry};
///     pub static FRAMES: Metric<Counter> = Metric::new(&Desc::counter("frames_total", "Frames received."));
///     pub static METRICS: Registry = Registry::new(&[&FRAMES]).prefix("nic_").labels(&[Label::new("port", "0")]);
///     # use picometer::Label;
/// }
/// static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// static METRICS: Registry = Registry::new(&[&BOOTS, &nic::METRICS]);
///
/// let mut page = [0; 256];
/// let len = Exposition::new(&METRICS, Format::Text004).fill(&mut page).unwrap();
/// assert!(core::str::from_utf8(&page[..len]).unwrap().ends_with("# TYPE nic_frames_total counter\nnic_frames_total{port=\"0\"} 0\n"));
/// ```
///
/// A prefix or label that cannot be does not compile:
///
/// ```compile_fail
/// static BAD: picometer::Registry = picometer::Registry::new(&[]).prefix("a-");
/// ```
#[derive(Clone, Copy)]
pub struct Registry<'a> {
    members: &'a [&'a dyn Collector],
    prefix: &'a str,
    labels: StaticLabels<'a>,
    target: StaticLabels<'a>,
}

impl<'a> Registry<'a> {
    /// A registry of these, exposed in this order.
    pub const fn new(members: &'a [&'a dyn Collector]) -> Self {
        Self { members, prefix: "", labels: StaticLabels::new(&[]), target: StaticLabels::new(&[]) }
    }

    /// Puts text in front of the name of every member.
    ///
    /// # Panics
    ///
    /// Outside a constant, if it is not of the form `[a-zA-Z_:][a-zA-Z0-9_:]*`; in a constant that is a compile error.
    #[track_caller]
    pub const fn prefix(self, prefix: &'a str) -> Self {
        assert!(prefix.is_empty() || charset::is_legacy_metric_name(prefix), "a prefix must match [a-zA-Z_:][a-zA-Z0-9_:]*");
        Self { prefix, ..self }
    }

    /// Puts labels on every series of every member, in front of its own.
    ///
    /// # Panics
    ///
    /// Outside a constant, if a name is empty, reserved or given twice; in a constant that is a compile error.
    #[track_caller]
    pub const fn labels(self, labels: &'a [Label<'a>]) -> Self {
        Self { labels: StaticLabels::new(labels), ..self }
    }

    /// Describes what is scraped by an info metric `target_info` in front of all others. For the outermost registry only.
    ///
    /// # Panics
    ///
    /// Outside a constant, if a name is empty, reserved or given twice; in a constant that is a compile error.
    #[track_caller]
    pub const fn target_info(self, facts: &'a [Label<'a>]) -> Self {
        Self { target: StaticLabels::new(facts), ..self }
    }

    /// Looks for families that claim the same sample name, also by suffixes (`a_count` beside a histogram `a`) and also after
    /// escaping (`a.b` beside `a_b`), and for series with a label twice. For a test or the start of the program: it compares every
    /// pair of families, and collects that often.
    ///
    /// # Errors
    ///
    /// The first [`Collision`].
    pub fn check(&self) -> Result<(), Collision> {
        NameCheck::run(self)
    }
}

impl Collector for Registry<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const TARGET: Desc = Desc::info("target_info", "What is scraped.");
        if !self.target.labels.is_empty() && out.begin(&TARGET)? {
            out.metric(&TARGET, &(), &Point::new(PointValue::Info(&self.target)))?;
        }
        if self.prefix.is_empty() && self.labels.labels.is_empty() {
            self.members(out)
        } else {
            self.members(&mut Nested { out, prefix: self.prefix, labels: &self.labels })
        }
    }
}

impl Registry<'_> {
    fn members(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.members.iter().try_for_each(|member| member.collect(out))
    }
}

shown_as!([] Registry<'_>, self => "registry of {} collectors, prefix {:?}", self.members.len(), self.prefix);

/// Hands on what the members of a registry say, with its prefix and labels.
struct Nested<'a> {
    out: &'a mut dyn Encoder,
    prefix: &'a str,
    labels: &'a StaticLabels<'a>,
}

impl Nested<'_> {
    fn renamed<R>(&mut self, desc: &Desc<'_>, then: impl FnOnce(&mut dyn Encoder, &Desc<'_>) -> R) -> R {
        if self.prefix.is_empty() {
            return then(self.out, desc);
        }
        let prefix = Prefix { text: self.prefix, next: desc.prefix() };
        then(self.out, &desc.with_prefix(&prefix))
    }
}

impl Encoder for Nested<'_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.renamed(desc, |out, desc| out.begin(desc))
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let both = Both { first: self.labels, second: labels };
        let labels = if self.labels.labels.is_empty() { labels } else { &both };
        self.renamed(desc, |out, desc| out.metric(desc, labels, point))
    }

    fn vacant(&mut self) {
        self.out.vacant();
    }

    fn pass(&mut self) -> usize {
        self.out.pass()
    }

    fn came_at(&mut self, now: u32) -> u32 {
        self.out.came_at(now)
    }

    #[cfg(target_pointer_width = "64")]
    fn abandon(&mut self) {
        self.out.abandon();
    }
}
