//! Which names a collector claims, found by collecting.

use picometer::{Desc, Encoder, Kind, LabelSet, Point, Stop};

use super::RegisterError;
use super::member::Member;
use crate::failure::{self, Failure};

/// A family, and the names of all samples that it may have, as a scraper sees them that takes no UTF-8.
pub(super) struct Claimed {
    pub(super) name: Box<str>,
    kind: Kind,
    unit: Box<str>,
    pub(super) samples: Vec<Box<str>>,
}

impl Claimed {
    /// Whether both can stand under one header.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.name, self.kind, &self.unit) == (&other.name, other.kind, &other.unit)
    }
}

/// The families of a collector, and whether they are all: one that cannot collect just now has those that it gave.
pub(super) fn families(member: &Member) -> Result<(Vec<Claimed>, bool), RegisterError> {
    let mut names = Names(Vec::new());
    failure::take();
    match (member.collect(&mut names), failure::take()) {
        (Err(Stop), Some(Failure::Metric(error))) => Err(error.into()),
        (result, _) => Ok((names.0, result.is_ok())),
    }
}

struct Names(Vec<Claimed>);

impl Encoder for Names {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        let samples = desc.kind().suffixes().iter().map(|suffix| escaped(desc.sample(suffix).chars())).collect();
        self.0.push(Claimed { name: desc.name().to_string().into(), kind: desc.kind(), unit: desc.unit_name().into(), samples });
        Ok(false)
    }

    fn metric(&mut self, _: &Desc<'_>, _: &dyn LabelSet, _: &Point<'_>) -> Result<(), Stop> {
        Ok(())
    }
}

/// A name as a scraper sees it that takes no UTF-8.
pub(super) fn escaped(name: impl Iterator<Item = char>) -> Box<str> {
    let legal = |at, c: char| c.is_ascii_alphabetic() || c == '_' || c == ':' || (at > 0 && c.is_ascii_digit());
    name.enumerate().map(|(at, c)| if legal(at, c) { c } else { '_' }).collect::<String>().into()
}
