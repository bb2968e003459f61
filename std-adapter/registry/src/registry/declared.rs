//! The metrics that crates of the program declare, in the order of their names.

use std::any::TypeId;
use std::panic::Location;
use std::sync::Arc;

use picometer::{Collector, Declared, Encoder, Entry, Stop};

use super::member::Member;
use super::{RegisterError, Registry};

/// A declared collector as a member has it.
struct Static(&'static dyn Collector);

impl Collector for Static {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.0.collect(out)
    }
}

impl Registry {
    /// Registers every declaration of the program, ordered by name, and by place where two have one name.
    pub(crate) fn add_declared(&self) {
        let here = Location::caller();
        let mut refused = Vec::new();
        let mut members = Vec::new();
        for entry in Declared::all() {
            let (collector, place) = (Arc::new(Static(entry.collector())), entry.place().unwrap_or(here));
            match Member::of_type(collector.clone(), self.nesting.clone(), type_of(entry)) {
                Ok(member) => members.push((member, collector, place)),
                Err(error) => refused.push(error.at(place)),
            }
        }
        members.sort_by(|(one, _, here), (other, _, there)| (&one.name, here).cmp(&(&other.name, there)));
        for (member, collector, place) in members {
            if let Err(error) = self.add_member(member, &collector, place, true) {
                refused.push(error);
            }
        }
        self.shared.state.lock().refused.extend(refused);
    }

    /// The declared metrics that are not on the pages of this registry, because their name is taken or they are invalid. They are
    /// those of the [default registry](crate::default_registry); others have none.
    ///
    /// The error of two metrics with one name says where both are declared. An `Exporter` of the registry does not start while there
    /// is one.
    ///
    /// ```standalone_crate
    /// use picometer_std::{default_registry, metrics, Counter, Gauge};
    ///
    /// metrics! {
    ///     /// Jobs done.
    ///     static DONE: Counter = "jobs_total";
    ///     /// Jobs that wait.
    ///     static WAITING: Gauge<i64> = "jobs";
    /// }
    ///
    /// let [refused] = &default_registry().refused()[..] else { panic!() };
    /// assert!(refused.to_string().contains("would both be exposed as `jobs`"));
    /// ```
    pub fn refused(&self) -> Vec<RegisterError> {
        self.shared.state.lock().refused.clone()
    }
}

impl Registry {
    /// What this registry and those that are registered in it refused.
    #[doc(hidden)]
    pub fn refused_within(&self) -> Vec<RegisterError> {
        let mut all = self.refused();
        let mut seen = vec![Arc::as_ptr(&self.shared)];
        let mut open = vec![self.clone()];
        while let Some(registry) = open.pop() {
            for member in registry.members().iter() {
                let inner = member.any.downcast_ref::<Self>();
                let Some(inner) = inner.or_else(|| member.any.downcast_ref::<&'static Self>().copied()) else { continue };
                if !seen.contains(&Arc::as_ptr(&inner.shared)) {
                    seen.push(Arc::as_ptr(&inner.shared));
                    all.extend(inner.refused());
                    open.push(inner.clone());
                }
            }
        }
        all
    }
}

fn type_of(entry: &Entry) -> TypeId {
    // On systems without places there is no registry.
    entry.kind().unwrap_or(TypeId::of::<Static>())
}
