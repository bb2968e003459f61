//! Collecting the members of a registry, each alone or with others of the same families.

use std::sync::Arc;

use picometer::{Desc, Encoder, Run, Stop};

use super::guard::Guard;
use super::member::Member;
use super::new_families::Late;
use crate::caught::caught;
use crate::scrape::Scrape;
use crate::select::Select;

impl Member {
    /// Collects. What goes wrong in the collector is counted and ends here; only what the encoder wants goes on. `shared` says that
    /// others show its families together with it.
    fn collect_alone(&self, shared: bool, late: &mut Late<'_>, out: &mut dyn Encoder) -> Result<(), Stop> {
        late.next_member(self);
        let mut guard = Guard::new(out, self, shared, late);
        let result = caught(|| self.collect(&mut guard));
        if result.is_err() {
            guard.rollback();
        }
        let (stopped, fault) = guard.end();
        let fault = match result {
            Err(message) => Some(format!("it panicked: {message}")),
            Ok(Err(Stop)) if !stopped => Some(fault.unwrap_or_else(|| "it stopped, and gave no reason".to_owned())),
            Ok(_) => fault,
        };
        fault.into_iter().for_each(|fault| self.note(fault));
        if stopped { Err(Stop) } else { Ok(()) }
    }
}

/// Collects all members of a group, family by family.
pub(super) fn collect_group(
    group: &[Arc<Member>],
    late: &mut Late<'_>,
    scrape: Option<&Scrape>,
    out: &mut dyn Encoder,
) -> Result<(), Stop> {
    let [first, others @ ..] = group else { return Ok(()) };
    if others.is_empty() {
        let before = scrape.map(Scrape::begun);
        let result = first.collect_alone(false, late, out);
        // More than it claimed: it shows others now than when it was registered.
        if before.zip(scrape).is_some_and(|(before, scrape)| scrape.begun().wrapping_sub(before) as usize > first.families.len()) {
            first.set_open(true);
        }
        return result;
    }
    Scrape::unprobed(scrape, || {
        for family in &first.families {
            // Whether the family is wanted, once a member began it, and the part of it that the run is in.
            let mut begun = None;
            for member in group {
                let begin = |out: &mut dyn Encoder, desc: &Desc<'_>| {
                    if !family.is(desc) {
                        return Ok(None);
                    }
                    let (wanted, part) = match begun {
                        Some(begun) => begun,
                        None => (out.begin(desc)?, 0),
                    };
                    if wanted {
                        (part..member.nth).for_each(|_| out.run().into_iter().for_each(Run::next_part));
                    }
                    begun = Some((wanted, member.nth.max(part)));
                    Ok(Some(wanted))
                };
                member.collect_alone(true, late, &mut Select::new(out, begin))?;
            }
        }
        Ok(())
    })
}
