//! State sets.

use core::marker::PhantomData;

use crate::atomic::{AtomicU32, Ordering};
use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{PointValue, SeriesEncoder, States, Stop};
use crate::label::LabelTexts;
use crate::rule::expect;

/// Which of several states something is in; each is exposed as a series that is 1 or 0.
///
/// The states are an enum made by [`labels!`](crate::labels), at most 32 of them; the label that shows them is named after the
/// family. Usually exactly one is true, see [`set`](Self::set); [`insert`](Self::insert) and [`remove`](Self::remove) are for
/// flags. Starts in the first state.
///
/// ```
/// use picometer::{Desc, Metric, StateSet, labels};
///
/// labels! { pub enum Link as "link" { Down = "down", Training = "training", Up = "up" } }
///
/// static LINK: Metric<StateSet<Link>> =
///     Metric::new(&Desc::state_set("nic_link", "State of the link."));
/// LINK.set(Link::Up);
/// assert!(LINK.is(Link::Up) && !LINK.is(Link::Down));
/// ```
pub struct StateSet<S: LabelTexts> {
    mask: AtomicU32,
    states: PhantomData<S>,
}

impl<S: LabelTexts> StateSet<S> {
    /// In the first state.
    #[track_caller]
    pub const fn new() -> Self {
        // In a constant an error at the caller's place, which a block of constants does not have.
        expect(Self::FAULT);
        Self::of_few()
    }

    const fn of_few() -> Self {
        const { expect(Self::FAULT) };
        // In the mask a bit says that a state is *not* as it starts, so that the initial value is zero and takes no flash.
        Self { mask: AtomicU32::new(0), states: PhantomData }
    }

    const FIRST: u32 = 1;

    fn bit(state: S) -> u32 {
        1_u32.wrapping_shl(state.ordinal() as u32)
    }

    /// Makes one state true and all others false.
    #[inline]
    pub fn set(&self, state: S) {
        self.mask.store(Self::bit(state) ^ Self::FIRST, Ordering::Relaxed);
    }

    /// Makes a state true; leaves the others as they are.
    pub fn insert(&self, state: S) {
        let bit = Self::bit(state);
        self.change(|mask| mask | bit);
    }

    /// Makes a state false; leaves the others as they are.
    pub fn remove(&self, state: S) {
        let bit = Self::bit(state);
        self.change(|mask| mask & !bit);
    }

    /// Whether a state is true.
    pub fn is(&self, state: S) -> bool {
        self.mask() & Self::bit(state) != 0
    }

    fn mask(&self) -> u32 {
        self.mask.load(Ordering::Relaxed) ^ Self::FIRST
    }

    fn change(&self, change: impl Fn(u32) -> u32) {
        let change = |mask| Some(change(mask ^ Self::FIRST) ^ Self::FIRST);
        let _ = self.mask.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }
}

impl<S: LabelTexts> Default for StateSet<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: LabelTexts> Zeroed for StateSet<S> {
    const INIT: Self = Self::new();
}

/// The states of one moment.
struct Snapshot<S> {
    mask: u32,
    states: PhantomData<S>,
}

impl<S: LabelTexts> States for Snapshot<S> {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        S::TEXTS.get(index).map(|&text| (text, self.mask.wrapping_shr(index as u32) & 1 != 0))
    }
}

impl<S: LabelTexts> Cell for StateSet<S> {
    const KIND: Kind = Kind::StateSet;
    const FAULT: Option<&'static str> = if S::ALL.len() <= 32 { None } else { Some("a state set has at most 32 states") };

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let snapshot = Snapshot::<S> { mask: self.mask(), states: PhantomData };
        series.value(PointValue::StateSet(&snapshot))
    }

    fn restart(&self) {
        self.mask.store(0, Ordering::Relaxed);
    }
}

impl<S: LabelTexts> StateSet<S> {
    /// The names of the states that are true.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        let mask = self.mask();
        S::TEXTS.iter().enumerate().filter(move |(index, _)| mask.checked_shr(*index as u32).unwrap_or(0) & 1 != 0).map(|(_, &text)| text)
    }
}

impl<S: LabelTexts> core::fmt::Debug for StateSet<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(feature = "defmt")]
impl<S: LabelTexts> defmt::Format for StateSet<S> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "states");
        self.names().for_each(|name| defmt::write!(f, " {=str}", name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels;

    labels! { enum Mode as "mode" { Idle = "idle", Run = "run", Fault = "fault" } }

    #[test]
    fn one_or_several_states() {
        let set = StateSet::<Mode>::new();
        let is = |set: &StateSet<Mode>| [Mode::Idle, Mode::Run, Mode::Fault].map(|mode| set.is(mode));
        assert_eq!(is(&set), [true, false, false]);
        set.set(Mode::Run);
        assert_eq!(is(&set), [false, true, false]);
        set.insert(Mode::Fault);
        assert_eq!(is(&set), [false, true, true]);
        set.remove(Mode::Run);
        set.remove(Mode::Idle);
        assert_eq!(is(&set), [false, false, true]);
        set.set(Mode::Idle);
        assert_eq!(is(&set), [true, false, false]);
    }
}
