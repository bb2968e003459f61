//! What the cells of a metric or a family are made of: given when it is built, or, for statics, made when the first cell is.

use std::sync::OnceLock;

use picometer::UpperBounds;

use super::FromConfig;
use super::buckets::{BucketBounds, HasBuckets};
use crate::epoch::once;

/// Bounds that are constants, and what puts them in a configuration.
type Fixed<T> = (&'static [f64], fn(&mut T, &'static [f64]));

pub(crate) struct Configured<C: FromConfig> {
    made: OnceLock<C::Config>,
    by: fn() -> C::Config,
    bounds: Option<Fixed<C::Config>>,
}

impl<C: FromConfig> Configured<C> {
    /// By default.
    pub(crate) const fn new() -> Self {
        Self { made: OnceLock::new(), by: C::Config::default, bounds: None }
    }

    pub(crate) fn get(&self) -> &C::Config {
        once(&self.made, || {
            let mut config = (self.by)();
            if let Some((bounds, set)) = self.bounds {
                set(&mut config, bounds);
            }
            config
        })
    }

    pub(crate) fn set(&mut self, config: C::Config) {
        self.made = OnceLock::from(config);
    }

    pub(crate) const fn set_by(&mut self, by: fn() -> C::Config) {
        self.by = by;
    }

    /// Bounds of buckets that are constants.
    #[track_caller]
    pub(crate) const fn set_bounds(&mut self, bounds: &'static [f64])
    where
        C::Config: HasBuckets,
    {
        check_bounds(bounds);
        self.bounds = Some((bounds, put::<C::Config>));
    }
}

fn put<T: HasBuckets>(config: &mut T, bounds: &'static [f64]) {
    if let Ok(bounds) = BucketBounds::new(bounds) {
        config.set_buckets(bounds);
    }
}

/// Panics where [`BucketBounds::new`] returns an error, so that constants do not compile.
#[track_caller]
pub(crate) const fn check_bounds(bounds: &[f64]) {
    let bounds = match bounds {
        [finite @ .., last] if *last == f64::INFINITY => finite,
        all => all,
    };
    if let Some(fault) = UpperBounds::<f64>::fault(bounds) {
        panic!("{}", fault.message());
    }
}
