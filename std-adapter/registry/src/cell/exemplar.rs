//! Places for exemplars. A writer that finds one taken leaves its own out: exemplars are rare, and no thread waits for them.

pub(crate) mod counter;
pub(crate) mod gauge;
pub(crate) mod histogram;

use std::sync::OnceLock;
use std::time::Duration;

use picometer::{Exemplar, Label, LabelSet, Number, PointValue, SeriesEncoder, Stop, Timestamp};

use super::now;
use crate::atomic::{AtomicU64, Mutex, Ordering};
use crate::epoch::once;
use crate::exemplar::{ExemplarSampling, Hexadecimal, SpanContext, ask};
use crate::shared::{self, Exemplars, Name};

/// Labels as they are kept.
pub(crate) enum Kept {
    Span(Hexadecimal),
    Given(Box<[(Box<str>, Box<str>)]>),
}

impl Kept {
    pub(crate) fn given(labels: &[(&str, &str)]) -> Self {
        Self::Given(labels.iter().map(|&(name, value)| (name.into(), value.into())).collect())
    }
}

impl LabelSet for Kept {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        match self {
            Self::Span(span) => span.label(index),
            Self::Given(labels) => labels.get(index).map(|(name, value)| Label { name, value }),
        }
    }
}

/// A place for each bucket, or one for a counter; made when the first exemplar comes.
pub(crate) struct Places {
    sampling: ExemplarSampling,
    most: usize,
    places: OnceLock<Box<[Place]>>,
    /// For other processes.
    pub(crate) shared: Exemplars,
}

#[derive(Default)]
struct Place {
    /// Before this no automatic exemplar takes the place, in milliseconds of [`clock`].
    due: AtomicU64,
    kept: Mutex<Option<One>>,
}

struct One {
    labels: Kept,
    value: Number,
    moment: Timestamp,
    /// Until when it is shown, by [`clock`].
    until: u64,
}

impl Places {
    pub(crate) fn new(most: usize, sampling: ExemplarSampling) -> Self {
        Self { sampling, most, places: OnceLock::new(), shared: Exemplars::new() }
    }

    /// Takes an exemplar from the source, if there is one and it is time.
    #[inline]
    pub(crate) fn sample(&self, place: usize, value: impl FnOnce() -> Number) {
        if self.sampling.source().is_some() {
            self.sample_at(place, value, clock());
        }
    }

    fn sample_at(&self, place: usize, value: impl FnOnce() -> Number, now: u64) {
        if self.is_due(place, now)
            && let Some(span) = self.sampling.source().and_then(ask)
        {
            self.keep_at(place, Kept::Span(span.labels()), value(), now);
        }
    }

    #[inline]
    fn is_due(&self, place: usize, now: u64) -> bool {
        let taken = self.places.get().and_then(|places| places.get(place));
        // Relaxed: a hint, which is asked again under the lock.
        taken.is_none_or(|place| now >= place.due.load(Ordering::Relaxed))
    }

    /// Takes an exemplar that points to this span, if it is time.
    #[inline]
    pub(crate) fn sample_span(&self, place: usize, value: impl FnOnce() -> Number, span: Option<SpanContext>) {
        let Some(span) = span else { return };
        let now = clock();
        if self.is_due(place, now) {
            self.keep_at(place, Kept::Span(span.labels()), value(), now);
        }
    }

    /// Keeps what was given by hand.
    pub(crate) fn keep(&self, place: usize, labels: &[(&str, &str)], value: Number) {
        self.keep_at(place, Kept::given(labels), value, clock());
    }

    #[cold]
    fn keep_at(&self, place: usize, labels: Kept, value: Number, now: u64) {
        let places = once(&self.places, || (0..self.most).map(|_| Place::default()).collect());
        let at = place;
        let Some(place) = places.get(at) else { return };
        let Some(mut kept) = place.kept.try_lock() else { return };
        let (least, until) = match labels {
            Kept::Given(_) => (self.sampling.most(), u64::MAX),
            // Another thread was faster.
            Kept::Span(_) if now < place.due.load(Ordering::Relaxed) => return,
            Kept::Span(_) => (self.sampling.least(), now.saturating_add(millis(self.sampling.most()))),
        };
        let one = One { labels, value, moment: moment(), until };
        let shown = (until != u64::MAX).then(|| self.sampling.most());
        self.shared.keep(at, self.most, &one.labels, value, one.moment, shown);
        *kept = Some(one);
        place.due.store(now.saturating_add(millis(least)), Ordering::Relaxed);
    }

    /// Calls `see` with the exemplar of a place, if there is one that is not too old.
    pub(crate) fn show(&self, place: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        self.show_at(place, see, clock);
    }

