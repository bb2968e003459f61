//! The run that an encoder is part of: one pass of the collectors, of which a page may take several.

use core::any::Any;
use core::fmt::Display;

use crate::encode::{Encoder, Stop};

/// One run of the collectors for a page, and what the page remembers between runs.
///
/// An encoder that writes a page into small buffers runs the collectors once per buffer and passes over what is sent. It counts
/// *places* in each family: every [`metric`](Encoder::metric) is one, and every [`skip`](Self::skip).
///
/// All methods are required but `next_part_within`. An encoder in front of another returns the other's run from [`Encoder::run`],
/// whole; one that changes a method hands on the rest.
///
/// ```
/// use core::{any::Any, fmt::Display};
/// use picometer::{Desc, Encoder, LabelSet, Point, Run, Stop};
///
/// /// Collects what collectors report instead of metrics.
/// struct Reasons(Vec<String>);
///
/// impl Encoder for Reasons {
///     fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
///         Ok(true)
///     }
///     fn metric(
///         &mut self,
///         _: &Desc<'_>,
///         _: &dyn LabelSet,
///         _: &Point<'_>,
///     ) -> Result<(), Stop> {
///         Ok(())
///     }
///     fn run(&mut self) -> Option<&mut dyn Run> {
///         Some(self)
///     }
/// }
///
/// impl Run for Reasons {
///     fn skip(&mut self) {}
///     fn resume_at(&mut self) -> usize {
///         0
///     }
///     fn generation(&mut self, now: u32) -> u32 {
///         now
///     }
///     fn next_part(&mut self) {}
///     fn rollback(&mut self) {}
///     fn fail(&mut self, reason: &dyn Display) {
///         self.0.push(reason.to_string());
///     }
///     fn extension(&mut self) -> Option<&mut dyn Any> {
///         None
///     }
/// }
///
/// let mut reasons = Reasons(Vec::new());
/// let out: &mut dyn Encoder = &mut reasons;
/// assert_eq!(out.fail("the disk is gone"), Stop);
/// assert_eq!(reasons.0, ["the disk is gone"]);
/// ```
pub trait Run {
    /// A place of the family without a metric.
    fn skip(&mut self);

    /// How many places of the family that was begun last are sent. The collector continues behind them.
    fn resume_at(&mut self) -> usize;

    /// The generation of series that the page shows of the family that was begun last; `now` where the page comes to it first.
    ///
    /// A collector whose series change places counts the series that it makes, and leaves out those that are younger: one that
    /// was sent at its old place would be sent again at its new place.
    fn generation(&mut self, now: u32) -> u32;

    /// Another collector continues the family that was begun last: its places are numbered from the start.
    fn next_part(&mut self);

    /// [`next_part`](Self::next_part) of a collector that has parts itself and is one of `depth` others within each other. Parts of
    /// the outer ones keep their numbers whatever the inner ones gain. For encoders in front of others; it is `next_part` where no
    /// places are kept.
    fn next_part_within(&mut self, depth: u32) {
        let _ = depth;
        self.next_part();
    }

    /// Takes back what was written of a metric whose labels or value panicked, so that the page stays whole.
    fn rollback(&mut self);

    /// Why the collector under way fails. [`dyn Encoder::fail`](trait.Encoder.html#method.fail) is the way to call it.
    fn fail(&mut self, reason: &dyn Display);

    /// What the caller of the collectors passes to collectors that know its type.
    fn extension(&mut self) -> Option<&mut dyn Any>;
}

/// The extension of a run in which collectors go back to their start instead of giving metrics.
#[doc(hidden)]
#[cfg(not(target_os = "none"))]
#[derive(Debug)]
pub struct Restarting;

/// Whether collectors go back to their start in this run. Not asked on bare metal, where tests do not share a process.
#[cfg(not(target_os = "none"))]
pub(crate) fn is_restarting(out: &mut dyn Encoder) -> bool {
    out.run().and_then(Run::extension).is_some_and(|extension| extension.is::<Restarting>())
}

/// For collectors: the run, where there is one.
impl<'e> dyn Encoder + 'e {
    /// A place of the family that was begun last without a metric.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn skip(&mut self) {
        if let Some(run) = self.run() {
            run.skip();
        }
    }

    /// How many places of the family that was begun last are sent. The collector continues behind them: to ask is to promise it.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn resume_at(&mut self) -> usize {
        self.run().map_or(0, |run| run.resume_at())
    }

    /// The [generation](Run::generation) of series that the page shows of the family that was begun last.
    pub fn generation(&mut self, now: u32) -> u32 {
        self.run().map_or(now, |run| run.generation(now))
    }

    /// Reports why the collector fails and returns the [`Stop`] to propagate: any error, or a sentence.
    ///
    /// A registry of `picometer-std` counts the failure, keeps the reason and serves everything else.
    ///
    /// ```
    /// use picometer::{Collector, Desc, Encoder, Stop};
    ///
    /// struct Load;
    ///
    /// impl Collector for Load {
    ///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
    ///         const LOAD: Desc = Desc::gauge("node_load1", "Load of the last minute.");
    ///         let text = std::fs::read_to_string("/proc/loadavg")
    ///             .map_err(|error| out.fail(error))?;
    ///         let Some(first) =
    ///             text.split(' ').next().and_then(|word| word.parse::<f64>().ok())
    ///         else {
    ///             return Err(out.fail("/proc/loadavg does not begin with a number"));
    ///         };
    ///         out.family(&LOAD)?.gauge(&(), first)
    ///     }
    /// }
    /// ```
    pub fn fail(&mut self, reason: impl Display) -> Stop {
        if let Some(run) = self.run() {
            run.fail(&reason);
        }
        Stop
    }
}
