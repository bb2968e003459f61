//! Which methods the type of a declared metric has.
//!
//! The expansion of `metrics!` calls each method on a variable of its name. So the call is made of the user's tokens, and an error is
//! under them, in the words of these traits.

use std::marker::PhantomData;

use picometer::Number;

use crate::cell::FromConfig;
use crate::cell::buckets::HasBuckets;
use crate::cell::callback::{CounterFn, GaugeFn};
use crate::cell::info::Info;
use crate::cell::states::NamedStates;

/// Has the methods that stand behind the name of a metric of cells `C`.
#[allow(missing_debug_implementations, reason = "not for the public")]
pub struct Takes<C>(PhantomData<fn() -> C>);

impl<C> Takes<C> {
    /// The only one.
    pub const NEW: Self = Self(PhantomData);

    /// Compiles for cells with buckets.
    pub const fn buckets<const N: usize>(self, _: [f64; N])
    where
        C: CountsInBuckets,
    {
    }

    /// A cell that reads its value.
    pub fn read<T: Into<Number>>(self, read: impl Fn() -> Option<T> + Send + Sync + 'static) -> C
    where
        C: ReadsValue,
    {
        C::reading(read)
    }

    /// An info metric with facts. With a name that is invalid or there twice it is on no page, and a failure of its collector.
    pub fn facts<N: AsRef<str>, V: AsRef<str>>(self, facts: impl IntoIterator<Item = (N, V)>) -> C
    where
        C: HasFacts,
    {
        C::of(facts)
    }

    /// What a state set is made of.
    pub fn states<S: AsRef<str>>(self, states: impl IntoIterator<Item = S>) -> C::Config
    where
        C: HasStates,
    {
        C::of(states)
    }
}

/// Cells that a histogram is.
#[allow(missing_docs, reason = "named in errors only")]
pub trait CountsInBuckets {}

impl<C: FromConfig<Config: HasBuckets>> CountsInBuckets for C {}

/// Cells whose value a function gives.
#[diagnostic::on_unimplemented(message = "`{Self}` has a value of its own", label = "`.read(…)` is for `CounterFn` and `GaugeFn`")]
#[allow(missing_docs, reason = "named in errors only")]
pub trait ReadsValue {
    fn reading<T: Into<Number>>(read: impl Fn() -> Option<T> + Send + Sync + 'static) -> Self;
}

/// Info metrics.
#[diagnostic::on_unimplemented(message = "`{Self}` has no facts", label = "`.facts(…)` is for `Info`")]
#[allow(missing_docs, reason = "named in errors only")]
pub trait HasFacts {
    fn of<N: AsRef<str>, V: AsRef<str>>(facts: impl IntoIterator<Item = (N, V)>) -> Self;
}

/// State sets whose states are texts.
#[diagnostic::on_unimplemented(message = "`{Self}` has no states by name", label = "`.states(…)` is for `NamedStates`")]
#[allow(missing_docs, reason = "named in errors only")]
pub trait HasStates: FromConfig {
    fn of<S: AsRef<str>>(states: impl IntoIterator<Item = S>) -> Self::Config;
}

macro_rules! reads_value {
    ($($cell:ident)*) => {$(
        impl ReadsValue for $cell {
            fn reading<T: Into<Number>>(read: impl Fn() -> Option<T> + Send + Sync + 'static) -> Self {
                Self::new(read)
            }
        }
    )*};
}
reads_value!(CounterFn GaugeFn);

impl HasFacts for Info {
    fn of<N: AsRef<str>, V: AsRef<str>>(facts: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::of(facts)
    }
}

impl HasStates for NamedStates {
    fn of<S: AsRef<str>>(states: impl IntoIterator<Item = S>) -> Self::Config {
        states.into_iter().map(|state| state.as_ref().into()).collect()
    }
}

/// What a metric has that has a value of its own, or a function that reads one.
#[diagnostic::on_unimplemented(
    message = "this metric has no value to show",
    label = "write `.read(function)` behind the name, or take a `Counter` or a `Gauge`"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait HasValue<const HAS: bool> {}

impl HasValue<true> for &str {}

/// Compiles if it has a value.
pub const fn has_value<const HAS: bool>(_: impl HasValue<HAS> + Copy) {}
