//! Closed label sets: enums whose every value is known, so that a family is an array and a lookup an index.

mod declare;
pub mod rules;
mod text;

use super::{Label, LabelSet, is_plain_value};
use crate::charset;
use declare::checked_label;
use text::CombinationText;

/// A type with a closed set of values, each of which is a text. Derived by `LabelValue`, and declared by
/// [`labels!`](crate::labels).
///
/// ```
/// use picometer::{LabelTexts, labels};
///
/// labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack" } }
/// assert_eq!(Outcome::Nack.text(), "nack");
/// assert_eq!(Outcome::ALL.len(), 2);
/// assert_eq!(bool::TEXTS, ["false", "true"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no closed set of label values",
    note = "enums with `#[derive(LabelValue)]`, enums made by `labels!` and `bool` have"
)]
pub trait LabelTexts: Sized + Send + Sync + 'static {
    /// Every value, in declaration order.
    const ALL: &'static [Self];
    /// The text of every value, in the same order.
    const TEXTS: &'static [&'static str];

    /// The place of this value in [`ALL`](Self::ALL).
    fn ordinal(&self) -> usize;

    /// The text of this value.
    #[inline]
    fn text(&self) -> &'static str {
        Self::TEXTS.get(self.ordinal()).copied().unwrap_or("")
    }
}

impl LabelTexts for bool {
    const ALL: &'static [Self] = &[false, true];
    const TEXTS: &'static [&'static str] = &["false", "true"];

    #[inline]
    fn ordinal(&self) -> usize {
        usize::from(*self)
    }
}

/// One label with a closed set of values, declared by [`labels!`](crate::labels): [`LabelTexts`] with a name of its own.
///
/// ```
/// use picometer::{LabelEnum, labels};
///
/// labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack" } }
/// assert_eq!(Outcome::NAME, "outcome");
/// ```
pub trait LabelEnum: LabelTexts + Copy {
    /// The name of the label.
    const NAME: &'static str;
}

/// A closed set of label combinations: a [`LabelEnum`], a tuple of up to four, or a struct of them.
///
/// The struct is made by [`labels!`](crate::labels), or derives `ClosedLabels`. A [`Family`](crate::Family) keeps one cell for
/// each combination.
///
/// ```
/// use picometer::{ClosedLabels, labels};
///
/// labels! { enum Bus as "bus" { I2c = "i2c", Spi = "spi" } }
/// labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack", Timeout = "timeout" } }
/// assert_eq!(<(Bus, Outcome)>::COUNT, 6);
/// assert_eq!((Bus::Spi, Outcome::Nack).index(), 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no closed set of labels",
    note = "enums and structs made by `labels!`, tuples of such enums, and structs with `#[derive(ClosedLabels)]` are"
)]
pub trait ClosedLabels: Copy + Send + Sync + 'static {
    /// The labels, in writing order.
    const LABELS: &'static [ClosedLabel];
    /// How many combinations there are.
    const COUNT: usize;

    /// The place of this combination, below [`COUNT`](Self::COUNT); the last label varies fastest.
    fn index(self) -> usize;

    /// The combination at a place; `None` from [`COUNT`](Self::COUNT) on.
    fn at(index: usize) -> Option<Self>;
}

/// One label of a closed set: its name, and the text of each of its values.
///
/// ```
/// use picometer::{ClosedLabels, labels};
///
/// labels! { enum Bus as "bus" { I2c = "i2c", Spi = "spi" } }
/// assert_eq!(Bus::LABELS[0].name(), "bus");
/// assert_eq!(Bus::LABELS[0].texts(), ["i2c", "spi"]);
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ClosedLabel {
    name: &'static str,
    texts: &'static [&'static str],
    /// Whether name and texts may be written as they are.
    plain: bool,
}

impl ClosedLabel {
    /// The label of an enum.
    pub const fn of<E: LabelEnum>() -> Self {
        Self::named::<E>(E::NAME)
    }

    /// A label of this name, in any UTF-8, with the values of a type.
    ///
    /// ```
    /// use picometer::ClosedLabel;
    ///
    /// const CACHED: ClosedLabel = ClosedLabel::named::<bool>("cached");
    /// assert_eq!(CACHED.texts(), ["false", "true"]);
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a constant, if the name is empty or reserved, or two values have one text; in a constant that is a compile error.
    pub const fn named<T: LabelTexts>(name: &'static str) -> Self {
        assert!(T::ALL.len() == T::TEXTS.len(), "a label has as many texts as values");
        let name = checked_label(name, true, T::TEXTS);
        let mut plain = charset::is_legacy_label_name(name);
        let mut at = 0;
        while at < T::TEXTS.len() {
            plain = plain && is_plain_value(T::TEXTS[at]);
            at += 1;
        }
        Self { name, texts: T::TEXTS, plain }
    }

    /// The name of the label.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The text of each value.
    pub const fn texts(self) -> &'static [&'static str] {
        self.texts
    }
}

/// The name of the label that is there twice, if there is one.
pub(crate) const fn repeated(labels: &[ClosedLabel]) -> Option<&str> {
    let mut first = 0;
    while first < labels.len() {
        let mut second = first + 1;
        while second < labels.len() {
            if charset::same(labels[first].name, labels[second].name) {
                return Some(labels[first].name);
            }
            second += 1;
        }
        first += 1;
    }
    None
}

