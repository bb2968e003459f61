//! Anything that has metrics.

use crate::encode::{Encoder, Stop};

/// Has metrics and hands them to an [`Encoder`] when asked: a metric, a family, a registry, or something of yours.
///
/// `collect` is called for every page, by whoever writes it, possibly from several threads at once and while metrics are being
/// updated. While one page is written into small buffers it is called several times and the encoder passes over what it has
/// sent; so it gives the same families in the same order each time, and says [`vacant`](Encoder::vacant) where a series is gone.
/// It returns as soon as the encoder says [`Stop`], and does not wait for anything.
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
pub trait Collector: Send + Sync {
    /// Hands over all metrics.
    ///
    /// # Errors
    ///
    /// [`Stop`], and only if the encoder said so.
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop>;
}

impl<T: Collector + ?Sized> Collector for &T {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        (**self).collect(out)
    }
}
