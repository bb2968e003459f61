//! Delimited protobuf: a length and a `MetricFamily`, again and again (exposition formats, section 8).
//!
//! Read by hand: eleven small messages take less code than a generator's runtime, and every length is checked before anything is
//! made of it. Fields may come in any order, packed or not; unknown ones are passed over.

mod message;
mod wire;

use picometer::Kind;

use super::budget::{Budget, Limits};
use super::error::{Error, ErrorKind};
use crate::model::Family;
use wire::Wire;

/// Reads a page of delimited `MetricFamily` messages. Histograms and summaries become the samples that a text page has; a native
/// histogram is one sample under the name of its family.
///
/// ```
/// use picometer_std::parse::{Limits, protobuf};
///
/// // Exposition formats, section 12: the counter a_total, which is 1.
/// let page =
///     b"\x18\x0a\x07a_total\x18\x00\x22\x0b\x1a\x09\x09\x00\x00\x00\x00\x00\x00\xf0\x3f";
/// let families = protobuf(page, Limits::default()).unwrap();
/// assert_eq!(families[0].sample("a_total", &[]).unwrap().value.as_f64(), 1.0);
/// ```
///
/// # Errors
///
/// The first that there is, with its byte in the page.
pub fn protobuf(page: &[u8], limits: Limits) -> Result<Vec<Family>, Error> {
    let mut wire = Wire::new(page, 0);
    let (mut families, mut budget) = (Vec::new(), Budget::new(limits, page.len()));
    while !wire.is_empty() {
        let at = wire.offset();
        let length = wire.length_prefix()?;
        let too_long = |kind| Error { kind, line: 0, column: 0, offset: at as u64 };
        if length > limits.message {
            return Err(too_long(ErrorKind::MessageTooLong));
        }
        budget.family().map_err(too_long)?;
        families.push(message::family(wire.message(length)?, &mut budget)?);
    }
    Ok(families)
}

/// The type with this number.
fn kind(number: u64) -> Option<Kind> {
    Some(match number {
        0 => Kind::Counter,
        1 => Kind::Gauge,
        2 => Kind::Summary,
        3 => Kind::Unknown,
        4 => Kind::Histogram,
        5 => Kind::GaugeHistogram,
        _ => return None,
    })
}
