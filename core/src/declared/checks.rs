//! What the expansion of `metrics!` checks, so that a mistake is an error under the token that is wrong.

use crate::cell::{Cell, Zeroed};
use crate::charset;
use crate::desc::{Desc, DescError, DescParts, Kind};
use crate::label::ClosedLabels;
use crate::rule::rules;
use crate::value::{Monotonic, Value};

/// The rule that a name breaks.
const fn broken(kind: Kind, name: &str, utf8: bool) -> Option<DescError> {
    match Desc::try_new(DescParts { name, utf8, ..DescParts::new(kind) }) {
        Ok(_) => None,
        Err(error) => Some(error),
    }
}

macro_rules! names {
    ($($check:ident $holds:ident $rule:ident $error:ident $message:literal $label:literal;)*) => {
        rules! { $($check $rule [impl $rule<true> for &str {}] $message $label;)* }

        $(
            /// Whether the rule is kept.
            pub const fn $holds(kind: Kind, name: &str, utf8: bool) -> bool {
                !matches!(broken(kind, name, utf8), Some(DescError::$error))
            }
        )*
    };
}

names! {
    not_empty is_not_empty NotEmpty EmptyName "a metric name must not be empty" "write what is counted";
    in_charset is_in_charset InCharset BadName "a metric name must match [a-zA-Z_:][a-zA-Z0-9_:]*"
        "write letters, digits, `_` and `:`, or `.utf8()` behind it";
    ends_in_total does_end_in_total EndsInTotal CounterWithoutTotal "the name of a counter must end in `_total`" "add `_total`";
    ends_in_info does_end_in_info EndsInInfo InfoWithoutSuffix "the name of an info metric must end in `_info`" "add `_info`";
}

/// A description, or that of a good name where `metrics!` reports the name already.
#[track_caller]
pub const fn described(kind: Kind, name: &'static str, help: &'static str, utf8: bool) -> Desc<'static> {
    match broken(kind, name, utf8) {
        None if utf8 => Desc::utf8(kind, name, help),
        None => Desc::of(kind, name, help),
        Some(_) => Desc::of(Kind::Unknown, "refused", help),
    }
}

/// What a metric without a doc comment lacks.
#[diagnostic::on_unimplemented(message = "a metric needs a help text", label = "write `/// What it counts.` in front of it")]
#[allow(missing_docs, reason = "named in errors only")]
pub trait HasHelp {}

/// Compiles for what has a help text.
pub const fn has_help(_: impl HasHelp + Copy) {}

/// What a name is that stands in front of a metric with a value of its own.
#[allow(missing_docs, reason = "named in errors only")]
pub trait NamesValue<C> {}

impl<C: Zeroed> NamesValue<C> for &str {}

/// Compiles for cells that have a value to start with.
pub const fn has_value<C>(_: impl NamesValue<C> + Copy) {}

/// What labels of a family have if none of them belongs to the samples of its cells.
#[diagnostic::on_unimplemented(
    message = "a label of `{Self}` belongs to the type of metric: `le` to histograms, `quantile` to summaries",
    label = "give the label another name"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait FreeLabels<const FREE: bool> {}

impl<L: ClosedLabels> FreeLabels<true> for L {}

/// What labels of a family have if each of them has a name of its own.
#[diagnostic::on_unimplemented(message = "a label name is there twice in `{Self}`", label = "give each label another name")]
#[allow(missing_docs, reason = "named in errors only")]
pub trait DistinctLabels<const DISTINCT: bool> {}

impl<L: ClosedLabels> DistinctLabels<true> for L {}

/// What labels of a state set have if none of them has its name.
#[diagnostic::on_unimplemented(
    message = "a label of `{Self}` has the name of the family, which belongs to the states",
    label = "give the label another name"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait LabelsBesideStates<const BESIDE: bool> {}

impl<L: ClosedLabels> LabelsBesideStates<true> for L {}

/// Whether no label has a name that samples of cells have for themselves.
pub const fn are_free<L: ClosedLabels>(reserved: &str) -> bool {
    !crate::label::has_label(L::LABELS, reserved)
}

/// Whether each label has a name of its own.
pub const fn are_distinct<L: ClosedLabels>() -> bool {
    crate::label::repeated(L::LABELS).is_none()
}

/// Whether no label has the name of a state set; `parts` are the methods behind the name.
pub const fn are_beside<L: ClosedLabels>(kind: Kind, name: &str, parts: &[&str]) -> bool {
    !matches!(kind, Kind::StateSet) || is_prefixed(parts) || !crate::label::has_label(L::LABELS, name)
}

/// Whether the methods behind a name put something in front of it.
pub const fn is_prefixed(parts: &[&str]) -> bool {
    charset::contains(parts, "namespace") || charset::contains(parts, "subsystem")
}

/// Compiles for numbers that a counter counts in.
pub const fn counts_in<V: Monotonic>() {}

/// Compiles for numbers that a cell holds.
pub const fn holds<V: Value>() {}

/// What the type of a metric is.
#[diagnostic::on_unimplemented(message = "`{Self}` is no metric", label = "write a cell, such as `Counter`, or `Family<Counter, Labels>`")]
#[allow(missing_docs, reason = "named in errors only")]
pub trait IsCell {}

impl<C: Cell> IsCell for C {}

/// Compiles for cells.
pub const fn is_cell<C: IsCell>() {}

/// What stands in a family's type behind the cell.
#[diagnostic::on_unimplemented(
    message = "the labels of a declared family are a type, and not a number",
    label = "write the type of its labels, as in `Family<Counter, Route>`"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait NamesLabels {}

/// Compiles for what names labels, which a number does not.
pub const fn names_labels(_: impl NamesLabels + Copy) {}

/// What a number in the type of a declared metric is.
#[diagnostic::on_unimplemented(
    message = "`metrics!` counts series and bounds by itself",
    label = "leave the number out, or write `Metric<…>` around a cell that has constants"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait IsCounted {}

/// Compiles for what is counted, which a number is not.
pub const fn is_counted(_: impl IsCounted + Copy) {}

/// What a family without a type of labels lacks.
#[diagnostic::on_unimplemented(
    message = "a declared family has a type of labels",
    label = "write `Family<Counter, Outcome>`, where `Outcome` is made by `labels!` or `#[derive(ClosedLabels)]`"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait HasLabels {}

/// Compiles for what has labels.
pub const fn has_labels(_: impl HasLabels + Copy) {}

/// Cells whose constants fit each other.
#[diagnostic::on_unimplemented(
    message = "the numbers in `{Self}` do not fit: the N of a histogram is the number of its bounds",
    label = "write the number of bounds; other cells say their limits in their docs"
)]
#[allow(missing_docs, reason = "named in errors only")]
pub trait Fits<const FIT: bool> {}

impl<C: Cell> Fits<true> for C {}

/// Compiles for cells whose constants fit each other.
pub const fn fits<C: Fits<FIT>, const FIT: bool>() {}

/// Whether the constants of a cell fit each other.
pub const fn is_fit<C: Cell>() -> bool {
    C::FAULT.is_none()
}

/// Compiles if labels fit a family.
pub const fn labels_fit<L, const FREE: bool, const DISTINCT: bool, const BESIDE: bool>()
where
    L: FreeLabels<FREE> + DistinctLabels<DISTINCT> + LabelsBesideStates<BESIDE>,
{
}

/// The text of a doc comment: without the space in front.
pub const fn help(text: &str) -> &str {
    match text.as_bytes() {
        [b' ', ..] => text.split_at(1).1,
        _ => text,
    }
}
