//! A process that shares nothing.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use picometer::__private::Table;
use picometer::{Collector, Encoder, Kind, LabelSet, Number, SeriesEncoder, Stop, Timestamp};

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

    pub(crate) fn key(&self) -> Option<u32> {
        None
    }

    #[inline]
    pub(crate) fn show(
        &self,
        _: Tags,
        _: impl FnOnce() -> Whereabouts,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
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
pub(crate) struct FactsName;

impl FactsName {
    pub(crate) fn show(
        &self,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
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

pub(crate) struct Block;

impl Block {
    pub(crate) fn new(_: usize) -> Self {
        Self
    }

    pub(crate) fn get(&self) -> Option<&'static [AtomicU64]> {
        None
    }

    pub(crate) fn table(_: &'static [AtomicU64]) -> Option<Table<'static>> {
        None
    }

    pub(crate) fn show(
        &self,
        _: Tags,
        _: u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        show(series)
    }

    pub(crate) fn remove(&self) {}
}

pub(crate) fn about_native(_: i8, _: usize) -> u32 {
    0
}

pub(crate) fn words_of_native(_: usize, _: usize, _: usize) -> usize {
    0
}

#[derive(Debug)]
pub(crate) struct Words<const N: usize>;

impl<const N: usize> Words<N> {
    pub(crate) fn new() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&[AtomicU64; N]> {
        None
    }

    #[inline]
    pub(crate) fn show(
        &self,
        _: Tags,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        show(series)
    }

    #[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "the recorder's"))]
    #[inline]
    pub(crate) fn show_with(
        &self,
        _: Tags,
        _: impl FnOnce() -> u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        show(series)
    }

    #[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "the recorder's"))]
    pub(crate) fn key(&self) -> Option<u32> {
        None
    }

    pub(crate) fn remove(&self) {}
}
