//! Snappy's block format, in literals only, so that it takes no memory.

use crate::varint::Scratch;

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
