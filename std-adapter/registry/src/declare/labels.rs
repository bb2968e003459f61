//! Whether labels and numbers of a declared metric fit its cells.

use picometer::__private::checks::is_prefixed;
use picometer::{Cell, Kind};

use crate::cell::counter::CounterValue;
use crate::cell::gauge::GaugeValue;
use crate::typed::{LabelSchema, same};

/// What a family without a type of labels lacks.
#[diagnostic::on_unimplemented(
    message = "a declared family has a struct of labels",
    label = "write `Family<Counter, Route>`, where `Route` is a struct with `#[derive(Labels)]`"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait HasLabels {}

/// Compiles for what has labels.
pub const fn has_labels(_: impl HasLabels + Copy) {}

/// What labels of a family have if none of them belongs to the samples of its cells.
#[diagnostic::on_unimplemented(
    message = "a label of `{Self}` belongs to the type of metric: `le` to histograms, `quantile` to summaries",
    label = "give the label another name"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait FreeLabels<const FREE: bool> {}

impl<L: LabelSchema> FreeLabels<true> for L {}

/// What labels of a state set have if none of them has its name.
#[diagnostic::on_unimplemented(
    message = "a label of `{Self}` has the name of the family, which belongs to the states",
    label = "give the label another name"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait LabelsBesideStates<const BESIDE: bool> {}

impl<L: LabelSchema> LabelsBesideStates<true> for L {}

/// Compiles if labels fit a family.
pub const fn labels_fit<L, const FREE: bool, const BESIDE: bool>()
where
    L: FreeLabels<FREE> + LabelsBesideStates<BESIDE>,
{
}

/// Whether no label has a name that samples of the cell have for themselves.
pub const fn are_free<C: Cell, L: LabelSchema>() -> bool {
    C::RESERVED_LABEL.is_empty() || !has::<L>(C::RESERVED_LABEL)
}

/// Whether no label has the name of a state set; `parts` are the methods behind the name.
pub const fn are_beside<C: Cell, L: LabelSchema>(name: &str, parts: &[&str]) -> bool {
    !matches!(C::KIND, Kind::StateSet) || is_prefixed(parts) || !has::<L>(name)
}

/// Compiles for numbers that a counter counts in.
pub const fn counts_in<V: CounterValue>() {}

/// Compiles for numbers that a gauge holds.
pub const fn holds<V: GaugeValue>() {}

const fn has<L: LabelSchema>(name: &str) -> bool {
    let mut at = 0;
    while at < L::NAMES.len() {
        if same(L::NAMES[at].as_bytes(), name.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}
