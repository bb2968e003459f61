//! What is exposed, and in which order: a list that grows while the program runs.

mod checks;
mod collecting;
mod creation;
mod error;
mod failures;
mod groups;
mod guard;
mod member;
mod names;
mod new_families;
mod recursion;
mod report;
mod side_by_side;

pub use error::{Owner, RegisterError};
pub use member::CollectorFailure;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use picometer::Collector;

use crate::atomic::Mutex;
use crate::desc::SameFamily;
use crate::label::Facts;
use crate::nesting::Nesting;
use creation::Moments;
use failures::FAILURES;
use groups::Apart;
use member::Member;
use names::Claimed;

/// A list of metrics and other collectors, exposed in the order in which they were registered. Cheap to clone: a clone is the
/// same registry.
///
/// Registering checks names: two families that would show samples of one name are an error that names both. Suffixes count
/// (`a_count` beside a histogram `a`), and so does escaping (`a.b` beside `a_b`).
///
/// A collector that fails or panics costs its own families only. What a scraper would refuse is left out: a label or a series
/// twice, a name that another collector has, a counter that is negative. The page then shows
/// `picometer_collector_failures_total`, and [`failures`](Self::failures) gives the reasons. A registry that is registered in
/// another one leaves that to the outer one. Several registries may also stand side by side on one page, by a collector that
/// collects one after the other. They show that family together, behind all others. What an earlier one has is left out of a
/// later one, because a page says each name once. It is counted as a failure of that collector.
///
/// ```
/// use picometer_std::{Counter, Family, Gauge, Metric, RegisterError, Registry};
///
/// let registry = Registry::new();
/// let requests = registry.register(Family::<Counter, 1>::new(
///     "requests_total",
///     "Requests.",
///     ["code"],
/// ))?;
/// requests.with(["200"]).inc();
///
/// let clash =
///     registry.register(Metric::<Gauge>::new("requests", "Requests in flight."));
/// assert!(matches!(clash, Err(RegisterError::Collision { .. })));
/// assert!(registry.unregister(&requests));
/// # Ok::<(), RegisterError>(())
/// ```
#[derive(Clone)]
#[doc(alias("CollectorRegistry", "Gatherer", "Registerer"))]
pub struct Registry {
    shared: Arc<Shared>,
    /// What is put on everything that is registered through this handle.
    nesting: Option<Arc<Nesting>>,
}

// What collectors do when they panic is caught, and costs their own families only; no lock is held while they run.
impl UnwindSafe for Registry {}
impl RefUnwindSafe for Registry {}

struct Shared {
    state: Mutex<State>,
    created: Moments,
}

struct State {
    /// Ordered by group, and in a group by serial. Replaced where a page is being written, so that neither waits for the other.
    members: Arc<Vec<Arc<Member>>>,
    /// Members by first family and nesting, so that finding one that is like another does not ask all.
    by_name: HashMap<Named, Vec<Arc<Member>>>,
    /// Group and serial of every member, by the address of its collector.
    by_address: HashMap<usize, Vec<(u64, u64)>>,
    /// The nestings of every group.
    nestings: HashMap<u64, Apart>,
    /// Which group of members shows samples of a name, as a scraper sees it that takes no UTF-8.
    claims: HashMap<Box<str>, Claim>,
    target: Option<Facts>,
    made: u64,
    /// Declarations that could not be registered.
    refused: Vec<RegisterError>,
}

/// A family as it is named on the page, and what it is nested in.
type Named = (Box<str>, Option<Arc<Nesting>>);

struct Claim {
    group: u64,
    owner: Owner,
}

