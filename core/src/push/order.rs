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
    pub(super) sample: &'a Sample<'a>,
    pub(super) target: &'a dyn LabelSet,
    /// Whether the name is a label.
    pub(super) named: bool,
    /// Whether names stay as they are; otherwise what is not legal becomes `_`.
    pub(super) utf8: bool,
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
        let (parts, value) = match self.sample.label(index) {
            Some(label) => label,
            None => {
                let own = (0..index).position(|index| self.sample.label(index).is_none()).unwrap_or(index);
                let label = self.target.label(index - own)?;
                (Parts::of(label.name), label.value)
            }
        };
        Some((self.name(parts, false), Text::raw(value)))
    }

    /// Calls `see` with index, name and value of each label, sorted by name. Where a name comes twice, the first one counts.
    ///
    /// By selection: series have a handful of labels, and a list of them would need a limit.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn each(&'a self, see: &mut dyn FnMut(usize, &Text<'a>, &Text<'a>)) {
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
