//! Families of every type behind one interface.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use picometer_std::{
    Collector, Counter, Family, FromConfig, Gauge, GaugeHistogram, Histogram, Info, Metric, NamedStates, NativeHistogram, QuantileSummary,
    RegisterError, Registry, Series, Summary,
};

use super::plan::{Action, BOUNDS, FamilyPlan, Kind};

/// What a state set may be in.
pub const STATES: [&str; 3] = ["idle", "busy", "gone"];

/// What a cell does of the actions; those that it does not have are nothing.
pub trait Acts {
    fn act(&self, action: Action);
}

/// Says what a cell does of the actions that it has.
macro_rules! acts {
    ($($cell:ty: |$this:ident| $($action:pat => $do:expr),+;)*) => { $(
        impl Acts for $cell {
            fn act(&self, action: Action) {
                let $this = self;
                match action {
                    $($action => $do,)+
                    _ => {}
                }
            }
        }
    )* };
}

acts! {
    Counter<u64>: |cell| Action::Add(amount) => cell.inc_by(amount as u64), Action::Reset => cell.reset();
    Counter<f64>: |cell| Action::Add(amount) => cell.inc_by(amount), Action::Reset => cell.reset();
    Gauge<i64>: |cell| Action::Add(amount) => cell.inc_by(amount as i64), Action::Subtract(amount) => cell.dec_by(amount as i64),
        Action::Set(value) => cell.set(value as i64), Action::Raise(value) => cell.inc_to(value as i64);
    Gauge<f64>: |cell| Action::Add(amount) => cell.inc_by(amount), Action::Subtract(amount) => cell.dec_by(amount),
        Action::Set(value) => cell.set(value), Action::Raise(value) => cell.inc_to(value);
    Histogram: |cell| Action::Observe(value) => cell.observe(value), Action::Reset => cell.reset();
    Summary: |cell| Action::Observe(value) => cell.observe(value), Action::Reset => cell.reset();
    NativeHistogram: |cell| Action::Observe(value) => cell.observe(value), Action::Reset => cell.reset();
    QuantileSummary: |cell| Action::Observe(value) => cell.observe(value);
    GaugeHistogram: |cell| Action::Observe(value) => cell.insert(value), Action::Forget(value) => cell.remove(value);
    NamedStates: |cell| Action::State(state) => assert!(cell.set(STATES[state]));
    Info: |cell| Action::Facts(facts) => cell.set([("version", facts.to_string())]).expect("a good label");
}

/// What a lookup found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    Series,
    Overflow,
}

/// What does actions on a series that is kept.
pub type Handle = Arc<dyn Fn(Action) + Send + Sync>;

fn met<C: FromConfig, const N: usize>(series: &Series<'_, C, N>) -> Met {
    if series.is_overflow() { Met::Overflow } else { Met::Series }
}

/// A metric or a family.
pub trait Subject: Send + Sync {
    fn act(&self, values: &[&str], action: Action) -> Met;
    /// Whether there is such a series, without making it. A metric alone is there always.
    fn has(&self, _: &[&str]) -> bool {
        true
    }
    fn keep(&self, values: &[&str]) -> (Met, Handle);
    /// Holds a series while `meanwhile` runs, and does what that returns.
    fn hold(&self, values: &[&str], meanwhile: &mut dyn FnMut(Met) -> Option<Action>);
    fn remove(&self, _: &[&str]) -> bool {
        false
    }
    fn remove_matching(&self, _: &[(&str, &str)]) -> usize {
        0
    }
    fn clear(&self) {}
    fn register(self: Arc<Self>, registry: &Registry) -> Result<(), RegisterError>;
    fn unregister(self: Arc<Self>, registry: &Registry) -> bool;
}

struct Labelled<C: FromConfig, const N: usize>(Arc<Family<C, N>>);