impl Registry {
    /// A registry of nothing.
    #[track_caller]
    pub fn new() -> Self {
        let owner = Owner { family: FAILURES.name().to_string().into(), place: Location::caller(), declared: false };
        let claims = Claimed::new(&FAILURES).samples.into_iter().map(|sample| (sample, Claim { group: OWN, owner: owner.clone() }));
        let state = State {
            members: Arc::default(),
            by_name: HashMap::new(),
            by_address: HashMap::new(),
            nestings: HashMap::new(),
            claims: claims.collect(),
            target: None,
            made: 0,
            refused: Vec::new(),
        };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), created: Moments::new() }), nesting: None }
    }

    /// Adds a metric, a family, a registry of statics, or any other collector, and returns a handle of it.
    ///
    /// The collector collects once, for its names. A family whose first series comes later has its name already. A collector
    /// that fails or panics is registered without the names that it did not give. In a [nested](Self::nested) registry with labels
    /// a collector of a type of yours also gives its metrics, so that their labels are checked.
    ///
    /// # Errors
    ///
    /// Returns [`RegisterError`] if the metric is invalid, a name is taken, a label is there twice, or registries are more than 64 deep
    /// within each other. The registry is unchanged.
    #[track_caller]
    #[doc(alias("MustRegister"))]
    pub fn register<T: Collector + 'static>(&self, collector: T) -> Result<Arc<T>, RegisterError> {
        let collector = Arc::new(collector);
        self.register_shared(collector.clone())?;
        Ok(collector)
    }

    /// [`register`](Self::register) of a collector that is shared already.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use picometer_std::{Counter, Metric, Registry, sample_value};
    /// let jobs = Arc::new(Metric::<Counter>::new("jobs_total", "Jobs."));
    /// let registry = Registry::new();
    /// registry.register_shared(jobs.clone()).unwrap();
    /// jobs.inc();
    /// assert_eq!(sample_value(&registry, "jobs_total", &[]), Some(1.0));
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`register`](Self::register).
    #[track_caller]
    pub fn register_shared<T: Collector + 'static>(&self, collector: Arc<T>) -> Result<(), RegisterError> {
        self.add(collector, Location::caller())
    }

    /// The metric that was registered before and is the same as this one; if there is none, this one, registered now.
    ///
    /// ```
    /// use picometer_std::{Counter, Metric, Registry};
    ///
    /// let registry = Registry::new();
    /// let retries = || {
    ///     registry.get_or_register(Metric::<Counter>::new("retries_total", "Retries."))
    /// };
    /// retries()?.inc();
    /// retries()?.inc();
    /// assert_eq!(retries()?.get(), 2);
    /// # Ok::<(), picometer_std::RegisterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`register`](Self::register): also where the name is taken by a metric of another type or with other labels.
    #[track_caller]
    pub fn get_or_register<T: SameFamily + 'static>(&self, collector: T) -> Result<Arc<T>, RegisterError> {
        let place = Location::caller();
        let collector = Arc::new(collector);
        let member = self.member(&collector).map_err(|error| error.at(place))?;
        let name = member.named();
        match self.find_like(&name, &*collector) {
            Some(before) => Ok(before),
            None => match self.add_member(member, &collector, place, false) {
                Ok(()) => Ok(collector),
                // Another thread may have registered it since.
                Err(error) => self.find_like(&name, &*collector).ok_or(error),
            },
        }
    }

    /// [`register_shared`](Self::register_shared) for the caller at `place`.
    #[cfg(feature = "metrics")]
    pub(crate) fn register_at<T: Collector + 'static>(
        &self,
        collector: Arc<T>,
        place: &'static Location<'static>,
    ) -> Result<(), RegisterError> {
        self.add(collector, place)
    }

    /// Whether everything that is registered through this handle gets a label of this name.
    #[cfg(feature = "metrics")]
    pub(crate) fn has_outer_label(&self, name: &str) -> bool {
        self.nesting.as_ref().is_some_and(|nesting| nesting.has_label(name))
    }

    fn find_like<T: SameFamily + 'static>(&self, name: &Named, collector: &T) -> Option<Arc<T>> {
        let members = self.shared.state.lock().by_name.get(name).cloned().unwrap_or_default();
        members.into_iter().filter_map(|member| member.any.clone().downcast::<T>().ok()).find(|before| before.is_like(collector))
    }

    /// What is registered, with its names, which are found without the lock, because a collector may register others.
    fn member<T: Collector + 'static>(&self, collector: &Arc<T>) -> Result<Member, RegisterError> {
        Member::new(collector.clone(), self.nesting.clone())
    }

    fn add<T: Collector + 'static>(&self, collector: Arc<T>, place: &'static Location<'static>) -> Result<(), RegisterError> {
        let member = self.member(&collector).map_err(|error| error.at(place))?;
        self.add_member(member, &collector, place, false)
    }

    fn add_member<T: Collector + 'static>(
        &self,
        mut member: Member,
        collector: &Arc<T>,
        place: &'static Location<'static>,
        declared: bool,
    ) -> Result<(), RegisterError> {
        let mut state = self.shared.state.lock();
        let State { members, by_name, by_address, nestings, claims, made, .. } = &mut *state;
        let mut taken: HashMap<Box<str>, Claim> = HashMap::new();
        let (mut beside, mut before) = (None, HashSet::new());
        for family in &member.families {
            let owner = Owner { family: family.name.clone(), place, declared };
            let repeated = !before.insert(&*family.name);
            for sample in &family.samples {
                let earlier = taken.get(sample).filter(|claim| repeated || claim.owner.family != owner.family);
                let first = match (claims.get(sample), earlier) {
                    (_, Some(claim)) => Some(claim),
                    // Those that differ in labels of theirs may show one family together.
                    (Some(claim), None) => {
                        beside = beside.or(Some(claim.group).filter(|group| nestings.get(group).is_some_and(|all| all.admit(&member))));
                        Some(claim).filter(|claim| beside != Some(claim.group))
                    }
                    (None, None) => None,
                };
                if let Some(Claim { owner: first, .. }) = first {
                    return Err(RegisterError::Collision { sample: sample.clone(), first: first.clone(), second: owner });
                }
                if let Entry::Vacant(free) = taken.entry(sample.clone()) {
                    free.insert(Claim { group: *made, owner: owner.clone() });
                }
            }
        }
        (member.group, member.serial) = (beside.unwrap_or(*made), *made);
        *made += 1;
        if beside.is_none() {
            claims.extend(taken);
        }
        let at = members.partition_point(|other| other.group <= member.group);
        // Behind the last of its group.
        let last = members.get(at.wrapping_sub(1)).filter(|last| last.group == member.group);
        member.nth = last.map_or(0, |last| last.nth.saturating_add(1));
        let member = Arc::new(member);
        nestings.entry(member.group).or_default().add(&member);
        by_name.entry(member.named()).or_default().push(member.clone());
        by_address.entry(member.address()).or_default().push((member.group, member.serial));
        Arc::make_mut(members).insert(at, member);
        drop(state);
        // Other processes see it from now on.
        crate::shared::publish(&**collector, self.nesting.as_ref());
        Ok(())
    }

    fn members(&self) -> Arc<Vec<Arc<Member>>> {
        self.shared.state.lock().members.clone()
    }
}

/// In place of a group, for the claims of `target_info`.
const TARGET: u64 = u64::MAX;
/// The same for the family that shows failures.
const OWN: u64 = u64::MAX - 1;

impl Shared {
    /// The family of another collector that has a sample of this name.
    fn owner(&self, member: &Member, sample: &str) -> Option<Box<str>> {
        let state = self.state.lock();
        state.claims.get(sample).filter(|claim| claim.group != member.group).map(|claim| claim.owner.family.clone())
    }
}

impl Default for Registry {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

// Here, because documentation has methods in the order of the source.
mod declared;
mod layers;
mod page;
mod removal;
mod restart;

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members().iter().map(|member| member.name.clone())).finish()
    }
}
