//! Anything that has metrics.

use crate::encode::{Encoder, Stop};

/// Has metrics and hands them to an [`Encoder`] when asked: a metric, a family, a registry, or something of yours.
///
/// `collect` is called at least once per scrape, possibly by several threads concurrently and while metrics are updated. While a
/// page is written into small buffers it is called several times, and the encoder passes over what is sent. So a collector gives
/// the same families in the same order each time, and calls [`skip`](crate::Run::skip) where a series is gone. It returns as soon
/// as the encoder returns [`Stop`], and does not wait for anything. One that cannot collect returns what
/// [`fail`](trait.Encoder.html#method.fail) makes of the reason.
///
/// ```
/// use picometer::{Collector, Desc, Encoder, Stop};
///
/// struct Battery;
///
/// impl Collector for Battery {
///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
///         const VOLTS: Desc = Desc::gauge("battery_volts", "Voltage of the battery.");
///         out.family(&VOLTS)?.gauge(&(), 3.7_f32)
///     }
/// }
/// static METRICS: picometer::Registry = picometer::Registry::new(&[&Battery]);
/// ```
#[diagnostic::on_unimplemented(note = "a cell, such as `Counter`, has no name of its own: a `Metric` of it has, and a `Family`")]
pub trait Collector: Send + Sync {
    /// Hands over all metrics.
    ///
    /// # Errors
    ///
    /// [`Stop`], if the encoder returned it or the collector failed.
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop>;
}

impl<T: Collector + ?Sized> Collector for &T {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        (**self).collect(out)
    }
}