impl<C: FromConfig + Acts + Send + Sync + 'static, const N: usize> Subject for Labelled<C, N>
where
    Family<C, N>: Collector,
{
    fn act(&self, values: &[&str], action: Action) -> Met {
        let series = self.0.with(array::<N>(values));
        series.act(action);
        met(&series)
    }

    fn has(&self, values: &[&str]) -> bool {
        self.0.get(array::<N>(values)).is_some()
    }

    fn keep(&self, values: &[&str]) -> (Met, Handle) {
        let series = self.0.with(array::<N>(values));
        let handle = series.handle();
        (met(&series), Arc::new(move |action| handle.act(action)))
    }

    fn hold(&self, values: &[&str], meanwhile: &mut dyn FnMut(Met) -> Option<Action>) {
        let series = self.0.with(array::<N>(values));
        if let Some(action) = meanwhile(met(&series)) {
            series.act(action);
        }
    }

    fn remove(&self, values: &[&str]) -> bool {
        self.0.remove(array::<N>(values))
    }

    fn remove_matching(&self, labels: &[(&str, &str)]) -> usize {
        self.0.remove_matching(labels)
    }

    fn clear(&self) {
        self.0.clear();
    }

    fn register(self: Arc<Self>, registry: &Registry) -> Result<(), RegisterError> {
        registry.register_shared(self.0.clone())
    }

    fn unregister(self: Arc<Self>, registry: &Registry) -> bool {
        registry.unregister(&self.0)
    }
}

fn array<'a, const N: usize>(values: &[&'a str]) -> [&'a str; N] {
    values.try_into().expect("as many values as labels")
}

struct Alone<C: FromConfig>(Arc<Metric<C>>);

impl<C: FromConfig + Acts + Send + Sync + 'static> Subject for Alone<C>
where
    Metric<C>: Collector,
{
    fn act(&self, _: &[&str], action: Action) -> Met {
        (**self.0).act(action);
        Met::Series
    }

    fn keep(&self, _: &[&str]) -> (Met, Handle) {
        let metric = self.0.clone();
        (Met::Series, Arc::new(move |action| (**metric).act(action)))
    }

    fn hold(&self, _: &[&str], meanwhile: &mut dyn FnMut(Met) -> Option<Action>) {
        if let Some(action) = meanwhile(Met::Series) {
            (**self.0).act(action);
        }
    }

    fn register(self: Arc<Self>, registry: &Registry) -> Result<(), RegisterError> {
        registry.register_shared(self.0.clone())
    }

    fn unregister(self: Arc<Self>, registry: &Registry) -> bool {
        registry.unregister(&self.0)
    }
}

/// The family of a plan. Its time is `clock`, in seconds.
pub fn subject(plan: &FamilyPlan, clock: &Arc<AtomicU64>) -> Arc<dyn Subject> {
    macro_rules! make {
        ($cell:ty $(, $method:ident $argument:expr)*) => {
            match plan.labels {
                0 => Arc::new(Alone(Arc::new(Metric::<$cell>::new(&plan.name, "Help.")$(.$method($argument))*))),
                1 => Arc::new(Labelled(Arc::new(common(Family::<$cell, 1>::new(&plan.name, "Help.", ["x"])$(.$method($argument))*, plan, clock)))),
                _ => Arc::new(Labelled(Arc::new(common(Family::<$cell, 2>::new(&plan.name, "Help.", ["x", "y"])$(.$method($argument))*, plan, clock)))),
            }
        };
    }
    match plan.kind {
        Kind::Count => make!(Counter<u64>),
        Kind::CountF => make!(Counter<f64>),
        Kind::Level => make!(Gauge<i64>),
        Kind::LevelF => make!(Gauge<f64>),
        Kind::Histogram => make!(Histogram, buckets BOUNDS),
        Kind::GaugeHistogram => make!(GaugeHistogram, buckets BOUNDS),
        Kind::Summary => make!(Summary),
        Kind::Quantiles => make!(QuantileSummary),
        Kind::Native => make!(NativeHistogram),
        Kind::States => make!(NamedStates, states STATES),
        Kind::Info => make!(Info),
    }
}

fn common<C: FromConfig, const N: usize>(mut family: Family<C, N>, plan: &FamilyPlan, clock: &Arc<AtomicU64>) -> Family<C, N> {
    if let Some(cap) = plan.cap {
        family = family.max_series(cap);
    }
    if let Some(ttl) = plan.ttl {
        let clock = clock.clone();
        family = family.ttl_with_clock(Duration::from_secs(ttl), move || Duration::from_secs(clock.load(Ordering::Relaxed)));
    }
    if plan.compact {
        family = family.compact();
    }
    if plan.upper {
        family = family.normalize_label("x", |value| value.to_ascii_uppercase());
    }
    family
}
