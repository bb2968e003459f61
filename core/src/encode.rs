//! The boundary between metrics and formats: a [`Collector`](crate::Collector) passes metrics to an [`Encoder`].
//!
//! A collector begins a family and then gives its metrics one by one, each with its labels and its [`Point`]: the value, or the
//! whole histogram, of one moment. What an encoder makes of it, a page, a check, a snapshot, is its own business.

pub(crate) mod escape;
pub(crate) mod latch;
#[cfg(not(target_os = "none"))]
pub(crate) mod moved;
#[cfg(not(target_os = "none"))]
pub(crate) mod note;
#[cfg(not(target_os = "none"))]
pub(crate) mod one_run;
#[cfg(feature = "openmetrics-2")]
pub(crate) mod openmetrics2;
pub(crate) mod page;
#[cfg(feature = "protobuf")]
pub(crate) mod protobuf;
pub(crate) mod text;

mod format;
mod names;
mod point;
pub(crate) mod run;
#[cfg(not(target_os = "none"))]
mod sound;

pub use escape::Escaping;
pub use format::{ContentType, Format};
pub use names::Collision;
pub(crate) use names::NameCheck;
pub use point::{Bounds, BucketExemplars, Exemplar, HistogramPoint, Point, PointValue, Quantile, States, SummaryPoint};
#[cfg(feature = "protobuf")]
pub use point::{NativeBucket, NativeHistogramPoint};
pub use run::Run;
#[cfg(not(target_os = "none"))]
pub(crate) use sound::{Sound, is_faulty};
pub use text::Rows;

use crate::desc::Desc;
use crate::label::LabelSet;
use crate::number::Number;

/// Error returned by an [`Encoder`] to end collection: the collector returns at once.
///
/// The caller of the collector knows the reason. The usual one is a full buffer, and the collector is called again later. A
/// collector that fails returns it too, made by [`fail`](trait.Encoder.html#method.fail).
///
/// ```
/// use picometer::{Collector, Desc, Encoder, Stop};
///
/// struct Uptime;
///
/// impl Collector for Uptime {
///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
///         const DESC: Desc =
///             Desc::gauge("uptime_seconds", "Seconds since the start.");
///         out.family(&DESC)?.gauge(&(), 12.5)
///     }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stop;

impl core::fmt::Display for Stop {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the encoder takes no more metrics, or the collector failed")
    }
}

__speaks!(Stop);
impl core::error::Error for Stop {}

/// Takes metrics: the writer of a format, a check, a snapshot.
///
/// Collectors rarely call its methods themselves; [`family`](#method.family) is the pleasant way in.
///
/// An encoder that writes a page into a small buffer runs a collector several times and passes over what it has already sent.
/// It counts *places*: every [`metric`](Self::metric) is one, and so is every [`skip`](Run::skip). A collector whose series
/// come and go gives each a fixed place and says where there is none, so that no series is sent twice or left out. What a page
/// remembers between runs is its [`Run`].
///
/// ```
/// use picometer::{
///     Collector, Counter, Desc, Encoder, LabelSet, Metric, Point, Run, Stop,
/// };
///
/// /// Counts series.
/// struct Count(usize);
///
/// impl Encoder for Count {
///     fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
///         Ok(true)
///     }
///     fn metric(
///         &mut self,
///         _: &Desc<'_>,
///         _: &dyn LabelSet,
///         _: &Point<'_>,
///     ) -> Result<(), Stop> {
///         self.0 += 1;
///         Ok(())
///     }
///     fn run(&mut self) -> Option<&mut dyn Run> {
///         None
///     }
/// }
///
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// let mut count = Count(0);
/// BOOTS.collect(&mut count).unwrap();
/// assert_eq!(count.0, 1);
/// ```
pub trait Encoder {
    /// A family begins; the metrics that follow are its. Whether any of them is wanted: a collector need not give those of a
    /// family that is not, because it was sent already or was not asked for.
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop>;

    /// One metric of the family that was begun last, which `desc` describes again.
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop>;

    /// The run of the page that this encoder is part of; `None` where everything is taken in one run.
    ///
    /// An encoder in front of another one returns the other's.
    fn run(&mut self) -> Option<&mut dyn Run>;

    /// Takes numbers whose labels are text already, many in a row. `None` is always right, only slower.
    ///
    /// Given where this encoder writes the family `desc` that was begun last in such lines, and nothing else is to be written
    /// first. Never handed on: an encoder in front of another one may change labels.
    fn rows(&mut self, desc: &Desc<'_>) -> Option<Rows<'_>> {
        let _ = desc;
        None
    }
}

/// For collectors.
impl<'e> dyn Encoder + 'e {
    /// Begins a family and returns what its metrics go into.
    ///
    /// ```
    /// use picometer::{Collector, Desc, Encoder, Stop};
    ///
    /// struct Disks;
    ///
    /// impl Collector for Disks {
    ///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
    ///         const READS: Desc = Desc::counter(
    ///             "disk_reads_completed_total",
    ///             "Reads that were completed.",
    ///         );
    ///         let mut reads = out.family(&READS)?;
    ///         for (name, count) in [("sda", 7_u32), ("sdb", 9)] {
    ///             reads.counter(&[("device", name)], count)?;
    ///         }
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    pub fn family<'a>(&'a mut self, desc: &'a Desc<'a>) -> Result<FamilyEncoder<'a, 'e>, Stop> {
        let wanted = self.begin(desc)?;
        Ok(FamilyEncoder { out: self, desc, wanted })
    }
}

