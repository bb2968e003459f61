//! How native histograms are kept.

use std::time::Duration;

use picometer::__private::{Plan, Scale};

use crate::cell::buckets::{BucketBounds, BucketError, HasBuckets};
use crate::cell::exemplar::{clock, millis};
use crate::desc::MetricError;
use crate::exemplar::{ExemplarSampling, HasExemplars};

/// How fine a [`NativeHistogram`](crate::NativeHistogram) is, and how many buckets it may have: what client libraries in other
/// languages call by the same words.
///
/// | | unless told otherwise |
/// |---|---|
/// | [`factor`](Self::factor) | 1.1: bounds grow by 9 % |
/// | [`max_buckets`](Self::max_buckets) | 160 |
/// | [`zero_threshold`](Self::zero_threshold) | 2⁻¹²⁸ |
/// | [`max_zero_threshold`](Self::max_zero_threshold) | as the zero threshold: it is not widened |
/// | [`min_reset`](Self::min_reset) | never |
/// | [`classic`](Self::classic) | none |
/// | [`max_exemplars`](Self::max_exemplars) | 10 |
/// | [`exemplar_ttl`](Self::exemplar_ttl) | 5 minutes |
/// | [`exemplars`](Self::exemplars) | from the source of the process, if it has one |
///
/// What is out of its range is an error of [`Registry::register`](crate::Registry::register).
///
/// ```
/// use picometer_std::{Family, NativeBuckets, NativeHistogram};
///
/// let seconds = Family::<NativeHistogram, 1>::new(
///     "http_request_seconds",
///     "How long requests take.",
///     ["method"],
/// )
/// .config(NativeBuckets::new().factor(1.05));
/// seconds.with(["GET"]).observe(0.012);
/// assert_eq!(seconds.with(["GET"]).schema(), 4);
/// ```
#[derive(Clone, Debug)]
pub struct NativeBuckets {
    factor: f64,
    max_buckets: u32,
    zero_threshold: f64,
    max_zero_threshold: f64,
    pub(super) min_reset: Option<Duration>,
    pub(super) bounds: Option<BucketBounds>,
    pub(super) max_exemplars: usize,
    pub(super) exemplar_ttl: Duration,
    /// `None` for the source of the process: this is made in constants.
    pub(super) sampling: Option<ExemplarSampling>,
}

/// The most buckets: a protobuf message of that many has a megabyte.
const MOST: u32 = 65_536;

impl NativeBuckets {
    /// The usual ones.
    pub const fn new() -> Self {
        Self {
            factor: 1.1,
            max_buckets: 160,
            zero_threshold: 2.938_735_877_055_719e-39,
            max_zero_threshold: 0.0,
            min_reset: None,
            bounds: None,
            max_exemplars: 10,
            exemplar_ttl: Duration::from_secs(300),
            sampling: None,
        }
    }

    /// By how much bounds grow at most: 1.1 for an error of 10 %. It becomes the next one below of 2^(2^−n), with n from −4 to 8.
    #[must_use]
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// How many buckets there are at most, of positive and negative values together, from 8 to 65,536. When there would be more,
    /// the histogram is reset if [`min_reset`](Self::min_reset) allows it. Otherwise the zero bucket is widened as far as it may be,
    /// and then the resolution is halved.
    #[must_use]
    pub const fn max_buckets(mut self, most: u32) -> Self {
        self.max_buckets = most;
        self
    }

    /// Values from minus this to this are counted as zero. Exactly zero for 0.
    #[must_use]
    pub const fn zero_threshold(mut self, threshold: f64) -> Self {
        self.zero_threshold = threshold;
        self
    }

    /// How far the zero bucket may be widened before the resolution is lowered.
    #[must_use]
    pub const fn max_zero_threshold(mut self, threshold: f64) -> Self {
        self.max_zero_threshold = threshold;
        self
    }

    /// Forgets everything and starts as fine as at first when there were too many buckets, but not before this much time has
    /// passed. Servers see that as a restart.
    #[must_use]
    pub const fn min_reset(mut self, least: Duration) -> Self {
        self.min_reset = Some(least);
        self
    }

    /// Counts in classic buckets too, for scrapers that take no native ones.
    ///
    /// # Errors
    ///
    /// [`BucketError`] says what is wrong with the bounds.
    pub fn classic(mut self, bounds: impl AsRef<[f64]>) -> Result<Self, BucketError> {
        self.bounds = Some(BucketBounds::new(bounds)?);
        Ok(self)
    }

    /// How many exemplars are kept; 0 for none.
    #[must_use]
    pub const fn max_exemplars(mut self, most: usize) -> Self {
        self.max_exemplars = most;
        self
    }

    /// How long an exemplar is kept at least where others have to make room.
    #[must_use]
    pub const fn exemplar_ttl(mut self, ttl: Duration) -> Self {
        self.exemplar_ttl = ttl;
        self
    }

    /// From where exemplars come by themselves. One comes so seldom that each stays for
    /// [`min_retention`](ExemplarSampling::min_retention) on average; how long it may stay is up to
    /// [`exemplar_ttl`](Self::exemplar_ttl).
    #[must_use]
    pub fn exemplars(mut self, sampling: impl Into<ExemplarSampling>) -> Self {
        self.sampling = Some(sampling.into());
        self
    }

    /// Whether the settings are within their ranges.
    pub(super) fn check(&self) -> Result<(), MetricError> {
        let is_threshold = |threshold: f64| threshold.is_finite() && threshold >= 0.0;
        let fault = match () {
            () if !(self.factor > 1.0 && self.factor.is_finite()) => "`factor` of a native histogram is above 1: 1.1 for an error of 10 %",
            () if !(8..=MOST).contains(&self.max_buckets) => "`max_buckets` of a native histogram is from 8 to 65,536",
            () if !is_threshold(self.zero_threshold) => "`zero_threshold` of a native histogram is finite and not negative",
            () if !is_threshold(self.max_zero_threshold) => "`max_zero_threshold` of a native histogram is finite and not negative",
            () => return Ok(()),
        };
        Err(MetricError::Setting(fault.into()))
    }

    /// The plan. Settings out of their ranges, which registering refuses, are brought into them.
    pub(super) fn plan(&self) -> Plan {
        let threshold = |threshold: f64| if threshold.is_nan() { 0.0 } else { threshold.abs() };
        let zero_threshold = threshold(self.zero_threshold);
        Plan {
            scale: Scale::for_growth(self.factor),
            zero_threshold,
            max_zero_threshold: threshold(self.max_zero_threshold).max(zero_threshold),
            limit: self.limit(),
        }
    }

    /// When a histogram that begins now may be reset by itself, by the [`clock`].
    pub(super) fn reset_due(&self) -> u64 {
        self.min_reset.map_or(u64::MAX, |least| clock().saturating_add(millis(least)))
    }

    /// As many as there may be buckets, and some for those that come while others make room, where all count at once.
    pub(super) fn places(&self) -> usize {
        (self.limit() + (self.limit() / 8).max(8)) as usize
    }

    fn limit(&self) -> u32 {
        self.max_buckets.clamp(8, MOST)
    }
}

impl HasBuckets for NativeBuckets {
    fn set_buckets(&mut self, bounds: BucketBounds) {
        self.bounds = Some(bounds);
    }
}

impl HasExemplars for NativeBuckets {
    fn set_exemplars(&mut self, sampling: ExemplarSampling) {
        self.sampling = Some(sampling);
    }
}

impl Default for NativeBuckets {
    fn default() -> Self {
        Self::new()
    }
}
