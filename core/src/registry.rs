//! What is exposed, and in which order.

use crate::charset;
use crate::collector::Collector;
use crate::desc::{Desc, Prefix};
use crate::encode::{Collision, Encoder, NameCheck, Point, PointValue, Run, Stop};
#[cfg(not(target_os = "none"))]
use crate::encode::{Sound, note::PageNote};
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
///     pub static FRAMES: Metric<Counter> =
///         Metric::new(&Desc::counter("frames_total", "Frames received."));
///     pub static METRICS: Registry =
///         Registry::new(&[&FRAMES]).prefix("nic_").labels(&[Label::new("port", "0")]);
///     # use picometer::Label;
/// }
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// static METRICS: Registry = Registry::new(&[&BOOTS, &nic::METRICS]);
///
/// let mut page = [0; 256];
/// let len = Exposition::new(&METRICS, Format::Text004).fill(&mut page).unwrap();
/// assert!(core::str::from_utf8(&page[..len]).unwrap().ends_with(
///     "# TYPE nic_frames_total counter\nnic_frames_total{port=\"0\"} 0\n"
/// ));
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
    #[must_use]
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
    #[must_use]
    pub const fn labels(self, labels: &'a [Label<'a>]) -> Self {
        Self { labels: StaticLabels::new(labels), ..self }
    }

    /// Describes what is scraped by an info metric `target_info` in front of all others. For the outermost registry only.
    ///
    /// # Panics
    ///
    /// Outside a constant, if a name is empty, reserved or given twice; in a constant that is a compile error.
    #[track_caller]
    #[must_use]
    pub const fn target_info(self, facts: &'a [Label<'a>]) -> Self {
        Self { target: StaticLabels::new(facts), ..self }
    }

    /// Looks for families that claim the same sample name, and for series with a label twice. Suffixes count (`a_count` beside a
    /// histogram `a`), and so does escaping (`a.b` beside `a_b`). For a test or the start of the program: it compares every pair of
    /// families, and collects that often.
    ///
    /// Where there is an operating system, the first page of a registry checks it too. What is found is left out of its pages,
    /// because a scraper would refuse them, and counted in `picometer_collector_failures_total`. On bare metal that would cost
    /// flash, and the page is as the registry is.
    ///
    /// # Errors
    ///
    /// The first [`Collision`].
    pub fn check(&self) -> Result<(), Collision> {
        NameCheck::run(&Unchecked(self))
    }

    /// [`collect`](Collector::collect) without a check, for a registry that is made for one page.
    #[doc(hidden)]
    #[allow(clippy::missing_errors_doc, reason = "not for the public")]
    pub fn collect_unchecked(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
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

/// A registry that is being checked.
struct Unchecked<'a>(&'a Registry<'a>);

impl Collector for Unchecked<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.0.collect_unchecked(out)
    }
}

impl Collector for Registry<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        // Within a registry that is made at run time, that one checks.
        #[cfg(not(target_os = "none"))]
        if is_unchecked(out) && checked::is_faulty(self) {
            return Sound::collect(&Unchecked(self), out);
        }
        self.collect_unchecked(out)
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

    fn run(&mut self) -> Option<&mut dyn Run> {
        self.out.run()
    }
}

/// Whether no registry in front checks what this one gives.
#[cfg(not(target_os = "none"))]
fn is_unchecked(out: &mut dyn Encoder) -> bool {
    let is = |outer: &mut dyn core::any::Any| outer.downcast_ref::<PageNote>().is_some_and(|note| !note.checked);
    out.run().is_some_and(|run| run.extension().is_none_or(is))
}

/// Which registries were checked.
#[cfg(not(target_os = "none"))]
mod checked {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::{Registry, Unchecked};
    use crate::encode;

    const PLACES: usize = 64;
    /// Hashes of the registries that were checked, odd if the check failed.
    static CHECKED: [AtomicUsize; PLACES] = [const { AtomicUsize::new(0) }; PLACES];

    /// Whether the check of a registry fails. It is done once, unless another registry takes its place in the table.
    pub(super) fn is_faulty(registry: &Registry<'_>) -> bool {
        // By address: registries of statics stay where they are.
        let own = [registry.prefix.as_ptr().addr(), registry.labels.labels.as_ptr().addr(), registry.members.as_ptr().addr()];
        let members = registry.members.iter().map(|member| core::ptr::from_ref(*member).addr());
        let hash = own.into_iter().chain(members).fold(1, |hash: usize, addr| (hash.rotate_left(5) ^ addr).wrapping_mul(0x9e37_79b1)) & !1;
        let Some(place) = CHECKED.get((hash >> 7) % PLACES) else { return false };
        // Relaxed: the word is all that is said, and a check that is done twice does no harm.
        match place.load(Ordering::Relaxed) {
            known if known & !1 == hash && known != 0 => known & 1 != 0,
            _ => {
                let faulty = encode::is_faulty(&Unchecked(registry));
                place.store(hash | usize::from(faulty), Ordering::Relaxed);
                faulty
            }
        }
    }
}
