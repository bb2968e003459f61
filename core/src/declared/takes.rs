//! Which methods the type of a declared metric has.
//!
//! The expansion of `metrics!` calls each method on a variable of its name. So the call is made of the user's tokens, and an error is
//! under them: first in the words of the traits, by [`Takes`], then for what is made, by [`Makes`].

use core::marker::PhantomData;

use crate::cell::callback::{CounterFn, GaugeFn};
use crate::cell::info::Info;
use crate::label::Label;
use crate::value::{Monotonic, Value};

/// Checks the methods behind the name of a metric of cells `C`.
#[allow(missing_debug_implementations, reason = "not for the public")]
#[derive(Clone, Copy)]
pub struct Takes<C>(PhantomData<fn() -> C>);

impl<C> Takes<C> {
    /// The only one.
    pub const NEW: Self = Self(PhantomData);

    /// Compiles for cells that read their value.
    pub const fn read(self, _: fn() -> Option<C::Value>)
    where
        C: ReadsValue,
    {
    }

    /// Compiles for info metrics.
    pub const fn facts(self, _: &[Label<'_>])
    where
        C: HasFacts,
    {
    }
}

/// Cells whose value a function gives.
#[diagnostic::on_unimplemented(message = "`{Self}` has a value of its own", label = "`.read(…)` is for `CounterFn` and `GaugeFn`")]
#[allow(missing_docs, reason = "named in errors only")]
pub trait ReadsValue {
    type Value;
}

impl<V: Monotonic> ReadsValue for CounterFn<V> {
    type Value = V;
}

impl<V: Value> ReadsValue for GaugeFn<V> {
    type Value = V;
}

/// Info metrics.
#[diagnostic::on_unimplemented(message = "`{Self}` has no facts", label = "`.facts(…)` is for `Info`")]
#[allow(missing_docs, reason = "named in errors only")]
pub trait HasFacts {}

impl HasFacts for Info {}

/// Makes the cell of a declared metric.
#[allow(missing_debug_implementations, reason = "not for the public")]
#[derive(Clone, Copy)]
pub struct Makes<C>(PhantomData<fn() -> C>);

impl<C> Makes<C> {
    /// The only one.
    pub const NEW: Self = Self(PhantomData);
}

impl<V: Monotonic> Makes<CounterFn<V>> {
    /// A counter that reads its value.
    pub const fn read(self, read: fn() -> Option<V>) -> CounterFn<V> {
        CounterFn::new(read)
    }
}

impl<V: Value> Makes<GaugeFn<V>> {
    /// A gauge that reads its value.
    pub const fn read(self, read: fn() -> Option<V>) -> GaugeFn<V> {
        GaugeFn::new(read)
    }
}

impl Makes<Info> {
    /// An info metric with these labels.
    #[track_caller]
    pub const fn facts(self, facts: &'static [Label<'static>]) -> Info {
        Info::new(facts)
    }
}
