//! Fields that are left out where they say nothing, and the moment of a push.

use std::time::{SystemTime, UNIX_EPOCH};

use picometer::Timestamp;
use picometer::protobuf::Buffer;

/// A text field, left out where it is empty.
pub(super) fn text(out: &mut Buffer, field: u32, content: &str) {
    if !content.is_empty() {
        out.string(field, content);
    }
}

/// A varint field, left out where it is zero.
pub(super) fn uint(out: &mut Buffer, field: u32, value: u64) {
    if value != 0 {
        out.uint(field, value);
    }
}

/// The moment of a system time; a clock before 1970 stands at 1970.
pub(super) fn moment(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
