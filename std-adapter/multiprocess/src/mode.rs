//! What becomes of a gauge that many processes have.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::file::disk::nanos;

/// What a page shows of the values that a gauge has in many processes. `Live…` are those of processes
/// that live.
///
/// A gauge that never got a value has no say in the least, the greatest and the most recent.
///
/// ```
/// use picometer_std::multiprocess::GaugeMode;
/// use picometer_std::{Gauge, Metric};
///
/// let started = Metric::<Gauge>::new(
///     "config_reload_seconds",
///     "When the configuration was read.",
/// )
/// .config(&GaugeMode::MostRecent);
/// started.set(1.7e9);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GaugeMode {
    /// Each, with a label `pid`.
    #[default]
    All,
    /// Each, with a label `pid`.
    LiveAll,
    /// The least.
    Min,
    /// The least.
    LiveMin,
    /// The greatest.
    Max,
    /// The greatest.
    LiveMax,
    /// The sum.
    Sum,
    /// The sum.
    LiveSum,
    /// The one that was set last; every update takes a look at the clock.
    MostRecent,
    /// The one that was set last; every update takes a look at the clock.
    LiveMostRecent,
}

impl GaugeMode {
    pub(crate) const EVERY: [Self; 10] = [
        Self::All,
        Self::LiveAll,
        Self::Min,
        Self::LiveMin,
        Self::Max,
        Self::LiveMax,
        Self::Sum,
        Self::LiveSum,
        Self::MostRecent,
        Self::LiveMostRecent,
    ];

    /// As Python calls it.
    pub(crate) fn name(self) -> &'static str {
        const NAMES: [&str; 10] = ["all", "liveall", "min", "livemin", "max", "livemax", "sum", "livesum", "mostrecent", "livemostrecent"];
        NAMES.get(usize::from(self.number())).copied().unwrap_or_default()
    }

    /// As it stands in a file.
    #[doc(hidden)]
    pub fn number(self) -> u8 {
        self as u8
    }

    pub(crate) fn of(number: u8) -> Option<Self> {
        Self::EVERY.get(usize::from(number)).copied()
    }

    pub(crate) fn is_live(self) -> bool {
        self.number() % 2 == 1
    }

    pub(crate) fn is_alone(self) -> bool {
        matches!(self, Self::All | Self::LiveAll)
    }

    pub(crate) fn is_sum(self) -> bool {
        matches!(self, Self::Sum | Self::LiveSum)
    }

    pub(crate) fn is_timed(self) -> bool {
        matches!(self, Self::MostRecent | Self::LiveMostRecent)
    }

    /// Remembers that a gauge has a value, and in the modes that ask for it since when.
    #[doc(hidden)]
    #[inline]
    pub fn touch(self, moment: &AtomicU64) {
        if self.is_timed() {
            moment.store(nanos(), Ordering::Release);
        } else if moment.load(Ordering::Relaxed) == 0 {
            moment.store(1, Ordering::Release);
        }
    }
}