    fn show_at(&self, place: usize, see: &mut dyn FnMut(&Exemplar<'_>), now: impl FnOnce() -> u64) {
        let Some(place) = self.places.get().and_then(|places| places.get(place)) else { return };
        let kept = place.kept.lock();
        if let Some(one) = kept.as_ref().filter(|one| one.until == u64::MAX || now() <= one.until) {
            see(&Exemplar::new(&one.labels, one.value).at(one.moment));
        }
    }

    /// Shows a number with the exemplar of the only place, if there is one.
    pub(crate) fn show_number(&self, series: &mut SeriesEncoder<'_, '_>, number: impl Fn() -> Number) -> Result<(), Stop> {
        let mut shown = None;
        self.show(0, &mut |exemplar| {
            // Read behind the exemplar, so that what it points to is counted.
            shown = Some(series.value(PointValue::Number { value: number(), exemplar: Some(exemplar) }));
        });
        shown.unwrap_or_else(|| series.number(number()))
    }

    /// Other processes know the cell by the key of this name, if that is what it is shown for.
    #[inline]
    pub(crate) fn attach(&self, name: &Name, series: &mut SeriesEncoder<'_, '_>) {
        if shared::is_naming(series.parts().0) {
            self.shared.attach(name.key());
        }
    }

    /// Other processes know the cell no more.
    pub(crate) fn removed(&self) {
        self.shared.attach(None);
    }

    /// Forgets all of them.
    pub(crate) fn clear(&self) {
        for place in self.places.get().into_iter().flatten() {
            *place.kept.lock() = None;
            place.due.store(0, Ordering::Relaxed);
        }
        self.shared.clear();
    }
}

/// The moment of an exemplar; the epoch where the clock of the system stands before that.
pub(crate) fn moment() -> Timestamp {
    now().unwrap_or(Timestamp::from_seconds(0))
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds since some moment, exact to a tick of the system: 3 ns, where `Instant` takes 20.
#[cfg(target_os = "linux")]
pub(crate) fn clock() -> u64 {
    picometer_epoch::system::coarse_millis()
}

/// Milliseconds since some moment.
#[cfg(not(target_os = "linux"))]
pub(crate) fn clock() -> u64 {
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    millis(once(&START, Instant::now).elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exemplar::SpanContext;

    fn shown(places: &Places, place: usize, now: u64) -> Option<(String, f64)> {
        let mut found = None;
        let mut see = |exemplar: &Exemplar<'_>| {
            let labels = (0..).map_while(|index| exemplar.labels.label(index)).map(|label| label.value.trim_start_matches('0'));
            found = Some((labels.collect::<Vec<_>>().join("/"), exemplar.value.as_f64()));
        };
        places.show_at(place, &mut see, || now);
        found
    }

    #[test]
    fn an_exemplar_stays_for_its_time() {
        let places = Places::new(2, ExemplarSampling::new(|| SpanContext::new(7, 9)));
        let sample = |value: f64, now| places.sample_at(0, || value.into(), now);
        assert_eq!(shown(&places, 0, 0), None);
        sample(1.0, 1_000);
        sample(2.0, 7_999);
        assert_eq!(shown(&places, 0, 7_999), Some(("7/9".into(), 1.0)));
        sample(3.0, 8_000);
        assert_eq!(shown(&places, 0, 8_000), Some(("7/9".into(), 3.0)));
        assert_eq!(shown(&places, 1, 8_000), None);
        assert!(shown(&places, 0, 78_000).is_some());
        assert_eq!(shown(&places, 0, 78_001), None);
        places.clear();
        sample(4.0, 8_001);
        assert_eq!(shown(&places, 0, 8_001), Some(("7/9".into(), 4.0)));
    }

    #[test]
    fn what_is_given_by_hand_goes_first() {
        let places = Places::new(1, ExemplarSampling::new(|| SpanContext::new(7, 9)));
        let given = |text: &str, now| places.keep_at(0, Kept::given(&[("id", text)]), 1.0.into(), now);
        places.sample_at(0, || 2.0.into(), 1_000);
        given("a", 1_001);
        given("b", 1_002);
        places.sample_at(0, || 3.0.into(), 71_001);
        assert_eq!(shown(&places, 0, u64::MAX), Some(("b".into(), 1.0)));
        places.sample_at(0, || 4.0.into(), 71_002);
        assert_eq!(shown(&places, 0, 71_002), Some(("7/9".into(), 4.0)));
    }

    #[test]
    fn a_place_that_is_taken_is_not_waited_for() {
        let places = Places::new(1, ExemplarSampling::new(|| SpanContext::new(7, 9)));
        places.keep(0, &[("id", "a")], 1.0.into());
        places.show(0, &mut |_| places.keep(0, &[("id", "b")], 2.0.into()));
        assert_eq!(shown(&places, 0, 0), Some(("a".into(), 1.0)));
    }

    #[test]
    fn a_span_that_is_not_there_leaves_the_place_open() {
        static SAMPLED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
        let source = || if SAMPLED.load(std::sync::atomic::Ordering::Relaxed) { SpanContext::new(7, 9) } else { None };
        let places = Places::new(1, ExemplarSampling::new(source));
        places.sample_at(0, || 1.0.into(), 0);
        assert!(places.places.get().is_none());
        SAMPLED.store(true, std::sync::atomic::Ordering::Relaxed);
        places.sample_at(0, || 2.0.into(), 0);
        assert_eq!(shown(&places, 0, 0), Some(("7/9".into(), 2.0)));
    }
}
