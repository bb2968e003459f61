//! A metric in one go, on a microcontroller: a small integer without moments or exemplars under a name and labels that need no
//! escaping. Its name is copied from the line before it. Anything else, and what does not fit, goes the long way, piece by piece.

use super::line::Sample;
use super::{Metric, Pass, TextEncoder};
use crate::copy::put;
use crate::desc::Kind;
use crate::encode::{Point, PointValue, Stop};
use crate::label::LabelSet;
use crate::number::put_digits;

impl TextEncoder<'_, '_> {
    /// A name was written from this byte of the page on, perhaps one to copy.
    pub(super) fn keep_name(&mut self, start: u64, metric: &Metric<'_>, sample: &Sample<'_>) {
        // Others have a line for their start besides.
        let one_line = self.style.open_metrics.is_none() || self.started.is_none() || metric.desc.kind() != Kind::Counter;
        let as_it_is = self.style.names.keeps_legacy && metric.desc.is_legacy();
        // No other sample has a suffix that is as long as that of the type.
        if one_line && as_it_is && self.pass == Pass::Main && sample.suffix.len() == metric.desc.own_suffix().len() {
            self.page.keep_name(start);
        }
    }

    /// Writes a metric, if it is of the simple sort, not begun yet, and fits; whether it did.
    ///
    /// # Errors
    ///
    /// [`Stop`] if it does not fit behind what the buffer has.
    #[inline(never)]
    pub(super) fn quick(&mut self, labels: &dyn LabelSet, point: &Point<'_>) -> Result<bool, Stop> {
        let PointValue::Number { value, exemplar: None } = &point.value else { return Ok(false) };
        let Some(Ok(value)) = value.as_u64().map(u32::try_from) else { return Ok(false) };
        let moments = point.timestamp.is_some() || point.created.is_some();
        if moments || !labels.is_plain() {
            return Ok(false);
        }
        let Some((name, room)) = self.page.name_and_room() else { return Ok(false) };
        let size = room.len();
        let Some(left) = line(room, name, labels, value) else {
            return if self.page.is_full() { Err(Stop) } else { Ok(false) };
        };
        let len = size - left.len();
        self.page.took(len, len);
        Ok(true)
    }
}

/// Writes to the front of `room` and returns the rest, unless the line does not fit.
#[inline(always)]
fn line<'r>(room: &'r mut [u8], name: &[u8], labels: &dyn LabelSet, value: u32) -> Option<&'r mut [u8]> {
    let mut room = put(room, name)?;
    let mut index = 0;
    while let Some(label) = labels.label(index) {
        room = put(byte(room, if index == 0 { b'{' } else { b',' })?, label.name.as_bytes())?;
        let (equals, rest) = room.split_first_chunk_mut()?;
        *equals = *b"=\"";
        room = byte(put(rest, label.value.as_bytes())?, b'"')?;
        index += 1;
    }
    if index > 0 {
        room = byte(room, b'}')?;
    }
    byte(put_digits(byte(room, b' ')?, value, 1)?, b'\n')
}

#[inline(always)]
fn byte(room: &mut [u8], byte: u8) -> Option<&mut [u8]> {
    let (place, rest) = room.split_first_mut()?;
    *place = byte;
    Some(rest)
}
