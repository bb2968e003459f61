//! Why a collector could not collect.

use std::cell::RefCell;
use std::error::Error;
use std::fmt;

use picometer::Stop;

use crate::desc::MetricError;

/// What a collector said of itself.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It describes a metric that cannot be.
    Metric(MetricError),
    Other(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(error) => error.fmt(f),
            Self::Other(error) => error.fmt(f),
        }
    }
}

thread_local! {
    /// Beside the way that [`Stop`] takes: a stop is one word, because encoders of microcontrollers return it too.
    static LAST: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// For collectors that cannot collect just now: keeps the reason and makes what `collect` returns.
///
/// The registry that collects leaves out what the collector did not give, and counts the failure; everything else is served.
///
/// ```
/// use picometer_std::{Collector, Desc, Encoder, Stop, failed};
///
/// struct Load;
///
/// impl Collector for Load {
///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
///         const LOAD: Desc = Desc::gauge("node_load1", "Load of the last minute.");
///         let text = std::fs::read_to_string("/proc/loadavg").map_err(failed)?;
///         let first = text.split(' ').next().and_then(|word| word.parse::<f64>().ok()).ok_or_else(|| failed("not a number"))?;
///         out.family(&LOAD)?.gauge(&(), first)
///     }
/// }
/// ```
pub fn failed(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Stop {
    set(Failure::Other(reason.into()))
}

pub(crate) fn failed_metric(error: MetricError) -> Stop {
    set(Failure::Metric(error))
}

fn set(failure: Failure) -> Stop {
    // While a thread ends there is nobody left to ask for it.
    let _ = LAST.try_with(|last| *last.borrow_mut() = Some(failure));
    Stop
}

/// The reason that was kept last, which is kept no longer.
pub(crate) fn take() -> Option<Failure> {
    LAST.try_with(|last| last.borrow_mut().take()).ok().flatten()
}
