//! What a registry says of its collectors, once on a page.

use std::any::Any;
use std::sync::Arc;

use picometer::__private::PageNote;
use picometer::{Desc, Encoder, Point, Run, Stop};

use super::Registry;
use super::beside::Beside;
use super::guard::InRegistry;
use super::member::Member;
use crate::registering::Registering;
use crate::slow::{self, Slow};

pub(super) const FAILURES: Desc =
    Desc::counter("picometer_collector_failures_total", "How often a collector failed, panicked or gave what a scraper refuses.");

impl Registry {
    /// Shows how often collectors failed; within another registry, fails like the last of them that did since there were `before`.
    pub(super) fn report(
        &self,
        members: &[Arc<Member>],
        before: u64,
        mut health: Vec<slow::Health>,
        beside: Option<Beside>,
        out: &mut dyn Encoder,
    ) -> Result<(), Stop> {
        let failed = || members.iter().filter(|member| member.failures() > 0);
        let refused = if self.nesting.is_none() { self.refused() } else { Vec::new() };
        let extension = |out: &mut dyn Encoder, is: fn(&dyn Any) -> bool| out.run().and_then(Run::extension).is_some_and(|any| is(any));
        if extension(out, |any| any.is::<Registering>()) {
            return Ok(());
        }
        let slow = members.iter().filter_map(|member| member.any.downcast_ref::<Slow>());
        slow.for_each(|slow| slow.note_health(&mut health));
        if let Some(outer) = out.run().and_then(Run::extension).and_then(|any| any.downcast_mut::<InRegistry>()) {
            // One page has these families once.
            health.into_iter().for_each(|health| health.note(&mut outer.slow));
            let all = failed().map(|member| member.failures()).sum::<u64>() + refused.len() as u64;
            if let Some(failure) = failed().rev().find_map(|member| member.failure()).filter(|_| all > before) {
                out.fail(format_args!("`{}`: {}", failure.collector, failure.reason));
            }
            return Ok(());
        }
        // Collectors may share a name.
        let mut counts: Vec<(&str, u64)> = Vec::new();
        let refused = refused.iter().map(|error| (error.family(), 1));
        for (name, more) in failed().map(|member| (&*member.name, member.failures())).chain(refused) {
            match counts.iter_mut().find(|(before, _)| *before == name) {
                Some((_, count)) => *count += more,
                None => counts.push((name, more)),
            }
        }
        let health = match beside {
            // Behind the other registries of the page, and together with them.
            Some(beside) => match beside.end(&counts, health) {
                Some(health) => health,
                None => return Ok(()),
            },
            None => health,
        };
        show_failures(&counts, out)?;
        if health.is_empty() { Ok(()) } else { slow::show(&health, out) }
    }
}

/// Shows how often collectors failed, unless a static registry on the page does.
pub(super) fn show_failures(counts: &[(&str, u64)], out: &mut dyn Encoder) -> Result<(), Stop> {
    let is_shown = |note: &mut PageNote| std::mem::replace(&mut note.failures, true);
    if counts.is_empty() || PageNote::of(out).is_some_and(is_shown) || !out.begin(&FAILURES)? {
        return Ok(());
    }
    counts.iter().try_for_each(|&(name, count)| out.metric(&FAILURES, &[("collector", name)], &Point::number(count)))
}
