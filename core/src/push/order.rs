//! The labels of a series in the order that receivers ask for: by name, none twice, none empty.

use core::cmp::Ordering;

use super::sample::Sample;
use crate::charset::{is_legacy_byte, is_legacy_label_name};
use crate::desc::Parts;
use crate::label::LabelSet;
use crate::protobuf::Fields;

/// The complete labels of a series: its own, its name if the format has it among the labels, and those of the target that the
/// series has not.
pub(super) struct Ordered<'a> {
    sample: &'a Sample<'a>,
    target: &'a dyn LabelSet,
    /// How many labels the sample has itself.
    own: usize,
    named: bool,
    utf8: bool,
    order: Option<Order>,
}

/// The places of the labels, sorted by name.
struct Order {
    places: [u8; Self::MOST],
    len: usize,
}

impl Order {
    /// Series with more labels are written by selection.
    const MOST: usize = 24;

    fn places(&self) -> &[u8] {
        self.places.get(..self.len).unwrap_or_default()
    }

    /// Puts a place in front of those from `at` on; whether there was room.
    fn insert(&mut self, at: usize, place: usize) -> bool {
        let Some(from) = self.places.get_mut(at..=self.len) else { return false };
        from.rotate_right(1);
        if let (Some(first), Ok(place)) = (from.first_mut(), u8::try_from(place)) {
            *first = place;
        }
        self.len += 1;
        true
    }
}

/// A text in parts, with `_` for what is not legal in a name.
#[derive(Clone)]
pub(super) struct Text<'a> {
    parts: Parts<'a>,
    escape: Option<Colon>,
}

/// Whether `:` is legal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Colon(bool);

impl Text<'_> {
    fn raw(text: &str) -> Text<'_> {
        Text { parts: Parts::of(text), escape: None }
    }

    /// The text where it is one piece that is written as it is; not asked on microcontrollers, for less code.
    fn whole(&self) -> Option<&str> {
        self.parts.single().filter(|_| cfg!(target_pointer_width = "64") && self.escape.is_none())
    }

    /// The bytes that it is written as.
    pub(super) fn bytes(&self) -> Bytes<'_> {
        Bytes { parts: self.parts.clone(), part: &[], first: true, escape: self.escape }
    }

    /// Writes it as a field of a message.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn field(&self, out: &mut Fields<'_>, field: u32) {
        if let Some(text) = self.whole() {
            return out.string(field, text);
        }
        out.delimited(field, self.bytes().count());
        self.bytes().for_each(|byte| out.raw(&[byte]));
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn is_empty(&self) -> bool {
        self.parts.clone().all(str::is_empty)
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Some(one), Some(other)) = (self.whole(), other.whole()) {
            return one.cmp(other);
        }
        self.bytes().cmp(other.bytes())
    }
}

/// The bytes of a [`Text`].
pub(super) struct Bytes<'a> {
    parts: Parts<'a>,
    part: &'a [u8],
    first: bool,
    escape: Option<Colon>,
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn next(&mut self) -> Option<u8> {
        loop {
            let Some((&byte, rest)) = self.part.split_first() else {
                self.part = self.parts.next()?.as_bytes();
                continue;
            };
            self.part = rest;
            let Some(Colon(colon)) = self.escape else { return Some(byte) };
            // One `_` for a character, however many bytes it has.
            if matches!(byte, 0x80..=0xbf) {
                continue;
            }
            let first = core::mem::take(&mut self.first);
            return Some(if is_legacy_byte(byte, first, colon) { byte } else { b'_' });
        }
    }
}

impl<'a> Ordered<'a> {
    /// `named` says whether the name is a label, `utf8` whether names stay as they are; otherwise what is not legal becomes `_`.
    pub(super) fn new(sample: &'a Sample<'a>, target: &'a dyn LabelSet, named: bool, utf8: bool) -> Self {
        let own = (0..).take_while(|&index| sample.label(index).is_some()).count();
        let mut new = Self { sample, target, own, named, utf8, order: None };
        // Microcontrollers select, for less code.
        if cfg!(target_pointer_width = "64") {
            new.order = new.order();
        }
        new
    }

