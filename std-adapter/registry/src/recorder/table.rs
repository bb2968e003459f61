//! All metrics of a type, by name; and all series of a type, by the keys that macros bring.

use std::collections::HashMap;
use std::sync::Arc;

use super::group::Group;
use super::keys::Keys;
use super::series::Recorded;
use crate::atomic::Mutex;
use crate::desc::OwnedDesc;
use crate::family::expiry::Ttl;

/// Help and unit.
type Description = (Box<str>, Box<str>);

/// All metrics of a type.
pub(super) struct Table<C> {
    pub(super) keys: Arc<Keys<C, Group<C>>>,
    /// By name.
    groups: Mutex<HashMap<Box<str>, Arc<Group<C>>>>,
    /// Help and unit of those that are not used yet: a description alone has no name.
    described: Mutex<HashMap<Box<str>, Description>>,
}

impl<C> Default for Table<C> {
    fn default() -> Self {
        Self { keys: Arc::default(), groups: Mutex::default(), described: Mutex::default() }
    }
}

impl<C: Recorded> Table<C> {
    /// The group of this name; a new one is made and registered first. None where there are `most` already.
    pub(super) fn group(
        &self,
        name: &str,
        most: usize,
        ttl: impl FnOnce() -> Option<Ttl>,
        register: impl FnOnce(Arc<Group<C>>),
    ) -> Option<Arc<Group<C>>> {
        let mut groups = self.groups.lock();
        if let Some(group) = groups.get(name) {
            return Some(group.clone());
        }
        if groups.len() >= most {
            return None;
        }
        let group = Arc::new(Group::new(OwnedDesc::new(C::KIND, name, ""), Arc::downgrade(&self.keys), ttl()));
        if let Some((help, unit)) = self.described.lock().remove(name) {
            group.describe(&help, &unit);
        }
        // With the lock, so that no thread counts in a group that another one replaces.
        register(group.clone());
        groups.insert(name.into(), group.clone());
        Some(group)
    }

    /// Says what the group of this name is, or will be.
    pub(super) fn describe(&self, name: &str, help: &str, unit: &str) {
        // Locked in the order in which `group` does, so that no group comes between.
        let groups = self.groups.lock();
        match groups.get(name) {
            Some(group) => group.describe(help, unit),
            None => drop(self.described.lock().insert(name.into(), (help.into(), unit.into()))),
        }
    }

    /// The group of this name, if there is one.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Group<C>>> {
        self.groups.lock().get(name).cloned()
    }

    /// All groups, with their names.
    pub(super) fn all(&self) -> Vec<(Box<str>, Arc<Group<C>>)> {
        self.groups.lock().iter().map(|(name, group)| (name.clone(), group.clone())).collect()
    }
}
