//! What a plan does to series, and to the oracle.

use super::*;

impl Run<'_> {
    /// The values of a series that is looked up next.
    fn picked(&mut self, family: usize, values: Picked) -> Result<Vec<String>, String> {
        let values = self.families[family].values(&values.map(|value| VALUES[value]));
        self.before(family, &values)?;
        Ok(values)
    }

    /// Does something with a family on a thread.
    fn on<R: Send + 'static>(
        &self,
        thread: usize,
        family: usize,
        values: &[String],
        work: impl FnOnce(&dyn Subject, &[&str]) -> R + Send + 'static,
    ) -> Result<R, String> {
        let values = values.to_vec();
        self.threads[thread].run(move |world| work(&*world.subjects[family], &texts(&values)))
    }

    /// The action, if the series is still the one that was kept and has such an action: its type may be another than the plan's.
    fn fit(&mut self, kept: &Kept, action: Action) -> Action {
        let is_there = self.families[kept.0].get_mut(&kept.1).is_some_and(|series| series.id == kept.2);
        let fits = is_there && fits(self.families[kept.0].plan.kind, action);
        if fits { self.sound(kept.0, &kept.1, action) } else { Action::Touch }
    }

    pub(super) fn act(&mut self, thread: usize, family: usize, values: Picked, action: Action) -> Result<(), String> {
        let values = self.picked(family, values)?;
        let action = self.sound(family, &values, action);
        let met = self.on(thread, family, &values, move |subject, values| subject.act(values, action))?;
        let kept = self.met(family, values, met)?;
        self.apply(&kept, action);
        Ok(())
    }

    pub(super) fn keep(&mut self, thread: usize, family: usize, values: Picked, slot: usize) -> Result<(), String> {
        let values = self.picked(family, values)?;
        let (met, handle) = self.on(thread, family, &values, |subject, values| subject.keep(values))?;
        let kept = self.met(family, values, met)?;
        self.slots[slot] = Some((kept, handle));
        Ok(())
    }

    pub(super) fn use_kept(&mut self, thread: usize, slot: usize, action: Action) -> Result<(), String> {
        let Some((kept, handle)) = self.slots[slot].clone() else { return Ok(()) };
        let action = self.fit(&kept, action);
        self.threads[thread].run(move |_| handle(action))?;
        self.apply(&kept, action);
        Ok(())
    }

    pub(super) fn hold(&mut self, thread: usize, family: usize, values: Picked) -> Result<(), String> {
        if self.held[thread].len() >= 3 {
            return Ok(());
        }
        let values = self.picked(family, values)?;
        let met = self.threads[thread].hold(family, values.clone())?;
        let kept = self.met(family, values, met)?;
        self.held[thread].push(kept);
        Ok(())
    }

    pub(super) fn release(&mut self, thread: usize, action: Action) -> Result<(), String> {
        let Some(kept) = self.held[thread].last().cloned() else { return Ok(()) };
        let action = self.fit(&kept, action);
        self.threads[thread].release(action)?;
        self.apply(&kept, action);
        self.held[thread].pop();
        Ok(())
    }

    pub(super) fn remove(&mut self, thread: usize, family: usize, values: Picked) -> Result<(), String> {
        let values = self.picked(family, values)?;
        let removed = self.on(thread, family, &values, |subject, values| subject.remove(values))?;
        let own = &mut self.families[family];
        if own.plan.labels > 0 && removed != own.series.remove(&values).is_some() {
            return Err(format!("remove returned {removed}"));
        }
        self.removed();
        Ok(())
    }

    pub(super) fn remove_matching(&mut self, family: usize, value: &str) -> Result<(), String> {
        if self.families[family].plan.labels == 0 {
            return Ok(());
        }
        for values in self.families[family].series.keys().cloned().collect::<Vec<_>>() {
            self.before(family, &values)?;
        }
        let removed = self.world.subjects[family].remove_matching(&[("x", value)]);
        let before = self.families[family].series.len();
        self.families[family].series.retain(|values, _| values[0] != value);
        let gone = before - self.families[family].series.len();
        self.removed();
        if removed == gone { Ok(()) } else { Err(format!("{removed} were removed, and {gone} match")) }
    }

    pub(super) fn removed(&mut self) {
        if let Some(open) = &mut self.open {
            open.window.removed = true;
        }
    }

    pub(super) fn record(&mut self, thread: usize, metric: usize, label: usize, amount: u64) -> Result<(), String> {
        let value = ["", "u", "v"][label];
        self.threads[thread].run(move |world| {
            metrics::with_local_recorder(&world.recorder, || {
                metrics::counter!(["rec.a", "rec.b", "rec.c"][metric], "of" => value).increment(amount);
            });
        })?;
        let name = ["rec_a_total", "rec_b_total", "rec_c_total"][metric];
        *self.recorded.entry(key(name, [("of", value)])).or_default() += amount as f64;
        // Its family may be new, and stand before the one that a page is in.
        self.removed();
        Ok(())
    }
}
