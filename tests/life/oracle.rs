//! What a page has to show, kept beside the world in the simplest way.

use std::collections::BTreeMap;

use super::plan::{Action, BOUNDS, FamilyPlan, Kind, OBSERVED};
use super::subject::STATES;

/// Samples by name and labels, as [`key`] writes them.
pub type Samples = BTreeMap<String, f64>;

/// A sample's name and labels. A label without a value is no label.
pub fn key<'a>(name: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut labels: Vec<_> = labels.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    labels.sort_unstable();
    format!("{name}{labels:?}")
}

#[derive(Clone, Debug, PartialEq)]
pub enum State {
    Number(f64),
    /// How often each of the values was observed.
    Observed([u64; OBSERVED.len()]),
    OneOf(usize),
    Facts(Option<usize>),
}

impl State {
    pub fn start(kind: Kind) -> Self {
        match kind {
            Kind::Count | Kind::CountF | Kind::Level | Kind::LevelF => Self::Number(0.0),
            Kind::Histogram | Kind::GaugeHistogram | Kind::Summary | Kind::Quantiles | Kind::Native => Self::Observed([0; OBSERVED.len()]),
            Kind::States => Self::OneOf(0),
            Kind::Info => Self::Facts(None),
        }
    }

    pub fn apply(&mut self, kind: Kind, action: Action) {
        let reset = matches!(action, Action::Reset);
        match (self, action) {
            (this, Action::Reset) if reset => *this = Self::start(kind),
            (Self::Number(value), Action::Add(amount)) => *value += amount,
            (Self::Number(value), Action::Subtract(amount)) => *value -= amount,
            (Self::Number(value), Action::Set(to)) => *value = to,
            (Self::Number(value), Action::Raise(to)) => *value = value.max(to),
            (Self::Observed(counts), Action::Observe(value)) => counts[place(value)] += 1,
            (Self::Observed(counts), Action::Forget(value)) => counts[place(value)] -= 1,
            (Self::OneOf(state), Action::State(to)) => *state = to,
            (Self::Facts(facts), Action::Facts(to)) => *facts = Some(to),
            _ => {}
        }
    }

    /// Whether an observation of this value can be taken back.
    pub fn has(&self, value: f64) -> bool {
        matches!(self, Self::Observed(counts) if counts[place(value)] > 0)
    }
}

fn place(value: f64) -> usize {
    OBSERVED.iter().position(|&one| one == value).expect("one of those that are observed")
}

/// One series.
#[derive(Clone, Debug)]
pub struct Series {
    /// Series of the same labels that come one after the other differ in it.
    pub id: u64,
    pub state: State,
    /// When it was last looked up, or used by a handle.
    pub touched: u64,
    /// What the last page that had it showed.
    pub shown: Option<State>,
    /// What a page in pieces may have shown before it was left.
    pub passed: Option<State>,
}

/// One family.
#[derive(Debug)]
pub struct Family {
    pub plan: FamilyPlan,
    /// Name and labels as the registry makes them.
    pub name: String,
    pub labels: Vec<(String, String)>,
    pub series: BTreeMap<Vec<String>, Series>,
    pub overflow: Option<Series>,
    pub registered: bool,
}

/// The labels of the series that takes what is beyond a limit.
pub fn overflow() -> Vec<String> {
    vec!["\u{0}overflow".to_owned()]
}

impl Family {
    pub fn get_mut(&mut self, values: &[String]) -> Option<&mut Series> {
        if values == overflow() { self.overflow.as_mut() } else { self.series.get_mut(values) }
    }

    /// Label values as the family has them.
    pub fn values(&self, picked: &[&str]) -> Vec<String> {
        let mut values: Vec<String> = picked[..self.plan.labels].iter().map(|value| (*value).to_owned()).collect();
        if self.plan.upper {
            values[0] = values[0].to_ascii_uppercase();
        }
        values
    }

    /// Everything that it shows.
    pub fn samples(&self, out: &mut Samples) {
        for (values, series) in &self.series {
            self.series_samples(values, series, out);
        }
        if let Some(series) = &self.overflow {
            self.series_samples(&overflow(), series, out);
        }
    }

    pub fn series_samples(&self, values: &[String], series: &Series, out: &mut Samples) {
        let names = ["x", "y"];
        let own: Vec<(&str, &str)> = if values == overflow() {
            vec![("overflow", "true")]
        } else {
            names.into_iter().zip(values.iter().map(String::as_str)).collect()
        };
        let name = &self.name;
        let mut add = |suffix: &str, more: Option<(&str, &str)>, value: f64| {
            let outer = self.labels.iter().map(|(name, value)| (&**name, &**value));
            let labels: Vec<(&str, &str)> = outer.chain(own.iter().copied()).chain(more).collect();
            out.insert(key(&format!("{name}{suffix}"), labels), value);
        };
        match &series.state {
            State::Number(value) => add("", None, *value),
            State::Observed(counts) => {
                let counted = || OBSERVED.into_iter().zip(counts.map(|count| count as f64));
                let (count, sum) = counted().fold((0.0, 0.0), |(all, sum), (value, count)| (all + count, sum + value * count));
                let gauge = self.plan.kind == Kind::GaugeHistogram;
                add(if gauge { "_gcount" } else { "_count" }, None, count);
                add(if gauge { "_gsum" } else { "_sum" }, None, sum);
                if matches!(self.plan.kind, Kind::Histogram | Kind::GaugeHistogram) {
                    for bound in BOUNDS {
                        let below = counted().filter(|(value, _)| *value <= bound).map(|(_, count)| count).sum();
                        add("_bucket", Some(("le", &format!("{bound:?}"))), below);
                    }
                    add("_bucket", Some(("le", "+Inf")), count);
                }
            }
            State::OneOf(state) => {
                for (at, name_of) in STATES.iter().enumerate() {
                    add("", Some((name, name_of)), f64::from(at == *state));
                }
            }
            State::Facts(facts) => {
                let text = facts.map(|facts| facts.to_string());
                add("", text.as_deref().map(|text| ("version", text)), 1.0);
            }
        }
    }

    /// Whether a series may be gone: its time is over, it is not held, and what it counted was shown.
    pub fn may_be_gone(&self, series: &Series, now: u64, held: bool) -> bool {
        let was_shown = [&series.shown, &series.passed].into_iter().flatten().any(|shown| *shown == series.state);
        let is_nothing = series.state == State::start(self.plan.kind);
        self.plan.ttl.is_some_and(|ttl| !held && (was_shown || is_nothing) && now.saturating_sub(series.touched) >= ttl)
    }
}
