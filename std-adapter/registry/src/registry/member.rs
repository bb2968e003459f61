//! One collector of a registry: with a prefix and labels, and kept from harming the others.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use picometer::{Collector, Desc, DescParts, Encoder, Kind, Label, LabelSet, Point, Stop};

use super::names::Claimed;
use crate::atomic::Mutex;
use crate::desc::MetricError;
use crate::failure;
use crate::label::{Facts, check_names};
use crate::scrape::Scrape;

pub(super) struct Member {
    /// Members of one group stand together and show the same families.
    pub(super) group: u64,
    /// How many were registered before it.
    pub(super) serial: u64,
    collector: Arc<dyn Collector>,
    /// The same, to be found again by its type.
    pub(super) any: Arc<dyn Any + Send + Sync>,
    /// Its first family, or its type.
    pub(super) name: Box<str>,
    pub(super) nesting: Option<Arc<Nesting>>,
    /// What it had when it was registered.
    pub(super) families: Vec<Claimed>,
    /// Whether it may have families that it did not have when it was registered.
    open: AtomicBool,
    failures: AtomicU64,
    reason: Mutex<String>,
}

impl Member {
    pub(super) fn new<T: Collector + 'static>(collector: Arc<T>, nesting: Option<Arc<Nesting>>) -> Self {
        let name = std::any::type_name::<T>().into();
        Self {
            group: 0,
            serial: 0,
            collector: collector.clone(),
            any: collector,
            name,
            nesting,
            families: Vec::new(),
            open: AtomicBool::new(false),
            failures: AtomicU64::new(0),
            reason: Mutex::default(),
        }
    }

    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// What it is found by.
    pub(super) fn named(&self) -> (Box<str>, Option<Arc<Nesting>>) {
        (self.name.clone(), self.nesting.clone())
    }

    /// The address of its collector.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.any).cast::<()>() as usize
    }

    /// Whether both have the same families.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.families.len() == other.families.len() && self.families.iter().zip(&other.families).all(|(one, other)| one.is_like(other))
    }

    /// Whether it is asked also for names that it did not claim.
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    pub(super) fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
    }

    /// Collects. What goes wrong in the collector is counted and ends here; only what the encoder wants goes on.
    pub(super) fn collect_alone(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const PROBE: Desc = Desc::unknown("picometer_probe", "");
        let reason = match catch_unwind(AssertUnwindSafe(|| self.collect(out))) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(Stop)) => match failure::take() {
                Some(failure) => failure.to_string(),
                // A collector may also stop for no reason: then the encoder still takes families, and this one shows nothing.
                None => {
                    out.begin(&PROBE)?;
                    "it stopped, and gave no reason".to_owned()
                }
            },
            Err(panic) => {
                #[cfg(target_pointer_width = "64")]
                out.abandon();
                format!("it panicked: {}", message(&*panic))
            }
        };
        *self.reason.lock() = reason;
        self.failures.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// What went wrong last.
    pub(super) fn failure(&self) -> Option<CollectorFailure> {
        let count = self.failures();
        (count > 0).then(|| CollectorFailure { collector: self.name.clone(), count, reason: self.reason.lock().clone() })
    }

    /// Other processes see nothing of it from now on.
    #[cfg(all(feature = "multiprocess", target_os = "linux"))]
    pub(super) fn withdraw(&self) {
        crate::multiprocess::withdraw(&*self.collector, self.nesting.as_ref());
    }

    /// Collects, with prefix and labels.
    pub(super) fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        match &self.nesting {
            Some(nesting) => nesting.collect(&*self.collector, out),
            None => self.collector.collect(out),
        }
    }
}

/// Collects all members of a group, family by family.
pub(super) fn collect_group(group: &[Arc<Member>], scrape: Option<&Scrape>, out: &mut dyn Encoder) -> Result<(), Stop> {
    let [first, others @ ..] = group else { return Ok(()) };
    if others.is_empty() {
        let before = scrape.map(Scrape::begun);
        let result = first.collect_alone(out);
        // More than it claimed: it shows others now than when it was registered.
        if before.zip(scrape).is_some_and(|(before, scrape)| scrape.begun().wrapping_sub(before) as usize > first.families.len()) {
            first.set_open(true);
        }
        return result;
    }
    Scrape::unprobed(scrape, || {
        for family in 0..first.families.len() {
            let mut begun = None;
            for member in group {
                member.collect_alone(&mut OneFamily { out, family, next: 0, inside: false, stopped: false, begun: &mut begun })?;
            }
        }
        Ok(())
    })
}

