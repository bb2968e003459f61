//! The text of a combination of closed labels, kept from one place of a family to the next.

use super::ClosedLabel;

/// `method="GET",code="200"`, for servers. From one place to the next little but the last value changes. So the division and the
/// call for each label are made once per round of the last label.
#[cfg(target_pointer_width = "64")]
pub(super) struct CombinationText {
    /// Nothing where labels need escaping or are longer.
    text: Option<heapless::String<128>>,
    /// Where the value of the last label begins, and which it is.
    tail: usize,
    last: usize,
    place: u32,
}

#[cfg(target_pointer_width = "64")]
impl CombinationText {
    pub(super) const fn new() -> Self {
        Self { text: None, tail: 0, last: 0, place: 0 }
    }

    /// Begins at a place.
    pub(super) fn write(&mut self, labels: &'static [ClosedLabel], place: u32) {
        self.place = place;
        self.text = super::are_plain(labels).then(|| self.first(labels)).flatten();
    }

    fn first(&mut self, labels: &'static [ClosedLabel]) -> Option<heapless::String<128>> {
        let mut text = heapless::String::new();
        for (index, label) in labels.iter().enumerate() {
            let value = super::label_at(labels, self.place, index)?.value;
            if index > 0 {
                text.push(',').ok()?;
            }
            text.push_str(label.name).ok()?;
            text.push_str("=\"").ok()?;
            self.tail = text.len();
            text.push_str(value).ok()?;
            text.push('"').ok()?;
        }
        self.last = self.place as usize % labels.last()?.texts.len().max(1);
        Some(text)
    }

    /// Goes to the next place.
    #[inline]
    pub(super) fn advance(&mut self, labels: &'static [ClosedLabel]) {
        self.place += 1;
        self.last += 1;
        let next = labels.last().and_then(|label| label.texts.get(self.last));
        match (&mut self.text, next) {
            (Some(text), Some(value)) => {
                text.truncate(self.tail);
                if text.push_str(value).is_err() || text.push('"').is_err() {
                    self.text = None;
                }
            }
            // The last label begins again, and the one before goes on.
            (Some(_), None) => self.write(labels, self.place),
            (None, _) => {}
        }
    }

    #[inline]
    pub(super) fn get(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

#[cfg(not(target_pointer_width = "64"))]
pub(super) struct CombinationText;

#[cfg(not(target_pointer_width = "64"))]
impl CombinationText {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) fn write(&mut self, _: &'static [ClosedLabel], _: u32) {}

    pub(super) fn advance(&mut self, _: &'static [ClosedLabel]) {}
}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use std::format;
    use std::string::String;

    use super::super::{ClosedLabels, Combination};
    use crate::label::LabelSet;
    use crate::labels;

    labels! { enum Bus as "bus" { I2c = "i2c", Spi = "spi" } }
    labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack", Timeout = "timeout" } }
    labels! { enum Quoted as "quoted" { Yes = "a\"b", No = "" } }
    labels! { enum Width as "width" { Short = "s", Long = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789", Next = "n" } }

    fn texts<L: ClosedLabels>(from: usize) -> impl Iterator<Item = (Option<String>, String)> {
        let mut labels = Combination::new(L::LABELS, from as u32).with_text();
        (from..L::COUNT).map(move |_| {
            let listed = (0..).map_while(|index| labels.label(index)).map(|label| format!("{}=\"{}\"", label.name, label.value));
            let texts = (labels.rendered().map(String::from), listed.collect::<std::vec::Vec<_>>().join(","));
            labels.advance();
            texts
        })
    }

    #[test]
    fn the_text_follows_the_labels() {
        for from in 0..12 {
            assert!(texts::<(Bus, Outcome, Bus)>(from).all(|(text, listed)| text == Some(listed)));
        }
        assert!(texts::<Outcome>(0).all(|(text, listed)| text == Some(listed)));
    }

    #[test]
    fn what_is_escaped_or_too_long_has_no_text() {
        assert!(texts::<(Bus, Quoted)>(0).all(|(text, _)| text.is_none()));
        assert!(texts::<Width>(0).all(|(text, listed)| text.is_none_or(|text| text == listed)));
        assert!(texts::<Width>(0).nth(1).is_some_and(|(text, _)| text.is_none()));
    }
}