/// Whether one of the labels has this name.
pub(crate) const fn has_label(labels: &[ClosedLabel], name: &str) -> bool {
    let mut at = 0;
    while at < labels.len() {
        if charset::same(labels[at].name, name) {
            return true;
        }
        at += 1;
    }
    false
}

/// One combination of closed labels: what all families hand to the encoder, so that there is one copy of its code.
pub(crate) struct Combination {
    labels: &'static [ClosedLabel],
    plain: bool,
    place: u32,
    text: CombinationText,
}

impl Combination {
    /// The combination at a place of a family.
    pub(crate) fn new(labels: &'static [ClosedLabel], place: u32) -> Self {
        Self { labels, plain: are_plain(labels), place, text: CombinationText::new() }
    }

    /// The next place.
    #[inline]
    pub(crate) fn advance(&mut self) {
        self.place += 1;
        self.text.advance(self.labels);
    }

    /// The same with its text kept, which pays where many samples have these labels.
    pub(crate) fn with_text(mut self) -> Self {
        self.text.write(self.labels, self.place);
        self
    }
}

/// The label at `index` of the combination at `place`.
fn label_at(labels: &'static [ClosedLabel], place: u32, index: usize) -> Option<Label<'static>> {
    let (before, behind) = labels.split_at_checked(index + 1)?;
    let label = before.last()?;
    let count = |label: &ClosedLabel| (label.texts.len() as u32).max(1);
    let value = behind.iter().fold(place, |place, label| place / count(label)) % count(label);
    Some(Label { name: label.name, value: label.texts.get(value as usize)? })
}

fn are_plain(labels: &[ClosedLabel]) -> bool {
    labels.iter().all(|label| label.plain)
}

impl LabelSet for Combination {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        label_at(self.labels, self.place, index)
    }

    fn is_plain(&self) -> bool {
        self.plain
    }

    #[cfg(target_pointer_width = "64")]
    fn rendered(&self) -> Option<&str> {
        self.text.get()
    }
}

impl<L: ClosedLabels> LabelSet for L {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        label_at(L::LABELS, self.index() as u32, index)
    }

    fn is_plain(&self) -> bool {
        are_plain(L::LABELS)
    }
}

impl<E: LabelEnum> ClosedLabels for E {
    const LABELS: &'static [ClosedLabel] = &[ClosedLabel::of::<E>()];
    const COUNT: usize = E::ALL.len();

    fn index(self) -> usize {
        self.ordinal()
    }

    fn at(index: usize) -> Option<Self> {
        E::ALL.get(index).copied()
    }
}

macro_rules! tuple {
    ($($kind:ident $field:tt),+) => {
        impl<$($kind: LabelEnum),+> ClosedLabels for ($($kind,)+) {
            const LABELS: &'static [ClosedLabel] = &[$(ClosedLabel::of::<$kind>()),+];
            const COUNT: usize = 1 $(* $kind::ALL.len())+;

            fn index(self) -> usize {
                let index = 0;
                $(let index = index * $kind::ALL.len() + self.$field.ordinal();)+
                index
            }

            fn at(index: usize) -> Option<Self> {
                let mut step = Self::COUNT;
                // The first label varies slowest, as `index` has it.
                Some(($({
                    let below = step;
                    step /= $kind::ALL.len().max(1);
                    $kind::ALL.get(if $field == 0 { index } else { index % below } / step.max(1)).copied()?
                },)+))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels;

    labels! { enum Bus as "bus" { I2c = "i2c", Spi = "spi" } }
    labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "na\"ck", Timeout = "timeout" } }
    labels! { enum Way as utf8 "way.out" { In = "in", Out = "out" } }
    labels! { struct Event { bus: Bus, outcome: Outcome, way: Way } }

    fn all_places<L: ClosedLabels + PartialEq + core::fmt::Debug>() {
        for place in 0..L::COUNT {
            assert_eq!(L::at(place).unwrap().index(), place);
        }
        assert_eq!(L::at(L::COUNT), None);
        assert_eq!(L::at(usize::MAX), None);
    }

    #[test]
    fn places_and_values_agree() {
        all_places::<Bus>();
        all_places::<(Bus, Outcome)>();
        all_places::<(Outcome, Bus, Way)>();
        all_places::<(Outcome, Bus, Way, Bus)>();
        all_places::<Event>();
        assert_eq!(Event::COUNT, 12);
        assert!(Event::LABELS.iter().map(|label| label.name).eq(["bus", "outcome", "way.out"]));
    }

    #[test]
    fn labels_of_a_struct_come_in_field_order() {
        let event = Event { bus: Bus::Spi, outcome: Outcome::Nack, way: Way::Out };
        assert_eq!(event.label(0), Some(Label { name: "bus", value: "spi" }));
        assert_eq!(event.label(1), Some(Label { name: "outcome", value: "na\"ck" }));
        assert_eq!(event.label(2), Some(Label { name: "way.out", value: "out" }));
        assert_eq!(event.label(3), None);
    }

    #[test]
    fn plain_is_known_per_type() {
        assert!(Bus::I2c.is_plain());
        assert!(!Outcome::Ok.is_plain(), "a value of this label has a quote");
        assert!(!Way::In.is_plain(), "the name is not legacy");
        assert!(!(Bus::I2c, Way::In).is_plain());
    }
}
