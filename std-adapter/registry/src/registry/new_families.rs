//! Families that a collector has on a page although it did not have them when it was registered.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use picometer::Desc;

use super::Shared;
use super::member::Member;
use super::names::Claimed;
use super::side_by_side::Beside;
use crate::slow::Health;

/// The families of one page that were not claimed, by the samples that they may have.
pub(super) struct Late<'a> {
    registry: &'a Shared,
    /// What else is on the page; none within another registry.
    beside: Option<Beside>,
    taken: HashMap<Box<str>, Box<str>>,
    /// Which of the claimed families of the collector under way are on the page.
    begun: Vec<bool>,
    /// How the slow collectors of inner registries are.
    health: Vec<Health>,
}

impl<'a> Late<'a> {
    pub(super) fn new(registry: &'a Shared, beside: Option<Beside>) -> Self {
        Self { registry, beside, taken: HashMap::new(), begun: Vec::new(), health: Vec::new() }
    }

    /// Whether the family that was begun last was left out, because the page has its name from elsewhere.
    pub(super) fn was_refused(&self) -> bool {
        self.beside.is_some_and(Beside::was_refused)
    }

    /// What an inner registry leaves to be shown by the outermost one.
    pub(super) fn note_health(&mut self, health: Vec<Health>) {
        health.into_iter().for_each(|health| health.note(&mut self.health));
    }

    pub(super) fn into_health(self) -> Vec<Health> {
        self.health
    }

    /// Another collector goes on.
    pub(super) fn next_member(&mut self, member: &Member) {
        self.begun.clear();
        if !member.gives_known_names() {
            self.begun.resize(member.families.len(), false);
        }
    }

    /// Whether the collector claimed this family when it was registered and has not begun it yet. `usual` is its place among
    /// those, if they come in the same order.
    pub(super) fn is_claimed(&mut self, member: &Member, usual: usize, desc: &Desc<'_>) -> bool {
        let is = |claimed: &Claimed| claimed.is(desc);
        let at = match member.families.get(usual) {
            Some(claimed) if is(claimed) => Some(usual),
            _ => member.families.iter().position(is),
        };
        let free = at.and_then(|at| self.begun.get_mut(at)).is_some_and(|begun| !std::mem::replace(begun, true));
        // No collector has its names meanwhile, but for the samples of a family that came late.
        free && (self.taken.is_empty() || !Claimed::new(desc).samples.iter().any(|sample| self.taken.contains_key(sample)))
    }

    /// Takes the names of a family for this page.
    pub(super) fn claim(&mut self, member: &Member, desc: &Desc<'_>) -> Result<(), String> {
        let Claimed { name, samples, .. } = Claimed::new(desc);
        for sample in &samples {
            let own = || member.families.iter().zip(&self.begun).find(|(own, begun)| **begun && own.samples.contains(sample));
            let owner = self.registry.owner(member, sample).or_else(|| self.taken.get(sample).cloned());
            if let Some(owner) = owner.or_else(|| own().map(|(own, _)| own.name.clone())) {
                return Err(format!("family `{name}` is left out: `{owner}` has the name `{sample}` already"));
            }
        }
        for sample in samples {
            if let Entry::Vacant(free) = self.taken.entry(sample) {
                free.insert(name.clone());
            }
        }
        Ok(())
    }
}
