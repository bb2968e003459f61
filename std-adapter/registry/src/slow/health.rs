//! What slow collectors say of themselves on a page.

use std::time::Duration;

use picometer::{Desc, Encoder, Point, Stop};

use super::{REASONS, Slow};

/// How slow collectors of one name are.
#[derive(Debug)]
pub(crate) struct Health {
    name: Box<str>,
    errors: [u64; REASONS.len()],
    age: Option<Duration>,
}

impl Slow {
    /// How it is, together with others of its name in the same list.
    pub(crate) fn note_health(&self, all: &mut Vec<Health>) {
        Health { name: self.name.clone(), errors: self.counts(), age: self.age() }.note(all);
    }
}

impl Health {
    /// Adds up those of one name: errors, and the greatest age.
    pub(crate) fn note(self, all: &mut Vec<Self>) {
        let Some(same) = all.iter_mut().find(|other| other.name == self.name) else { return all.push(self) };
        same.errors.iter_mut().zip(self.errors).for_each(|(count, other)| *count += other);
        same.age = same.age.max(self.age);
    }
}

/// Shows how the slow collectors of a registry are, and of those in it.
pub(crate) fn show(all: &[Health], out: &mut dyn Encoder) -> Result<(), Stop> {
    const ERRORS: Desc =
        Desc::counter("picometer_slow_collector_errors_total", "How often pages did without a slow collector, or it failed or panicked.");
    const AGE: Desc =
        Desc::gauge("picometer_slow_collector_age_seconds", "How old the oldest values are that slow collectors of a name have.");
    let mut errors = out.family(&ERRORS)?;
    for health in all {
        for (reason, count) in REASONS.iter().zip(health.errors) {
            errors.counter(&[("collector", &*health.name), ("reason", reason)], count)?;
        }
    }
    if out.begin(&AGE)? {
        for health in all {
            match health.age {
                Some(age) => out.metric(&AGE, &[("collector", &*health.name)], &Point::number(age.as_secs_f64()))?,
                None => out.skip(),
            }
        }
    }
    Ok(())
}
