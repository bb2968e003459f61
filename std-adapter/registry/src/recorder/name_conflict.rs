//! Which of two metrics gives way where one is named like the moment of creation of the other.
//!
//! A counter or histogram `jobs` may have samples `jobs_created` for every reader of OpenMetrics, which refuses a page with another
//! family of that name. Which of the two a program uses first is chance, so the other family always gives way: it gets another name.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;

use super::group::{AnyGroup, Group};
use super::series::Recorded;
use crate::registry::{RegisterError, Registry};

const CREATED: &str = "_created";
/// In front of a name that gives way, as of a label that does.
const EXPORTED: &str = "exported_";
/// So many names are tried.
const TRIES: usize = 4;

/// The groups that may have to give way, by their names on the page.
#[derive(Default)]
pub(super) struct Ways(HashMap<Box<str>, Arc<dyn AnyGroup>>);

impl Ways {
    /// Registers a group, and gives the name of the metric that could not have its own, and why.
    pub(super) fn register<C: Recorded>(
        &mut self,
        name: &str,
        group: Arc<Group<C>>,
        registry: &Registry,
        place: &'static Location<'static>,
    ) -> Option<(Box<str>, RegisterError)> {
        match registry.register_at(group.clone(), place) {
            Ok(()) => {
                if name.ends_with(CREATED) {
                    self.0.insert(name.into(), group);
                }
                None
            }
            Err(error) => Some(self.give_way(name, group, registry, place, error)),
        }
    }

    fn give_way<C: Recorded>(
        &mut self,
        name: &str,
        group: Arc<Group<C>>,
        registry: &Registry,
        place: &'static Location<'static>,
        error: RegisterError,
    ) -> (Box<str>, RegisterError) {
        let RegisterError::Collision { sample, first, second } = &error else { return (name.into(), error) };
        let is_whole = |family: &str| family == &**sample;
        if name.ends_with(CREATED) && is_whole(second.family()) && !is_whole(first.family()) && first.place() == place {
            self.move_away(name, group, registry, place);
            return (name.into(), error);
        }
        let created = format!("{}{CREATED}", name.strip_suffix("_total").unwrap_or(name));
        if let Some(other) = self.0.remove(&*created) {
            self.move_away(&created, other, registry, place);
            return match registry.register_at(group, place) {
                Ok(()) => (created.into(), error),
                Err(another) => (name.into(), another),
            };
        }
        (name.into(), error)
    }

    fn move_away(&mut self, name: &str, group: Arc<dyn AnyGroup>, registry: &Registry, place: &'static Location<'static>) {
        let mut name = name.to_owned();
        for _ in 0..TRIES {
            name.insert_str(0, EXPORTED);
            if group.clone().move_to(&name, registry, place).is_ok() {
                // The name that it has now may be in the way of another.
                self.0.insert(name.into(), group);
                return;
            }
        }
    }
}