/// Hands on one of the families of a collector, which others may have begun.
struct OneFamily<'a> {
    out: &'a mut dyn Encoder,
    /// Which one, counted from 0.
    family: usize,
    next: usize,
    inside: bool,
    /// Whether the encoder wants no more.
    stopped: bool,
    /// Whether it is wanted, once somebody began it.
    begun: &'a mut Option<bool>,
}

impl OneFamily<'_> {
    fn unless_stopped<R>(&mut self, then: impl FnOnce(&mut dyn Encoder) -> Result<R, Stop>) -> Result<R, Stop> {
        let result = if self.stopped { Err(Stop) } else { then(self.out) };
        self.stopped = result.is_err();
        result
    }
}

impl Encoder for OneFamily<'_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.inside = self.next == self.family;
        self.next += 1;
        let wanted = match *self.begun {
            Some(wanted) => self.unless_stopped(|_| Ok(wanted))?,
            None if self.inside => self.unless_stopped(|out| out.begin(desc))?,
            None => self.unless_stopped(|_| Ok(false))?,
        };
        if self.inside {
            *self.begun = Some(wanted);
        }
        Ok(wanted && self.inside)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if self.inside { self.unless_stopped(|out| out.metric(desc, labels, point)) } else { Ok(()) }
    }

    fn vacant(&mut self) {
        if self.inside {
            self.out.vacant();
        }
    }

    /// None: the places of one member are not those of the next, so each gives all of its own again.
    fn pass(&mut self) -> usize {
        0
    }

    #[cfg(target_pointer_width = "64")]
    fn abandon(&mut self) {
        self.out.abandon();
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("")
}

/// What went wrong in a collector of a [`Registry`](crate::Registry).
///
/// ```
/// use picometer_std::{Collector, Encoder, Format, Registry, Stop, failed, render};
///
/// struct Broken;
///
/// impl Collector for Broken {
///     fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> {
///         Err(failed("the disk is gone"))
///     }
/// }
///
/// let registry = Registry::new();
/// registry.register(Broken)?;
/// render(&registry, Format::Text004, &mut Vec::new());
/// assert_eq!(registry.failures()[0].reason, "the disk is gone");
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectorFailure {
    /// Its first family, or its type.
    pub collector: Box<str>,
    /// How often something went wrong.
    pub count: u64,
    /// What it was the last time.
    pub reason: String,
}

/// A prefix and labels, checked.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Nesting {
    prefix: Box<str>,
    pub(super) labels: Facts,
}

impl Nesting {
    /// Collects with this around.
    pub(crate) fn collect(&self, collector: &dyn Collector, out: &mut dyn Encoder) -> Result<(), Stop> {
        // The core's registry does it; it is made of references.
        let members = [collector];
        let labels: Vec<Label<'_>> = self.labels.iter().map(|(name, value)| Label { name, value }).collect();
        picometer::Registry::new(&members).prefix(&self.prefix).labels(&labels).collect(out)
    }

    pub(super) fn new<N: AsRef<str>, V: AsRef<str>>(
        outer: Option<&Self>,
        prefix: &str,
        labels: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, MetricError> {
        let prefix = outer.map_or("", |outer| &outer.prefix).to_owned() + prefix;
        let before = outer.iter().flat_map(|outer| outer.labels.iter()).cloned();
        let labels: Facts = before.chain(labels.into_iter().map(|(name, value)| (name.as_ref().into(), value.as_ref().into()))).collect();
        // A prefix is good if it is a good name by itself.
        if !prefix.is_empty() {
            Desc::try_new(DescParts { name: &prefix, ..DescParts::new(Kind::Unknown) })
                .map_err(|error| MetricError::Desc { name: prefix.as_str().into(), error })?;
        }
        check_names(labels.iter().map(|(name, _)| &**name), true, &[])?;
        Ok(Self { prefix: prefix.into(), labels })
    }
}
