//! Handles that put something in front, and what a registry says of its target and of collectors.

use std::panic::Location;
use std::sync::Arc;

use super::member::CollectorFailure;
use super::{Claim, Owner, RegisterError, Registry, TARGET};
use crate::label::{Facts, check_names};
use crate::nesting::Nesting;

impl Registry {
    /// A handle of this registry for names with a prefix. What is registered through it has the prefix in front of its names, and
    /// the labels on every series.
    ///
    /// ```
    /// use picometer_std::{Gauge, Metric, Registry, render};
    ///
    /// let registry = Registry::new();
    /// let pool = registry.nested("db_", [("pool", "users")])?;
    /// pool.register(Metric::<Gauge<i64>>::new("connections", "Open connections."))?
    ///     .set(3);
    ///
    /// let mut page = Vec::new();
    /// render(&registry, picometer_std::Format::Text004, &mut page);
    /// assert!(page.ends_with(b"db_connections{pool=\"users\"} 3\n"));
    /// # Ok::<(), picometer_std::RegisterError>(())
    /// ```
    ///
    /// What is registered through several handles may have the same names, if the handles have a label in common with another
    /// value: they show one family together.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Metric`]: a prefix that is not of the form `[a-zA-Z_:][a-zA-Z0-9_:]*`, or an invalid label name.
    #[track_caller]
    #[doc(alias("WrapRegistererWith", "WrapRegistererWithPrefix", "sub_registry_with_prefix", "sub_registry_with_label", "const_labels"))]
    pub fn nested<N: AsRef<str>, V: AsRef<str>>(
        &self,
        prefix: &str,
        labels: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, RegisterError> {
        let place = Location::caller();
        let nesting = Nesting::new(self.nesting.as_deref(), prefix, labels).map_err(|error| RegisterError::from(error).at(place))?;
        Ok(Self { shared: self.shared.clone(), nesting: Some(Arc::new(nesting)) })
    }

    /// Describes what is scraped by an info metric `target_info` in front of all others; without facts there is none.
    ///
    /// ```
    /// # use picometer_std::{Registry, assert_page};
    /// let registry = Registry::new();
    /// registry.set_target_info([("service", "shop"), ("zone", "eu-1")]).unwrap();
    /// assert_page(&registry, "target_info{service=\"shop\",zone=\"eu-1\"} 1");
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegisterError`]: an invalid label name, or a metric that has the name already.
    #[track_caller]
    pub fn set_target_info<N: AsRef<str>, V: AsRef<str>>(&self, facts: impl IntoIterator<Item = (N, V)>) -> Result<(), RegisterError> {
        let facts: Facts = facts.into_iter().map(|(name, value)| (name.as_ref().into(), value.as_ref().into())).collect();
        let place = Location::caller();
        check_names(facts.iter().map(|(name, _)| &**name), true, &[]).map_err(|error| RegisterError::from(error).at(place))?;
        let owner = Owner { family: "target_info".into(), place, declared: false };
        let mut state = self.shared.state.lock();
        for sample in ["target", "target_info"] {
            match state.claims.get(sample) {
                Some(claim) if claim.group != TARGET => {
                    let first = claim.owner.clone();
                    return Err(RegisterError::Collision { sample: sample.into(), first, second: owner });
                }
                _ => {}
            }
        }
        for sample in ["target", "target_info"] {
            if facts.is_empty() {
                state.claims.remove(sample);
            } else {
                state.claims.insert(sample.into(), Claim { group: TARGET, owner: owner.clone() });
            }
        }
        state.target = (!facts.is_empty()).then_some(facts);
        Ok(())
    }

    /// The facts of `target_info`, if it is there.
    pub fn target_info(&self) -> Option<Facts> {
        self.shared.state.lock().target.clone()
    }

    /// Whether counters, histograms and summaries show since when they count, by `_created` in OpenMetrics: all of them, or none.
    /// Unless this is called those do that know it, such as [`Created`](crate::Created) ones. It is one switch for all handles of
    /// the registry.
    ///
    /// A series without a moment of its own gets that at which the registry was made. Servers tell a counter that starts from one that
    /// they missed the start of by it; it doubles the lines of counters.
    ///
    /// ```
    /// use picometer_std::{Counter, Format, Metric, Registry, render};
    ///
    /// let registry = Registry::new();
    /// registry.register(Metric::<Counter>::new("jobs_total", "Jobs done."))?;
    /// registry.set_created(true);
    /// let mut page = Vec::new();
    /// render(&registry, Format::OpenMetrics100, &mut page);
    /// assert!(String::from_utf8_lossy(&page).contains("\njobs_created 1"));
    /// # Ok::<(), picometer_std::RegisterError>(())
    /// ```
    #[doc(alias("disable_created_metrics", "enable_created_metrics"))]
    pub fn set_created(&self, shown: bool) {
        self.shared.created.set(shown);
    }

    /// Collectors that failed or panicked, and [declarations that were refused](Self::refused).
    ///
    /// ```
    /// use picometer_std::{Collector, Encoder, Format, Registry, Stop, render};
    ///
    /// struct Disks;
    ///
    /// impl Collector for Disks {
    ///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
    ///         Err(out.fail("/proc/diskstats: no such file"))
    ///     }
    /// }
    ///
    /// let registry = Registry::new();
    /// registry.register(Disks).unwrap();
    /// render(&registry, Format::Text004, &mut Vec::new());
    /// assert_eq!(registry.failures()[0].reason, "/proc/diskstats: no such file");
    /// ```
    pub fn failures(&self) -> Vec<CollectorFailure> {
        let refused = self.refused().into_iter().map(|error| CollectorFailure {
            collector: error.family().into(),
            count: 1,
            reason: error.to_string(),
        });
        self.members().iter().filter_map(|member| member.failure()).chain(refused).collect()
    }
}
