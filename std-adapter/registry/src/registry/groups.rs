//! Which members of a registry may show one family together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::member::Member;

/// The members of one group: they have the same families, and any two of them have a label in common with another value.
///
/// Their labels are kept by label names, so that a member that has the same label names as the others is one lookup.
#[derive(Default)]
pub(super) struct Apart {
    first: Option<Arc<Member>>,
    len: usize,
    /// Label values by label names, both ordered by name.
    shapes: HashMap<Texts, HashSet<Texts>>,
}

type Texts = Box<[Box<str>]>;

impl Apart {
    /// Whether a member may join: it has the same families, and no series of it can be one of another member.
    pub(super) fn admit(&self, member: &Member) -> bool {
        let (Some(first), Some((names, values))) = (&self.first, shape(member)) else { return false };
        first.is_like(member) && first.nesting.is_some() && self.shapes.iter().all(|(others, all)| is_apart(&names, &values, others, all))
    }

    pub(super) fn add(&mut self, member: &Arc<Member>) {
        self.len += 1;
        self.first.get_or_insert_with(|| member.clone());
        if let Some((names, values)) = shape(member) {
            self.shapes.entry(names).or_default().insert(values);
        }
    }

    /// Takes a member out; whether none is left.
    pub(super) fn remove(&mut self, member: &Member) -> bool {
        self.len = self.len.saturating_sub(1);
        if let Some((names, values)) = shape(member)
            && let Some(all) = self.shapes.get_mut(&names)
        {
            all.remove(&values);
            if all.is_empty() {
                self.shapes.remove(&names);
            }
        }
        self.len == 0
    }
}

/// Whether labels differ, in a label in common, from all that have these label names.
fn is_apart(names: &[Box<str>], values: &[Box<str>], others: &[Box<str>], all: &HashSet<Texts>) -> bool {
    if names == others {
        return !all.contains(values);
    }
    let common: Vec<(usize, usize)> =
        names.iter().enumerate().filter_map(|(at, name)| Some((at, others.binary_search(name).ok()?))).collect();
    all.iter().all(|other| common.iter().any(|&(own, its)| values.get(own) != other.get(its)))
}

/// The label names and values of the nesting of a member, ordered by name.
fn shape(member: &Member) -> Option<(Texts, Texts)> {
    let mut labels = member.nesting.as_ref()?.labels.to_vec();
    labels.sort();
    let (names, values): (Vec<_>, Vec<_>) = labels.into_iter().unzip();
    Some((names.into(), values.into()))
}
