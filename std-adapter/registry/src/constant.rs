//! Metrics whose values are given: from another program, a file, a database.

mod error;

pub use error::ConstError;

use std::collections::HashSet;
use std::fmt;
use std::panic::Location;

use picometer::{
    Collector, Desc, Encoder, HistogramPoint, Kind, Number, Point, PointValue, Quantile, States, Stop, SummaryPoint, Timestamp,
};

use crate::cell::buckets::BucketBounds;
use crate::cell::states::check_states;
use crate::desc::{Given, MetricError, OwnedDesc, describes};
use crate::label::{FactLabels, Facts, LabelValues, Labelled, Names, check_names};
use crate::registering::{is_reserved, refuse, vouch};

/// A family of any type whose values are given, with `N` labels.
///
/// For values that are there already; a [`Collector`] that reads them anew for every page may make one each time, or hand its
/// points to the encoder itself.
///
/// ```
/// use picometer_std::{ConstFamily, ConstPoint, Kind, Registry, Timestamp};
///
/// let mut sold = ConstFamily::new(
///     Kind::Counter,
///     "shop_items_sold_total",
///     "Items sold.",
///     ["shop"],
/// );
/// sold.insert(
///     ["north"],
///     ConstPoint::number(1_027_u32).at(Timestamp::from_millis(1_395_066_363_000)),
/// )?;
/// sold.insert(["south"], ConstPoint::number(812_u32))?;
/// assert!(
///     sold.insert(["west"], ConstPoint::number(-1)).is_err(),
///     "counters are not negative"
/// );
///
/// let mut sizes = ConstFamily::new(
///     Kind::Histogram,
///     "parcel_kilograms",
///     "Weights of parcels.",
///     [],
/// );
/// sizes.insert(
///     (),
///     ConstPoint::histogram([(1.0, 24), (5.0, 30), (f64::INFINITY, 31)], 74.5)?,
/// )?;
///
/// let registry = Registry::new();
/// registry.register(sold)?;
/// registry.register(sizes)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("CounterMetricFamily", "GaugeMetricFamily", "NewConstMetric", "MustNewConstMetric"))]
pub struct ConstFamily<const N: usize> {
    desc: OwnedDesc,
    names: Names<N>,
    series: Vec<(String, ConstPoint)>,
    seen: HashSet<[Box<str>; N]>,
}

impl<const N: usize> ConstFamily<N> {
    /// A family without series.
    pub fn new(kind: Kind, name: &str, help: &str, labels: [&str; N]) -> Self {
        Self { desc: OwnedDesc::new(kind, name, help), names: Names::new(labels), series: Vec::new(), seen: HashSet::new() }
    }

    describes!(desc);

    /// Adds a series.
    ///
    /// # Errors
    ///
    /// Returns [`ConstError`] if the point cannot be one of this family. Then nothing is added.
    #[track_caller]
    pub fn insert(&mut self, values: impl LabelValues<N>, point: ConstPoint) -> Result<(), ConstError> {
        let place = Location::caller();
        values.texts_in(|values| self.insert_texts(values, point).map_err(|error| error.of(&self.desc).at(place)))
    }

    fn insert_texts(&mut self, values: &[&str; N], point: ConstPoint) -> Result<(), ConstError> {
        let kind = self.desc.kind;
        let fits = matches!(
            (&point.value, kind),
            (Value::Number(_), Kind::Counter | Kind::Gauge | Kind::Unknown)
                | (Value::Histogram { .. }, Kind::Histogram | Kind::GaugeHistogram)
                | (Value::Summary { .. }, Kind::Summary)
                | (Value::Info(_), Kind::Info)
                | (Value::States(_), Kind::StateSet)
        );
        match &point.value {
            _ if !fits => return Err(ConstError::OtherType(kind.into())),
            Value::Number(value) if kind == Kind::Counter && (value.is_negative() || value.as_f64().is_nan()) => {
                return Err(ConstError::NotACount(text(value.as_f64())));
            }
            Value::Info(facts) => {
                let is_own = |name: &str| self.names.names().iter().any(|own| **own == *name);
                if let Some((name, _)) = facts.iter().find(|(name, _)| is_own(name)) {
                    return Err(ConstError::Repeated((**name).into()));
                }
            }
            _ => {}
        }
        if point.created.is_some() && !matches!(kind, Kind::Counter | Kind::Histogram | Kind::Summary) {
            return Err(ConstError::NeverCreated(kind.into()));
        }
        let bytes = || values.iter().map(|value| value.len()).sum::<usize>();
        let key = self.names.key(values).ok_or_else(|| ConstError::TooLong(bytes().into()))?;
        if !self.seen.insert(values.map(Into::into)) {
            let labels = self.names.names().iter().zip(values).map(|(name, value)| format!("{name}={value:?}"));
            let labels = labels.collect::<Vec<_>>().join(",");
            return Err(ConstError::Repeated(if N == 0 { "no labels" } else { labels.as_str() }.into()));
        }
        self.series.push((key, point));
        Ok(())
    }

