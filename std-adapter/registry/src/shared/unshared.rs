//! A process that shares nothing.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use picometer::__private::Table;
use picometer::{Collector, Encoder, Kind, LabelSet, Number, SeriesEncoder, Stop, Timestamp};

use super::Show;
use crate::nesting::Nesting;

/// What gauges are made of.
pub(crate) type GaugeMode = ();

pub(crate) fn is_worker() -> bool {
    false
}

pub(crate) fn is_naming(_: &mut dyn Encoder) -> bool {
    false
}

pub(crate) fn publish(_: &dyn Collector, _: Option<&Arc<Nesting>>) {}

pub(crate) fn withdraw(_: &dyn Collector, _: Option<&Arc<Nesting>>) {}

pub(crate) fn publish_declared() {}

pub(crate) fn changing(change: impl FnOnce()) {
    change();
}

pub(crate) fn chunk(_: usize, _: u32, _: usize) -> Option<&'static [AtomicU64]> {
    None
}

/// As many threads as that have cells of their own at least, in a file or not.
pub(crate) const SLABS: usize = 64;
pub(crate) const BASES: usize = 0;
pub(crate) const IN_CHUNKS: u64 = 0;

pub(crate) struct Tags;

impl Tags {
    pub(crate) const fn new(_: Kind, _: Numbers) -> Self {
        Self
    }

    pub(crate) const fn per_unit(self, _: u32) -> Self {
        self
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Numbers {
    Unsigned,
    Signed,
    Float,
    Table,
}

#[allow(dead_code, reason = "no process asks")]
pub(crate) struct Whereabouts {
    pub(crate) cells: u64,
    pub(crate) rest: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Home;

impl Home {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn remember(&self, _: &mut dyn Encoder) {}

    pub(crate) fn publish(&self, _: &dyn Fn(&mut dyn Encoder) -> Result<(), Stop>) {}
}

#[derive(Debug)]
pub(crate) struct Name;

impl Name {
    pub(crate) const fn new(_: bool) -> Self {
        Self
    }

    pub(crate) fn settle(&self, _: &Self) {}

    pub(crate) fn is_seen(&self) -> bool {
        false
    }

    pub(crate) fn name_by_another(&self) {}

    pub(crate) fn key(&self) -> Option<u32> {
        None
    }

    #[inline]
    pub(crate) fn show(
        &self,
        _: Tags,
        _: impl FnOnce() -> Whereabouts,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl Show,
    ) -> Result<(), Stop> {
        show(series)
    }

    pub(crate) fn remove(&self) {}
}

#[derive(Debug)]
pub(crate) struct Exemplars;

impl Exemplars {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn attach(&self, _: Option<u32>) {}

    pub(crate) fn word(&self) -> u64 {
        0
    }

    pub(crate) fn keep(&self, _: usize, _: usize, _: &dyn LabelSet, _: Number, _: Timestamp, _: Option<Duration>) {}

    pub(crate) fn clear(&self) {}
}

#[derive(Debug, Default)]
pub(crate) struct FactsName {}

impl FactsName {
    pub(crate) fn show(&self, series: &mut SeriesEncoder<'_, '_>, show: impl Show) -> Result<(), Stop> {
        show(series)
    }

    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce() -> T,
        _: impl Fn(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop> + Send + Sync,
    ) -> T {
        change()
    }

    pub(crate) fn remove(&self) {}
}

pub(crate) fn about_native(_: i8, _: usize) -> u32 {
    0
}

pub(crate) fn words_of_native(_: usize, _: usize, _: usize) -> usize {
    0
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Place;

impl Place {
    pub(super) fn word(self) -> u64 {
        0
    }
}

/// There is none.
pub(crate) struct Slot<W: ?Sized + 'static>(Infallible, PhantomData<&'static W>);

impl<const N: usize> Slot<[AtomicU64; N]> {
    pub(super) fn few() -> Option<(Self, Place)> {
        None
    }
}

impl Slot<[AtomicU64]> {
    pub(super) fn many(_: usize) -> Option<(Self, Place)> {
        None
    }
}

impl<W: ?Sized> Slot<W> {
    pub(super) fn words(&self) -> &'static W {
        match self.0 {}
    }

    pub(super) fn give_back(&self, _: Place) {
        match self.0 {}
    }
}

pub(crate) fn table(_: &'static [AtomicU64]) -> Option<Table<'static>> {
    None
}
