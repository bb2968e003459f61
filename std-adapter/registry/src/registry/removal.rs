//! What is registered no more.

use std::sync::Arc;

use super::{Registry, State};

impl Registry {
    /// Takes a collector off the pages and gives its names back; whether it was there.
    ///
    /// ```
    /// # use picometer_std::{Counter, Gauge, Metric, Registry};
    /// let registry = Registry::new();
    /// let jobs = registry.register(Metric::<Counter>::new("jobs_total", "Jobs.")).unwrap();
    /// assert!(registry.unregister(&jobs) && !registry.unregister(&jobs));
    /// // The name is free for anything else.
    /// registry.register(Metric::<Gauge>::new("jobs_total", "Jobs.")).unwrap();
    /// ```
    pub fn unregister<T>(&self, collector: &Arc<T>) -> bool {
        let address = Arc::as_ptr(collector).cast::<()>() as usize;
        let mut state = self.shared.state.lock();
        let State { members, by_name, by_address, nestings, claims, .. } = &mut *state;
        let Some(all) = by_address.get_mut(&address) else { return false };
        // The first of those that are registered several times.
        let Some(first) = all.iter().copied().min() else { return false };
        all.retain(|&other| other != first);
        if all.is_empty() {
            by_address.remove(&address);
        }
        let Ok(at) = members.binary_search_by_key(&first, |member| (member.group, member.serial)) else { return false };
        let removed = Arc::make_mut(members).remove(at);
        let named = removed.named();
        if let Some(all) = by_name.get_mut(&named) {
            all.retain(|other| other.serial != removed.serial);
            if all.is_empty() {
                by_name.remove(&named);
            }
        }
        if let Some(group) = nestings.get_mut(&removed.group)
            && group.remove(&removed)
        {
            nestings.remove(&removed.group);
            // All members of a group have the same names.
            for sample in removed.families.iter().flat_map(|family| &family.samples) {
                if claims.get(sample).is_some_and(|claim| claim.group == removed.group) {
                    claims.remove(sample);
                }
            }
        }
        drop(state);
        // Other processes see it no more.
        removed.withdraw();
        // What the collector does when it is dropped is done without the lock.
        drop(removed);
        true
    }
}
