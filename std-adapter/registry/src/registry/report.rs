//! What a registry says of its collectors, once on a page.

use std::any::Any;
use std::sync::Arc;

use picometer::{Encoder, Run, Stop};

use super::Registry;
use super::failures::{Failed, show_failures};
use super::guard::InRegistry;
use super::member::Member;
use super::side_by_side::Beside;
use crate::registering::Registering;
use crate::slow::{self, Slow};

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
        let mut counts = Vec::new();
        refused.iter().for_each(|error| Failed { name: error.family().into(), count: 1, first: 0 }.note(&mut counts));
        for member in failed() {
            let (count, first) = member.failed_at().unwrap_or_default();
            Failed { name: member.name.clone(), count, first }.note(&mut counts);
        }
        let health = match beside {
            // Behind the other registries of the page, and together with them.
            Some(beside) => match beside.end(&mut counts, health) {
                Some(health) => health,
                None => return Ok(()),
            },
            None => health,
        };
        show_failures(counts, out)?;
        if health.is_empty() { Ok(()) } else { slow::show(&health, out) }
    }
}
