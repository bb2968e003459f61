//! Which families keep their types: no two of them claim one name.

use std::collections::HashMap;

use picometer::Kind;

use crate::model::Family;

/// The names that a family has for itself where families are called as their samples are.
pub(super) fn claims(family: &Family) -> Vec<String> {
    let suffixes: &[&str] = match family.kind {
        Kind::Histogram => &["", "_bucket", "_sum", "_count"],
        Kind::GaugeHistogram => &["", "_bucket", "_gsum", "_gcount"],
        Kind::Summary => &["", "_sum", "_count"],
        _ => return vec![family.page_name()],
    };
    suffixes.iter().map(|suffix| format!("{}{suffix}", family.name)).collect()
}

/// For each family, with the names that it claims and whether the target can say it under its type, whether it keeps that.
///
/// The others are written as samples of unknown type, each under its own name, which then no other family claims. Where only the
/// families before count, as in text, a family may have a name that a later one would claim: `x_count` in front of a summary `x`.
pub(super) fn settle(families: &[(&Family, &[String], bool)], before: bool) -> Vec<bool> {
    let mut typed: Vec<bool> = families.iter().map(|(.., fits)| *fits).collect();
    let mut claimed: HashMap<&str, usize> = HashMap::new();
    for (at, (family, ..)) in families.iter().enumerate().filter(|_| !before) {
        if let Kind::Gauge | Kind::Unknown | Kind::StateSet = family.kind {
            claimed.entry(&family.name).or_insert(at);
        }
    }
    for (at, ((_, claims, _), typed)) in families.iter().zip(&mut typed).enumerate() {
        let free = |name: &String| claimed.get(name.as_str()).is_none_or(|&owner| owner == at);
        // The first is its own name.
        *typed &= if before { claims.iter().take(1).all(free) } else { claims.iter().all(free) };
        if *typed {
            claims.iter().for_each(|name| _ = claimed.entry(name).or_insert(at));
        }
    }
    loop {
        // The last family that has samples of a name on their own.
        let mut alone: HashMap<&str, usize> = HashMap::new();
        for (at, ((family, ..), _)) in families.iter().zip(&typed).enumerate().filter(|(_, (_, typed))| !**typed) {
            family.samples.iter().for_each(|sample| _ = alone.insert(&sample.name, at));
        }
        let mut changed = false;
        for (at, ((_, claims, _), typed)) in families.iter().zip(&mut typed).enumerate().filter(|(_, (_, typed))| **typed) {
            let clash = |(index, name): (usize, &String)| alone.get(name.as_str()).is_some_and(|&last| index == 0 || !before || last > at);
            *typed = !claims.iter().enumerate().any(clash);
            changed |= !*typed;
        }
        if !changed {
            return typed;
        }
    }
}
