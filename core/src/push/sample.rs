//! What flat formats make of a point: single values, each a series of its own.

use crate::desc::{Desc, Kind, Name, Parts};
use crate::encode::{Exemplar, HistogramPoint, Point, PointValue, Stop};
use crate::label::LabelSet;
use crate::number::{Number, NumberText};
use crate::time::Timestamp;

/// One value of one series, as formats see it that know nothing but values.
///
/// ```
/// use picometer::push::samples;
/// use picometer::{Desc, HistogramPoint, Point, PointValue};
///
/// const DESC: Desc = Desc::histogram("transfer_seconds", "How long transfers take.");
/// let point = HistogramPoint {
///     counts: &[17, 4],
///     beyond: 1,
///     sum: Some(0.75.into()),
///     bounds: &[0.1, 0.5],
///     exemplars: None,
/// };
/// let mut lines = Vec::new();
/// samples(
///     &DESC,
///     &[("bus", "1")],
///     &Point::new(PointValue::Histogram(point)),
///     &mut |sample| {
///         let labels: Vec<_> = sample
///             .labels()
///             .map(|(name, value)| format!("{}={value}", name.collect::<String>()))
///             .collect();
///         lines.push(format!(
///             "{} {} {}",
///             sample.name(),
///             labels.join(","),
///             sample.value()
///         ));
///         Ok(())
///     },
/// )
/// .unwrap();
/// assert_eq!(lines[1], "transfer_seconds_bucket bus=1,le=0.5 21");
/// assert_eq!(lines.len(), 5);
/// ```
#[derive(Clone, Copy)]
pub struct Sample<'a> {
    desc: &'a Desc<'a>,
    suffix: &'static str,
    labels: &'a dyn LabelSet,
    extra: Extra<'a>,
    value: Number,
    point: &'a Point<'a>,
    bucket: Option<usize>,
}

/// A label that a sample has besides those of its metric.
#[derive(Clone, Copy)]
enum Extra<'a> {
    None,
    /// `le` or `quantile`, in canonical float text.
    Bound(&'static str, NumberText),
    /// A state of a state set, under the name of its family.
    State(&'a str),
    /// The facts of an info metric.
    Facts(&'a dyn LabelSet),
}

impl<'a> Sample<'a> {
    /// The family that it belongs to.
    pub fn desc(&self) -> &'a Desc<'a> {
        self.desc
    }

    /// The name of the sample: that of the family, with `_bucket`, `_sum`, `_count` and so on.
    pub fn name(&self) -> Name<'_> {
        self.desc.sample(self.suffix)
    }

    /// What follows [`Desc::family`] in the name.
    pub fn suffix(&self) -> &'static str {
        self.suffix
    }

    /// The labels, in the order in which the metric has them: those of the metric, then `le`, `quantile`, the state or the facts.
    /// Neither sorted nor checked.
    pub fn labels(&self) -> impl Iterator<Item = (Parts<'_>, &str)> {
        (0..).map_while(|index| self.label(index))
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn label(&self, index: usize) -> Option<(Parts<'_>, &str)> {
        if let Some(label) = self.labels.label(index) {
            return Some((Parts::of(label.name), label.value));
        }
        let own = (0..index).position(|index| self.labels.label(index).is_none()).unwrap_or(index);
        match (&self.extra, index - own) {
            (Extra::Bound(name, text), 0) => Some((Parts::of(name), text.as_str())),
            (Extra::State(state), 0) => Some((self.desc.name().parts(), state)),
            (Extra::Facts(facts), index) => facts.label(index).map(|label| (Parts::of(label.name), label.value)),
            _ => None,
        }
    }

    /// How many labels are those of every sample of the metric; the others are its own.
    pub(super) fn shared_labels(&self) -> usize {
        let shared = (0..).take_while(|&index| self.labels.label(index).is_some()).count();
        match self.extra {
            Extra::Facts(facts) => shared + (0..).take_while(|&index| facts.label(index).is_some()).count(),
            _ => shared,
        }
    }

    /// The value.
    pub fn value(&self) -> Number {
        self.value
    }

    /// When it was measured, if the point said so.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.point.timestamp()
    }

    /// When the metric started from zero, if the point said so.
    pub fn created(&self) -> Option<Timestamp> {
        self.point.created()
    }

    /// Calls `see` with the exemplar of a counter or of a bucket, if there is one.
    pub fn exemplar(&self, see: &mut dyn FnMut(&Exemplar<'_>)) {
        match (&self.point.value, self.bucket) {
            (PointValue::Number { exemplar: Some(exemplar), .. }, Some(_)) => see(exemplar),
            (value, Some(bucket)) => {
                if let Some(HistogramPoint { exemplars: Some(exemplars), .. }) = value.classic() {
                    exemplars.show(bucket, see);
                }
            }
            _ => {}
        }
    }
}

shown_as!([] Sample<'_>, self => (self.name(), self.value));

/// Hands the samples of one metric to `see`, in a fixed order: the one number, the facts of an info metric with value 1, a state
/// each, cumulative buckets, quantiles, then sum and count. There are no `_created` samples: see [`Sample::created`].
///
/// # Errors
///
/// The [`Stop`] of `see`.
pub fn samples<'a>(
    desc: &'a Desc<'a>,
    labels: &'a dyn LabelSet,
    point: &'a Point<'a>,
    see: &mut dyn FnMut(&Sample<'_>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut give = |suffix, extra, value: Number, bucket| see(&Sample { desc, suffix, labels, extra, value, point, bucket });
    match &point.value {
        PointValue::Number { value, .. } => {
            let exemplar_of = (desc.kind() == Kind::Counter).then_some(0);
            give(desc.own_suffix(), Extra::None, *value, exemplar_of)
        }
        PointValue::Info(facts) => give(desc.own_suffix(), Extra::Facts(*facts), 1_u32.into(), None),
        PointValue::StateSet(states) => {
            let mut index = 0;
            while let Some((state, on)) = states.state(index) {
                give("", Extra::State(state), on.into(), None)?;
                index += 1;
            }
            Ok(())
        }
        PointValue::Summary(summary) => {
            for quantile in summary.quantiles {
                give("", Extra::Bound("quantile", bound_text(Some(quantile.quantile))), quantile.value, None)?;
            }
            give("_sum", Extra::None, summary.sum, None)?;
            give("_count", Extra::None, summary.count.into(), None)
        }
        value => {
            let Some(histogram) = value.classic() else { return Ok(()) };
            let mut cumulative = 0_u64;
            for index in 0..=histogram.counts.len() {
                let own = histogram.counts.get(index).copied().unwrap_or(histogram.beyond);
                cumulative = cumulative.wrapping_add(own.into());
                let bound = (index < histogram.counts.len()).then(|| histogram.bounds.bound(index)).flatten();
                // An exemplar of a bucket that was empty when the buckets were read is later than they are.
                give("_bucket", Extra::Bound("le", bound_text(bound)), cumulative.into(), (own > 0).then_some(index))?;
            }
            let (sum, count) = if desc.kind() == Kind::GaugeHistogram { ("_gsum", "_gcount") } else { ("_sum", "_count") };
            if let Some(value) = histogram.sum {
                give(sum, Extra::None, value, None)?;
            }
            give(count, Extra::None, cumulative.into(), None)
        }
    }
}

fn bound_text(bound: Option<Number>) -> NumberText {
    let mut text = NumberText::new();
    match bound {
        Some(bound) => bound.write_bound(&mut text),
        None => text.push_all(b"+Inf"),
    }
    text
}
