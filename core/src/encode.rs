//! The waist: whoever has metrics hands them to an [`Encoder`], whoever wants metrics is one.
//!
//! A collector begins a family and then gives its metrics one by one, each with its labels and its [`Point`]: the value, or the
//! whole histogram, of one moment. What an encoder makes of it, a page, a check, a snapshot, is its own business.

pub(crate) mod escape;
pub(crate) mod latch;
#[cfg(feature = "openmetrics-2")]
pub(crate) mod openmetrics2;
pub(crate) mod page;
#[cfg(feature = "protobuf")]
pub(crate) mod protobuf;
pub(crate) mod text;

mod format;
mod names;
mod point;

pub use escape::Escaping;
pub use format::{ContentType, Format};
pub use names::Collision;
pub(crate) use names::NameCheck;
pub use point::{Bounds, BucketExemplars, Exemplar, HistogramPoint, Point, PointValue, Quantile, States, SummaryPoint};
#[cfg(feature = "protobuf")]
pub use point::{NativeBucket, NativeHistogramPoint};
#[cfg(target_pointer_width = "64")]
pub use text::Rows;

use crate::desc::Desc;
use crate::label::LabelSet;
use crate::number::Number;

/// Returned by an [`Encoder`] that wants no more: the collector returns at once. Why is known to whoever runs the encoder; the
/// usual reason is a full buffer, and the collector is called again later.
///
/// ```
/// use picometer::{Collector, Desc, Encoder, Stop};
///
/// struct Uptime;
///
/// impl Collector for Uptime {
///     fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
///         const DESC: Desc = Desc::gauge("uptime_seconds", "Seconds since the start.");
///         out.family(&DESC)?.gauge(&(), 12.5)
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stop;

impl core::fmt::Display for Stop {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the encoder wants no more metrics")
    }
}

impl core::error::Error for Stop {}

/// Takes metrics: the writer of a format, a check, a snapshot.
///
/// Collectors rarely call its methods themselves; [`family`](#method.family) is the pleasant way in.
///
/// An encoder that writes a page into a small buffer runs a collector several times and passes over what it has already sent.
/// It counts *places*: every [`metric`](Self::metric) is one, and so is every [`vacant`](Self::vacant). A collector whose series
/// come and go gives each a fixed place and says where there is none, so that no series is sent twice or left out.
///
/// ```
/// use picometer::{Collector, Desc, Encoder, LabelSet, Metric, Counter, Point, Stop};
///
/// /// Counts series.
/// struct Count(usize);
///
/// impl Encoder for Count {
///     fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
///         Ok(true)
///     }
///     fn metric(&mut self, _: &Desc<'_>, _: &dyn LabelSet, _: &Point<'_>) -> Result<(), Stop> {
///         self.0 += 1;
///         Ok(())
///     }
/// }
///
/// static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", "Times the device started."));
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

    /// A place of the family without a metric just now.
    fn vacant(&mut self) {}

    /// How many places of the family that was begun last are behind the encoder already. A collector that can go on behind them
    /// does so; to ask is to promise it.
    fn pass(&mut self) -> usize {
        0
    }

    /// Takes back what was written of a metric whose labels or value panicked half-way, so that the page stays whole. For
    /// whoever catches panics; only on targets of 64 bits, because on a microcontroller the method itself takes flash.
    #[cfg(target_pointer_width = "64")]
    fn abandon(&mut self) {}

    /// Takes numbers whose labels are text already, many in a row, where this writes the family `desc` that was begun last in such
    /// lines and nothing else is to be written first. Only on targets of 64 bits.
    #[cfg(target_pointer_width = "64")]
    fn rows(&mut self, desc: &Desc<'_>) -> Option<Rows<'_>> {
        let _ = desc;
        None
    }

    /// What `now` was when this page came to the family that was begun last. A collector whose series change places counts the
    /// series that it makes, and leaves out those that are younger than the page: one that was sent at the place where it was
    /// would be sent again at the place where it is.
    fn came_at(&mut self, now: u32) -> u32 {
        now
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
    ///         const READS: Desc = Desc::counter("disk_reads_completed_total", "Reads that were completed.");
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
/// static STACK: Metric<Stack> = Metric::from_cell(&Desc::gauge("stack_address", "Where the stack is."), Stack);
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

    /// No value just now: the sample is left out.
    pub fn nothing(&mut self) {
        self.out.vacant();
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
