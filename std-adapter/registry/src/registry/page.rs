//! A page of everything that is registered.

use std::collections::HashSet;
use std::sync::Arc;

use picometer::{Collector, Desc, Encoder, Point, PointValue, Stop};

use super::Registry;
use super::collecting::collect_group;
use super::member::Member;
use super::new_families::Late;
use super::recursion::{Endless, Inside};
use super::side_by_side::Beside;
use crate::cell::fold_ended;
use crate::desc::MetricError;
use crate::label::{FactLabels, escaped_metric};
use crate::registering::{is_registering, is_restarting, refuse, vouch_series};
use crate::scrape;

impl Registry {
    /// The groups that have families which this page asks for by name, if it does.
    fn wanted(&self, here: &scrape::Entered, out: &mut dyn Encoder) -> Result<Option<HashSet<u64>>, Stop> {
        let Some(scrape) = here.scrape() else { return Ok(None) };
        let Some(asked) = scrape.asked(Arc::as_ptr(&self.shared).addr(), out)? else { return Ok(None) };
        let state = self.shared.state.lock();
        Ok(Some(asked.iter().filter_map(|name| state.claims.get(&escaped_metric(name.chars()))).map(|claim| claim.group).collect()))
    }
}

impl scrape::Collectors for Vec<Arc<Member>> {
    fn name(&self, place: usize) -> Option<Box<str>> {
        self.get(place).map(|member| member.name.clone())
    }
}

impl Collector for Registry {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        if is_restarting(out) {
            self.restart(out);
            return Ok(());
        }
        let beside = Beside::enter(out);
        match self.shared.created.in_front(out) {
            Ok(mut out) => self.collect_all(beside, &mut out),
            Err(out) => self.collect_all(beside, out),
        }
    }
}

impl Registry {
    fn collect_all(&self, beside: Option<Beside>, out: &mut dyn Encoder) -> Result<(), Stop> {
        const TARGET: Desc = Desc::info("target_info", "What is scraped.");
        let _inside = match Inside::enter(Arc::as_ptr(&self.shared).addr(), || is_registering(out)) {
            Ok(inside) => inside,
            Err(Endless::Itself) => return Err(out.fail("the registry is within itself, or a collector in it collects it")),
            Err(Endless::Deep) => return Err(refuse(out, MetricError::Setting("registries nest 64 deep at most".into()))),
        };
        let (members, target) = {
            let state = self.shared.state.lock();
            (state.members.clone(), state.target.clone())
        };
        if let Some(facts) = target.filter(|_| self.nesting.is_none())
            && out.begin(&TARGET)?
        {
            out.metric(&TARGET, &(), &Point::new(PointValue::Info(&FactLabels(&facts))))?;
        }
        fold_ended();
        vouch_series::<Self>(out);
        let before: u64 = members.iter().map(|member| member.failures()).sum();
        let here = scrape::enter(|| members.clone());
        let wanted = self.wanted(&here, out)?;
        let (mut late, mut place) = (Late::new(&self.shared, beside), 0);
        for group in members.chunk_by(|one, other| one.group == other.group) {
            here.at(place);
            place += group.len();
            if wanted.as_ref().is_none_or(|wanted| group.iter().any(|member| member.is_open() || wanted.contains(&member.group))) {
                collect_group(group, &mut late, here.scrape().map(|scrape| &**scrape), out)?;
            }
        }
        // What follows is ours.
        here.at(usize::MAX);
        let health = late.into_health();
        self.report(&members, before, health, beside, out)
    }
}