    /// Whether the family can be: what [`Registry::register`](crate::Registry::register) asks.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), MetricError> {
        let desc = self.desc()?;
        let names = self.names.names();
        let checked = check_names(names.iter().map(|name| &**name), self.desc.utf8, &[]);
        let checked = checked.and_then(|()| match names.iter().find(|name| is_reserved(&desc, name)) {
            Some(name) => Err(MetricError::ReservedLabel((**name).into())),
            None => Ok(()),
        });
        checked.map_err(|error| self.desc.blame(error))
    }

    fn desc(&self) -> Result<Desc<'_>, MetricError> {
        self.desc.checked()
    }
}

impl<const N: usize> Collector for ConstFamily<N> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.check().map_err(|error| refuse(out, error))?;
        let desc = self.desc().map_err(|error| refuse(out, error))?;
        vouch::<Self>(out, self.names.names().iter().map(|name| &**name));
        if !out.begin(&desc)? {
            return Ok(());
        }
        let legacy = self.names.names().iter().all(|name| picometer::Label::try_new(name, "").is_ok());
        let first = out.resume_at();
        self.series.iter().skip(first).try_for_each(|(key, point)| {
            let labels = Labelled { names: &self.names, legacy, key };
            point.show(|point| out.metric(&desc, &labels, point))
        })
    }
}

impl<const N: usize> fmt::Debug for ConstFamily<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConstFamily").field("desc", &self.desc).field("len", &self.series.len()).finish_non_exhaustive()
    }
}

/// A value of a [`ConstFamily`], of any type, checked.
///
/// ```
/// use picometer_std::{ConstError, ConstPoint};
///
/// assert!(ConstPoint::summary(17, 20.4, [(0.5, 1.1), (0.99, 2.0)]).is_ok());
/// assert_eq!(
///     ConstPoint::summary(17, 20.4, [(1.5, 1.1)]).unwrap_err(),
///     ConstError::Quantiles("1.5".into())
/// );
/// assert_eq!(
///     ConstPoint::histogram([(1.0, 5), (f64::INFINITY, 4)], 1.0).unwrap_err(),
///     ConstError::NotCumulative(4.into())
/// );
/// ```
#[derive(Clone, Debug)]
pub struct ConstPoint {
    value: Value,
    timestamp: Option<Timestamp>,
    created: Option<Timestamp>,
}

#[derive(Clone, Debug)]
enum Value {
    Number(Number),
    Histogram { bounds: BucketBounds, counts: Box<[u64]>, beyond: u64, sum: Option<f64> },
    Summary { count: u64, sum: Number, quantiles: Box<[Quantile]> },
    Info(Facts),
    States(Box<[(Box<str>, bool)]>),
}

impl ConstPoint {
    /// A counter, a gauge, or a metric of unknown type.
    pub fn number(value: impl Into<Number>) -> Self {
        Self::new(Value::Number(value.into()))
    }

    /// A histogram, from its bounds and the cumulative counts up to each, as pages show them; the last bound is `+Inf`. Without a
    /// sum, `None`, neither sum nor count is shown.
    ///
    /// # Errors
    ///
    /// Returns [`ConstError`] if the bounds do not rise or end before `+Inf`, or the counts fall.
    #[track_caller]
    pub fn histogram(buckets: impl IntoIterator<Item = (f64, u64)>, sum: impl Into<Option<f64>>) -> Result<Self, ConstError> {
        let place = Location::caller();
        let (mut bounds, cumulative): (Vec<f64>, Vec<u64>) = buckets.into_iter().unzip();
        match bounds.pop() {
            Some(f64::INFINITY) => {}
            last => return Err(ConstError::NoInfinity(last.map_or_else(|| "none".into(), text)).at(place)),
        }
        let bounds = BucketBounds::new(bounds).map_err(|error| ConstError::Buckets(error.into()).at(place))?;
        let mut before = 0;
        let own = cumulative.into_iter().map(|count: u64| {
            let own = count.checked_sub(before);
            before = count;
            own.ok_or_else(|| ConstError::NotCumulative(count.into()).at(place))
        });
        let mut counts = own.collect::<Result<Vec<u64>, _>>()?;
        let beyond = counts.pop().unwrap_or(0);
        Ok(Self::new(Value::Histogram { bounds, counts: counts.into(), beyond, sum: sum.into() }))
    }

