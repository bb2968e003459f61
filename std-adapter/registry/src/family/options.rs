//! What every family can be told: the parts of its name, what its cells are made from, a cap and a time to live.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use picometer::{Desc, DescParts, Encoder, Kind, Point, Stop};

use super::expiry::{Clock, Ttl};
use crate::cell::FromConfig;
use crate::cell::buckets::{BucketBounds, HasBuckets};
use crate::cell::config::Configured;
use crate::desc::{MetricError, OwnedDesc};
use crate::exemplar::{ExemplarSampling, HasExemplars};

pub(crate) struct Options<C: FromConfig> {
    pub(crate) desc: OwnedDesc,
    pub(crate) problem: Option<MetricError>,
    pub(crate) config: Configured<C>,
    /// How many series there may be; `usize::MAX` without a cap.
    pub(crate) cap: usize,
    /// Whether a lookup has more to do than to find a series.
    pub(crate) is_special: bool,
    pub(crate) ttl: Option<Ttl>,
    folded: AtomicU64,
}

impl<C: FromConfig> Options<C> {
    pub(crate) fn new(name: &str, help: &str) -> Self {
        Self::described(OwnedDesc::new(C::KIND, name, help))
    }

    /// Of a static.
    #[track_caller]
    pub(crate) const fn declared(desc: Desc<'static>) -> Self {
        assert!(desc.kind() as u8 == C::KIND as u8, "the description is of another type than the metrics");
        Self::described(OwnedDesc::fixed(desc))
    }

    const fn described(desc: OwnedDesc) -> Self {
        Self { desc, problem: None, config: Configured::new(), cap: usize::MAX, is_special: false, ttl: None, folded: AtomicU64::new(0) }
    }

    pub(crate) fn set_config(&mut self, config: C::Config) {
        match C::check(&config) {
            Ok(()) => self.config.set(config),
            Err(error) => self.problem = Some(error),
        }
    }

    pub(crate) fn set_bounds(&mut self, bounds: impl AsRef<[f64]>)
    where
        C::Config: HasBuckets,
    {
        match BucketBounds::new(bounds) {
            Ok(bounds) => {
                let mut config = self.config.get().clone();
                config.set_buckets(bounds);
                self.set_config(config);
            }
            Err(error) => self.problem = Some(error.into()),
        }
    }

    pub(crate) fn set_exemplars(&mut self, sampling: ExemplarSampling)
    where
        C::Config: HasExemplars,
    {
        let mut config = self.config.get().clone();
        config.set_exemplars(sampling);
        self.set_config(config);
    }

    pub(crate) const fn set_cap(&mut self, cap: usize) {
        self.cap = cap;
    }

    pub(crate) const fn set_ttl(&mut self, ttl: Duration) {
        self.is_special = true;
        // A constant drops nothing. One time to live after another is rare, and small.
        std::mem::forget(self.ttl.replace(Ttl::new(ttl)));
    }

    pub(crate) fn set_ttl_by(&mut self, ttl: Duration, clock: Clock) {
        self.is_special = true;
        self.ttl = Some(Ttl::by(ttl, clock));
    }

    pub(crate) fn desc(&self) -> Result<Desc<'_>, MetricError> {
        match &self.problem {
            Some(problem) => Err(self.desc.blame(problem.clone())),
            None => self.desc.checked(),
        }
    }

    /// Label names that the family needs for itself; some may be empty.
    pub(crate) fn reserved(&self) -> [&'static str; 2] {
        [C::RESERVED_LABEL, if self.cap == usize::MAX { "" } else { "overflow" }]
    }

    /// The label that it has besides its own, where there is a cap.
    pub(crate) fn own_label(&self) -> Option<&'static str> {
        (self.cap != usize::MAX).then_some("overflow")
    }

    /// A lookup ended in the overflow series.
    pub(crate) fn folded(&self) {
        self.folded.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn forget_folded(&self) {
        self.folded.store(0, Ordering::Relaxed);
    }

    pub(crate) fn folded_count(&self) -> u64 {
        self.folded.load(Ordering::Relaxed)
    }

    /// The family that shows how often that was, where there is a cap.
    pub(crate) fn collect_folded(&self, desc: &Desc<'_>, out: &mut dyn Encoder) -> Result<(), Stop> {
        if self.cap == usize::MAX {
            return Ok(());
        }
        let OwnedDesc { namespace, subsystem, name, utf8, .. } = &self.desc;
        let name = &*format!("{}_folded_total", name.strip_suffix(C::KIND.suffix()).unwrap_or(name));
        let help = "Lookups beyond the cap of the family, which ended in its overflow series.";
        let parts = DescParts { namespace, subsystem, name, help, utf8: *utf8, ..DescParts::new(Kind::Counter) };
        // It can be if the name of the family can be, and that could.
        let folded = Desc::try_new(parts).unwrap_or(*desc);
        if out.begin(&folded)? { out.metric(&folded, &(), &Point::number(self.folded_count())) } else { Ok(()) }
    }
}

/// The methods of every family that take it by value.
macro_rules! options {
    () => {
        crate::desc::describes!(options.desc);

        /// What its cells are made from, where they take something.
        #[must_use]
        pub fn config(mut self, config: C::Config) -> Self {
            self.options.set_config(config);
            self
        }
    };
}
pub(crate) use options;
