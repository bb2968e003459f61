//! The bytes of Remote Write: snappy of one literal, varints, fields, samples.

use crate::encode::page::Page;
use crate::label::LabelSet;
use crate::varint::Scratch;
pub(super) use crate::varint::varint_len;

/// The preamble of a snappy block of one literal.
pub(super) fn snappy(payload: u64) -> Scratch {
    let mut scratch = Scratch::new();
    scratch.varint(payload);
    if let Some(last) = payload.checked_sub(1) {
        let wide = match last {
            0..60 => 0,
            60..0x100 => 1,
            0x100..0x1_0000 => 2,
            0x1_0000..0x100_0000 => 3,
            _ => 4,
        };
        scratch.byte(if wide == 0 { (last as u8) << 2 } else { (59 + wide) << 2 });
        last.to_le_bytes().into_iter().take(wide.into()).for_each(|byte| scratch.byte(byte));
    }
    scratch
}

#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn put_varint(page: &mut Page<'_>, value: u64) {
    let mut scratch = Scratch::new();
    scratch.varint(value);
    page.put(scratch.bytes());
}

/// The size of a field with a length in front.
pub(super) fn field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

pub(super) fn put_text(page: &mut Page<'_>, tag: u8, text: &str) {
    page.put(&[tag]);
    put_varint(page, text.len() as u64);
    page.put(text.as_bytes());
}

/// A start time of zero means that it is not known, so the epoch itself moves by a millisecond.
pub(super) const fn nonzero(millis: i64) -> i64 {
    if millis == 0 { 1 } else { millis }
}

/// The bits of a sample; NaN is the one that is not a stale marker.
pub(super) fn bits(value: f64) -> u64 {
    if value.is_nan() { 0x7ff8_0000_0000_0001 } else { value.to_bits() }
}

pub(super) fn count(labels: &dyn LabelSet) -> u32 {
    (0..).take_while(|&index| labels.label(index).is_some()).count() as u32
}

pub(super) fn put_sample(page: &mut Page<'_>, value: u64, millis: i64, started: i64) {
    page.put(&[0x12]);
    put_varint(page, sample_len(millis, started) as u64);
    page.put(&[0x09]);
    page.put(&value.to_le_bytes());
    page.put(&[0x10]);
    put_varint(page, millis as u64);
    if started != 0 {
        page.put(&[0x18]);
        put_varint(page, started as u64);
    }
}

pub(super) fn sample_len(millis: i64, started: i64) -> usize {
    let moment = |millis: i64| 1 + varint_len(millis as u64);
    9 + moment(millis) + if started == 0 { 0 } else { moment(started) }
}