/// One series, which a [`Cell`](crate::Cell) shows the value of.
///
/// ```
/// use picometer::{Cell, Desc, Kind, Metric, SeriesEncoder, Stop};
///
/// /// A gauge that is measured when it is asked for.
/// struct Stack;
///
/// impl Cell for Stack {
///     const KIND: Kind = Kind::Gauge;
///
///     fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
///         let marker = 0_u8;
///         series.number(core::ptr::from_ref(&marker).addr())
///     }
/// }
///
/// static STACK: Metric<Stack> =
///     Metric::from_cell(&Desc::gauge("stack_address", "Where the stack is."), Stack);
/// ```
pub struct SeriesEncoder<'a, 'e> {
    pub(crate) out: &'a mut (dyn Encoder + 'e),
    pub(crate) desc: &'a Desc<'a>,
    pub(crate) labels: &'a dyn LabelSet,
}

impl<'a, 'e> SeriesEncoder<'a, 'e> {
    /// The series of the family `desc` that has these labels.
    pub fn new(out: &'a mut (dyn Encoder + 'e), desc: &'a Desc<'a>, labels: &'a dyn LabelSet) -> Self {
        Self { out, desc, labels }
    }

    /// The labels of the series.
    pub fn labels(&self) -> &'a dyn LabelSet {
        self.labels
    }

    /// What it was made of, for cells that stand between another cell and the encoder.
    pub fn parts(&mut self) -> (&mut (dyn Encoder + 'e), &'a Desc<'a>, &'a dyn LabelSet) {
        (self.out, self.desc, self.labels)
    }
}

impl SeriesEncoder<'_, '_> {
    /// A counter, a gauge, or a metric of unknown type.
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    #[inline]
    pub fn number(&mut self, value: impl Into<Number>) -> Result<(), Stop> {
        self.value(PointValue::Number { value: value.into(), exemplar: None })
    }

    /// A value of any type.
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    // A function of its own, because a point takes code to make.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn value(&mut self, value: PointValue<'_>) -> Result<(), Stop> {
        self.out.metric(self.desc, self.labels, &Point::new(value))
    }

    /// A value with a moment of creation, or a timestamp of its own.
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    pub fn point(&mut self, point: &Point<'_>) -> Result<(), Stop> {
        self.out.metric(self.desc, self.labels, point)
    }

    /// Reports why the value cannot be read and returns the [`Stop`] to propagate: any error, or a sentence. It ends the collector.
    pub fn fail(&mut self, reason: impl core::fmt::Display) -> Stop {
        self.out.fail(reason)
    }

    /// No value: the sample is left out.
    pub fn nothing(&mut self) {
        self.out.skip();
    }
}

shown_as!([] SeriesEncoder<'_, '_>, self => self.desc);

/// A family that was begun: takes its metrics. Made by `Encoder::family`.
///
/// ```
/// use picometer::{Desc, Encoder, Kind, Stop};
///
/// fn temperatures(out: &mut dyn Encoder) -> Result<(), Stop> {
///     const DESC: Desc = Desc::gauge("zone_celsius", "Temperature of a zone.");
///     let mut zones = out.family(&DESC)?;
///     zones.gauge(&[("zone", "cpu")], 61.5)?;
///     zones.gauge(&[("zone", "case")], 24.0)
/// }
/// ```
pub struct FamilyEncoder<'a, 'e> {
    out: &'a mut (dyn Encoder + 'e),
    desc: &'a Desc<'a>,
    wanted: bool,
}

impl FamilyEncoder<'_, '_> {
    /// Whether the metrics of this family are wanted. Where they take work to find out, a collector asks first.
    pub fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Reports why the collector fails and returns the [`Stop`] to propagate: any error, or a sentence.
    pub fn fail(&mut self, reason: impl core::fmt::Display) -> Stop {
        self.out.fail(reason)
    }

    /// One counter.
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    pub fn counter(&mut self, labels: &dyn LabelSet, total: impl Into<Number>) -> Result<(), Stop> {
        self.point(labels, &Point::number(total))
    }

    /// One gauge, or one metric of unknown type.
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    pub fn gauge(&mut self, labels: &dyn LabelSet, value: impl Into<Number>) -> Result<(), Stop> {
        self.point(labels, &Point::number(value))
    }

    /// One info metric; `labels` are the facts.
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    pub fn info(&mut self, labels: &dyn LabelSet) -> Result<(), Stop> {
        self.point(labels, &Point::new(PointValue::Info(&())))
    }

    /// One metric of any type, with or without timestamps.
    ///
    /// # Errors
    ///
    /// [`Stop`]: return at once.
    pub fn point(&mut self, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if self.wanted { self.out.metric(self.desc, labels, point) } else { Ok(()) }
    }
}

shown_as!([] FamilyEncoder<'_, '_>, self => self.desc);