    /// Sorts by insertion from behind, which is one comparison a label where they are sorted already; [`None`] where there are too many.
    fn order(&'a self) -> Option<Order> {
        let mut order = Order { places: [0; Order::MOST], len: 0 };
        'labels: for index in usize::from(!self.named).. {
            let Some((name, value)) = self.at(index) else { break };
            if value.is_empty() {
                continue;
            }
            let mut at = order.len;
            for &place in order.places().iter().rev() {
                let Some((before, _)) = self.at(place.into()) else { break };
                match before.cmp(&name) {
                    Ordering::Less => break,
                    Ordering::Equal => continue 'labels,
                    Ordering::Greater => at -= 1,
                }
            }
            if !order.insert(at, index) {
                return None;
            }
        }
        Some(order)
    }

    fn name(&self, parts: Parts<'a>, colon: bool) -> Text<'a> {
        let plain = || cfg!(target_pointer_width = "64") && parts.single().is_some_and(is_legacy_label_name);
        let escape = (!self.utf8 && !plain()).then_some(Colon(colon));
        Text { parts, escape }
    }

    /// What the series is called.
    pub(super) fn metric_name(&'a self) -> Text<'a> {
        let escape = !(self.utf8 || self.sample.desc().is_legacy());
        Text { parts: self.sample.name().parts(), escape: escape.then_some(Colon(true)) }
    }

    /// The label at `index` of all that there are; [`None`] behind the last one. The first is the name.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn at(&'a self, index: usize) -> Option<(Text<'a>, Text<'a>)> {
        let Some(index) = index.checked_sub(1) else { return Some((Text::raw("__name__"), self.metric_name())) };
        let (parts, value) = match index.checked_sub(self.own) {
            None => self.sample.label(index)?,
            Some(index) => self.target.label(index).map(|label| (Parts::of(label.name), label.value))?,
        };
        Some((self.name(parts, false), Text::raw(value)))
    }

    /// Calls `see` with index, name and value of each label, sorted by name. Where a name comes twice, the first one counts.
    ///
    /// By selection where there is no order: series have a handful of labels, and a list of them has a limit.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn each(&'a self, see: &mut dyn FnMut(usize, &Text<'a>, &Text<'a>)) {
        if let Some(order) = &self.order {
            for index in order.places().iter().map(|&place| usize::from(place)) {
                let Some((name, value)) = self.at(index) else { return };
                see(index, &name, &value);
            }
            return;
        }
        let mut last: Option<Text<'a>> = None;
        loop {
            let mut next: Option<(usize, Text<'a>, Text<'a>)> = None;
            let mut index = usize::from(!self.named);
            while let Some((name, value)) = self.at(index) {
                let behind = last.as_ref().is_none_or(|last| name.cmp(last) == Ordering::Greater);
                if behind && !value.is_empty() && next.as_ref().is_none_or(|(_, best, _)| name.cmp(best) == Ordering::Less) {
                    next = Some((index, name, value));
                }
                index += 1;
            }
            let Some((index, name, value)) = next else { return };
            see(index, &name, &value);
            last = Some(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desc::Desc;
    use crate::encode::Point;
    use crate::label::Label;
    use crate::push::sample::samples;
    use std::string::String;
    use std::vec::Vec;

    /// Labels by their names; the value is the name, or nothing for those of one byte.
    struct Named(Vec<String>);

    impl LabelSet for Named {
        fn label(&self, index: usize) -> Option<Label<'_>> {
            self.0.get(index).map(|name| Label { name, value: if name.len() > 1 { name } else { "" } })
        }
    }

    /// Places and names as they are shown, by the order that was found or by selection.
    fn shown(labels: &Named, target: &Named, by_order: bool) -> Vec<(usize, Vec<u8>)> {
        const DESC: Desc = Desc::gauge("g", "");
        let mut all = Vec::new();
        let see = &mut |sample: &Sample<'_>| {
            for (named, utf8) in [(true, true), (true, false), (false, true)] {
                let mut ordered = Ordered::new(sample, target, named, utf8);
                assert_eq!(ordered.order.is_some(), labels.0.len() < 20);
                if !by_order {
                    ordered.order = None;
                }
                ordered.each(&mut |index, name, _| all.push((index, name.bytes().collect())));
            }
            Ok(())
        };
        samples(&DESC, labels, &Point::number(1_u32), see).unwrap();
        all
    }

    #[test]
    fn order_is_that_of_selection() {
        let names = ["aa", "", "job", "Zone", "a.b", "a_b", "x", "zz", "job"];
        let target = Named(["instance", "aa", "zzz", "job"].map(String::from).into());
        // Rotated, and with each pair of neighbours swapped: sorted, nearly, and not at all.
        for turn in 0..names.len() * names.len() {
            let mut mixed = names;
            mixed.rotate_left(turn / names.len());
            mixed.swap(turn % names.len(), (turn + 1) % names.len());
            let labels = Named(mixed.map(String::from).into());
            assert_eq!(shown(&labels, &target, true), shown(&labels, &target, false), "{mixed:?}");
        }
        let many = Named((10..50).map(|number| std::format!("l{number}")).collect());
        assert_eq!(shown(&many, &target, true).len(), 3 * (40 + 4) + 2);
    }
}
