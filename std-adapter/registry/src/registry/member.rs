//! One collector of a registry: with a prefix and labels, and kept from harming the others.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use picometer::{Collector, Encoder, Stop};

use super::RegisterError;
use super::names::{self, Claimed, Known};
use crate::atomic::Mutex;
use crate::label::Facts;
use crate::nesting::Nesting;

pub(super) struct Member {
    /// Members of one group stand together and show the same families.
    pub(super) group: u64,
    /// Which member of the group it is. Numbers of members that are gone are left out, so that a page that is being written finds
    /// the others where they were.
    pub(super) nth: u32,
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
    /// Whether it has those families and no other, and whether its series are checked, because its type is one of this crate.
    knows: (bool, bool),
    /// Whether it may have families that it did not have when it was registered.
    open: AtomicBool,
    failures: AtomicU64,
    /// The number of its first failure among the first failures of all collectors of the process; zero before.
    failed: AtomicU64,
    reason: Mutex<String>,
}

impl Member {
    /// Collects for names.
    pub(super) fn new<T: Collector + 'static>(collector: Arc<T>, nesting: Option<Arc<Nesting>>) -> Result<Self, RegisterError> {
        Self::of_type(collector, nesting, TypeId::of::<T>())
    }

    /// The same of a collector that hands on what one of another type gives.
    pub(super) fn of_type<T: Collector + 'static>(
        collector: Arc<T>,
        nesting: Option<Arc<Nesting>>,
        kind: TypeId,
    ) -> Result<Self, RegisterError> {
        let mut this = Self {
            group: 0,
            nth: 0,
            serial: 0,
            collector: collector.clone(),
            any: collector,
            name: std::any::type_name::<T>().into(),
            nesting,
            families: Vec::new(),
            knows: (false, false),
            open: AtomicBool::new(false),
            failures: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            reason: Mutex::default(),
        };
        let Known { families, whole, names, series, panicked } = names::known(kind, this.outer_labels(), |out| this.collect(out))?;
        this.set_open(!whole || families.is_empty());
        if let Some(first) = families.first() {
            this.name = first.name.clone();
        }
        (this.families, this.knows) = (families, (names, series));
        panicked.into_iter().for_each(|reason| this.note(reason));
        Ok(this)
    }

    pub(super) fn gives_known_names(&self) -> bool {
        self.knows.0
    }

    pub(super) fn gives_known_series(&self) -> bool {
        self.knows.1
    }

    /// The labels that its registry puts on its series.
    fn outer_labels(&self) -> Facts {
        self.nesting.as_ref().map_or_else(|| [].into(), |nesting| nesting.labels.clone())
    }

    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(super) fn forget_failures(&self) {
        self.failures.store(0, Ordering::Relaxed);
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

    pub(super) fn note(&self, reason: String) {
        static FIRST: AtomicU64 = AtomicU64::new(1);
        *self.reason.lock() = reason;
        if self.failed.load(Ordering::Relaxed) == 0 {
            let number = FIRST.fetch_add(1, Ordering::Relaxed);
            // Another thread may have been first.
            let _ = self.failed.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
        }
        // Release: pairs with the acquire of `failed_at`, so that who counts a failure sees its number.
        self.failures.fetch_add(1, Ordering::Release);
    }

    /// How often it failed, and the number of the first time.
    pub(super) fn failed_at(&self) -> Option<(u64, u64)> {
        let count = self.failures.load(Ordering::Acquire);
        (count > 0).then(|| (count, self.failed.load(Ordering::Relaxed)))
    }

    /// What went wrong last.
    pub(super) fn failure(&self) -> Option<CollectorFailure> {
        let count = self.failures();
        (count > 0).then(|| CollectorFailure { collector: self.name.clone(), count, reason: self.reason.lock().clone() })
    }

    /// Other processes see nothing of it from now on.
    pub(super) fn withdraw(&self) {
        crate::shared::withdraw(&*self.collector, self.nesting.as_ref());
    }

    /// Collects, with prefix and labels.
    pub(super) fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        match &self.nesting {
            Some(nesting) => nesting.collect(&*self.collector, out),
            None => self.collector.collect(out),
        }
    }
}

/// What went wrong in a collector of a [`Registry`](crate::Registry).
///
/// ```
/// use picometer_std::{Collector, Encoder, Format, Registry, Stop, render};
///
/// struct Broken;
///
/// impl Collector for Broken {
///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
///         Err(out.fail("the disk is gone"))
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
