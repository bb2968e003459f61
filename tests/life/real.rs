//! Real threads, which come and go while pages are written: sums are exact, and no page is refused or shows less than one before.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use picometer_std::{Exposition, Format};

use super::dice::Dice;
use super::oracle::{Family, Samples, Series, State, overflow};
use super::page;
use super::plan::{Action, Kind, Plan, VALUES};
use super::subject::Met;
use super::world::{World, text};

/// What a thread did, for the oracle: family, series, action.
type Done = (usize, Vec<String>, Action);

/// What any number of threads can do in any order with the same result.
fn commutes(kind: Kind, dice: &mut Dice) -> Action {
    loop {
        match kind.action(dice, false) {
            Action::Set(by) | Action::Raise(by) => return Action::Add(by),
            Action::Forget(_) => {}
            Action::State(_) | Action::Facts(_) => return Action::Touch,
            action => return action,
        }
    }
}

fn plan(seed: u64) -> Plan {
    let mut plan = Plan::of(seed ^ 0x00de_ad00);
    // Labels that are there twice, and names that are taken, are the business of the other mode.
    for (at, nested) in plan.registries.iter_mut().enumerate() {
        nested.label = nested.label.map(|(_, value)| (["r0", "r1", "r2"][at], value));
    }
    for (at, family) in plan.families.iter_mut().enumerate() {
        family.name = family.name.replace("m_shared", &format!("m{at}"));
        family.ttl = None;
    }
    plan
}

/// Runs a seed.
pub fn run(seed: u64) -> Result<(), String> {
    let plan = plan(seed);
    let (world, mut families) = World::new(&plan)?;
    let world = Arc::new(world);
    for (family, subject) in families.iter_mut().zip(&world.subjects) {
        subject.clone().register(&world.registries[family.plan.registry]).map_err(|error| error.to_string())?;
        family.registered = true;
    }
    // The last family is one of which series go.
    let churn = families.len() - 1;
    let over = AtomicBool::new(false);
    let mut dice = Dice::new(seed);
    let (waves, width) = if seed % 20 == 7 { (1, 100) } else { (1 + dice.below(4), 2 + dice.below(7)) };
    let result = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|reader| {
                let (world, families, over) = (&world, &families, &over);
                scope.spawn(move || watch(world, &families[..churn], over, Dice::new(seed + reader)))
            })
            .collect();
        let mut done = Vec::new();
        for wave in 0..waves {
            let writers: Vec<_> = (0..width)
                .map(|writer| {
                    let dice = Dice::new(seed ^ ((wave * 1_000 + writer) as u64) << 20);
                    let (world, families) = (&world, &families);
                    scope.spawn(move || write(world, families, churn, dice))
                })
                .collect();
            for writer in writers {
                done.extend(writer.join().map_err(|panic| format!("a writer panicked: {}", text(&*panic))).unwrap_or_default());
            }
        }
        over.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().map_err(|panic| format!("a reader panicked: {}", text(&*panic)))??;
        }
        Ok::<_, String>(done)
    })?;
    for (family, values, action) in result {
        let family = &mut families[family];
        let kind = family.plan.kind;
        let fresh = || Series { id: 0, state: State::start(kind), touched: 0, shown: None, passed: None };
        let series = if values == overflow() {
            family.overflow.get_or_insert_with(fresh)
        } else {
            family.series.entry(values).or_insert_with(fresh)
        };
        series.state.apply(kind, action);
    }
    for format in [Format::Text004, Format::OpenMetrics100, Format::Protobuf] {
        let bytes = page::written(&world.source, format);
        let page = page::read(&bytes, format)?;
        let mut all = Samples::new();
        families[..churn].iter().for_each(|family| family.samples(&mut all));
        for (key, value) in all {
            if page.get(&key) != Some(&value) {
                return Err(format!("{key} is {:?} instead of {value}", page.get(&key)));
            }
        }
    }
    Ok(())
}

fn write(world: &World, families: &[Family], churn: usize, mut dice: Dice) -> Vec<Done> {
    let mut done = Vec::new();
    let mut kept = None;
    for _ in 0..60 {
        let family = dice.below(families.len());
        let own = &families[family];
        let picked = [dice.pick(&VALUES), dice.pick(&VALUES[..3])];
        let values = own.values(&picked);
        let texts: Vec<&str> = values.iter().map(String::as_str).collect();
        let subject = &world.subjects[family];
        if family == churn {
            match dice.below(8) {
                0 => _ = subject.remove(&texts),
                1 => subject.clear(),
                _ => match own.plan.kind.action(&mut dice, true) {
                    // What was not observed cannot be taken back.
                    Action::Forget(_) => {}
                    action => _ = subject.act(&texts, action),
                },
            }
            continue;
        }
        let action = commutes(own.plan.kind, &mut dice);
        let name = |met| if met == Met::Overflow { overflow() } else { values.clone() };
        match dice.below(6) {
            0 => {
                let (met, handle) = subject.keep(&texts);
                handle(action);
                done.push((family, name(met), action));
                kept = Some((family, name(met), handle));
            }
            1 => subject.hold(&texts, &mut |met| {
                // Other series come and go under a series that is held.
                world.subjects[churn].clear();
                done.push((family, name(met), action));
                Some(action)
            }),
            2 => {
                if let Some((family, name, handle)) = &kept {
                    let action = commutes(families[*family].plan.kind, &mut dice);
                    handle(action);
                    done.push((*family, name.clone(), action));
                }
            }
            _ => {
                let met = subject.act(&texts, action);
                done.push((family, name(met), action));
            }
        }
    }
    done
}

/// Writes pages until it is over.
fn watch(world: &World, families: &[Family], over: &AtomicBool, mut dice: Dice) -> Result<(), String> {
    let grows: BTreeSet<&str> = families
        .iter()
        .filter(|family| matches!(family.plan.kind, Kind::Count | Kind::CountF | Kind::Histogram | Kind::Summary | Kind::Quantiles))
        .map(|family| &*family.name)
        .collect();
    let mut last = Samples::new();
    while !over.load(Ordering::Relaxed) {
        let format = dice.pick(&[Format::Text004, Format::OpenMetrics100, Format::Text100, Format::Protobuf]);
        let piece = dice.pick(&[1_500, 4_000, 20_000]);
        let mut bytes = Vec::new();
        Exposition::new(&world.source, format).drain(&mut vec![0; piece], &mut |part| bytes.extend_from_slice(part));
        let samples = page::read(&bytes, format).map_err(|error| format!("{error}\n{}", String::from_utf8_lossy(&bytes)))?;
        for (key, before) in &last {
            let name = key.split('[').next().unwrap_or("");
            let stem = ["_bucket", "_count", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
            if grows.contains(name) || grows.contains(stem) {
                match samples.get(key) {
                    Some(now) if now >= before => {}
                    now => return Err(format!("{key} was {before}, and is {now:?}")),
                }
            }
        }
        last = samples;
    }
    Ok(())
}