    /// A summary, with quantiles as pairs of the quantile and its value.
    ///
    /// # Errors
    ///
    /// Returns [`ConstError::Quantiles`] if they do not rise, or are not within 0 and 1.
    #[track_caller]
    pub fn summary(count: u64, sum: impl Into<Number>, quantiles: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, ConstError> {
        let quantiles: Vec<(f64, f64)> = quantiles.into_iter().collect();
        let mut before = -1.0;
        for &(quantile, _) in &quantiles {
            // A NaN is neither within nor above another.
            if !(0.0..=1.0).contains(&quantile) || quantile <= before {
                return Err(ConstError::Quantiles(text(quantile)).at(Location::caller()));
            }
            before = quantile;
        }
        let quantiles = quantiles.into_iter().map(|(quantile, value)| Quantile { quantile: quantile.into(), value: value.into() });
        Ok(Self::new(Value::Summary { count, sum: sum.into(), quantiles: quantiles.collect() }))
    }

    /// An info metric of these facts.
    ///
    /// # Errors
    ///
    /// Returns [`ConstError::Metric`] if a name is empty, reserved or there twice.
    #[track_caller]
    pub fn info<A: AsRef<str>, B: AsRef<str>>(facts: impl IntoIterator<Item = (A, B)>) -> Result<Self, ConstError> {
        let place = Location::caller();
        let facts: Facts = facts.into_iter().map(|(name, value)| (name.as_ref().into(), value.as_ref().into())).collect();
        check_names(facts.iter().map(|(name, _)| &**name), true, &[]).map_err(|error| ConstError::Metric(error).at(place))?;
        Ok(Self::new(Value::Info(facts)))
    }

    /// A state set, in which several states may be true.
    ///
    /// # Errors
    ///
    /// Returns [`ConstError::Metric`] if there is none, or one twice.
    #[track_caller]
    pub fn states<S: AsRef<str>>(states: impl IntoIterator<Item = (S, bool)>) -> Result<Self, ConstError> {
        let states: Box<[(Box<str>, bool)]> = states.into_iter().map(|(state, on)| (state.as_ref().into(), on)).collect();
        match check_states(states.iter().map(|(name, _)| &**name), usize::MAX) {
            Ok(()) => Ok(Self::new(Value::States(states))),
            Err(error) => Err(ConstError::Metric(error).at(Location::caller())),
        }
    }

    fn new(value: Value) -> Self {
        Self { value, timestamp: None, created: None }
    }

    /// The same point, measured at `timestamp`.
    #[must_use]
    pub fn at(self, timestamp: Timestamp) -> Self {
        Self { timestamp: Some(timestamp), ..self }
    }

    /// The same counter, histogram or summary, which started from zero at `created`.
    #[must_use]
    pub fn since(self, created: Timestamp) -> Self {
        Self { created: Some(created), ..self }
    }

    fn show<R>(&self, then: impl FnOnce(&Point<'_>) -> R) -> R {
        let (facts, states);
        let value = match &self.value {
            Value::Number(value) => PointValue::Number { value: *value, exemplar: None },
            Value::Histogram { bounds, counts, beyond, sum } => {
                let sum = sum.map(Number::from);
                PointValue::Histogram(HistogramPoint { counts, beyond: *beyond, sum, bounds, exemplars: None })
            }
            Value::Summary { count, sum, quantiles } => PointValue::Summary(SummaryPoint { quantiles, count: *count, sum: *sum }),
            Value::Info(info) => {
                facts = FactLabels(info);
                PointValue::Info(&facts)
            }
            Value::States(set) => {
                states = Set(set);
                PointValue::StateSet(&states)
            }
        };
        let mut point = Point::new(value);
        if let Some(timestamp) = self.timestamp {
            point = point.at(timestamp);
        }
        if let Some(created) = self.created {
            point = point.since(created);
        }
        then(&point)
    }
}

/// A number as a page has it.
fn text(number: f64) -> Given<Box<str>> {
    Number::from(number).text().as_str().into()
}

struct Set<'a>(&'a [(Box<str>, bool)]);

impl States for Set<'_> {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.0.get(index).map(|(name, on)| (&**name, *on))
    }
}
