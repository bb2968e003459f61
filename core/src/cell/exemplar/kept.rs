//! One exemplar in fixed memory.

use crate::atomic::{AtomicU8, AtomicU32, Ordering};
use crate::encode::Exemplar;
use crate::label::{Label, LabelSet};
use crate::number::Number;
use crate::sequence::Sequence;
use crate::time::Timestamp;
use crate::value::Value;

/// The length of the labels of an exemplar that was forgotten.
const NONE: u32 = u32::MAX;

/// One exemplar. A writer that meets another one leaves its own out; a reader that meets one, or was overtaken by one, shows none.
pub(super) struct Kept<V: Value, const BYTES: usize> {
    sequence: Sequence,
    value: V::Atomic,
    seconds: [AtomicU32; 2],
    /// `u32::MAX` for no timestamp.
    nanos: AtomicU32,
    /// Names and values in turn, each behind its length.
    bytes: [AtomicU8; BYTES],
    len: AtomicU32,
}

impl<V: Value, const BYTES: usize> Kept<V, BYTES> {
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    pub(super) const NEW: Self = Self {
        sequence: Sequence::new(),
        value: V::NEW,
        seconds: [const { AtomicU32::new(0) }; 2],
        nanos: AtomicU32::new(0),
        bytes: [const { AtomicU8::new(0) }; BYTES],
        len: AtomicU32::new(0),
    };

    pub(super) fn keep(&self, labels: &[(&str, &str)], value: V, timestamp: Option<Timestamp>) {
        self.sequence.write(|| {
            let parts = labels.iter().flat_map(|&(name, value)| [name, value]);
            let bytes = parts.flat_map(|part| [part.len() as u8].into_iter().chain(part.bytes()));
            let mut len = 0;
            for (place, byte) in self.bytes.iter().zip(bytes) {
                place.store(byte, Ordering::Relaxed);
                len += 1;
            }
            self.len.store(len, Ordering::Relaxed);
            value.store(&self.value);
            let (seconds, nanos) = timestamp.map_or((0, u32::MAX), |moment| (moment.seconds(), moment.nanos()));
            let [high, low] = &self.seconds;
            high.store((seconds >> 32) as u32, Ordering::Relaxed);
            low.store(seconds as u32, Ordering::Relaxed);
            self.nanos.store(nanos, Ordering::Relaxed);
        });
    }

    /// Keeps none.
    pub(super) fn forget(&self) {
        self.sequence.write(|| self.len.store(NONE, Ordering::Relaxed));
    }

    /// Calls `see` with the exemplar, if one exists and none is being written; its value is in units of `1 / per_unit`.
    pub(super) fn show(&self, per_unit: u32, see: &mut dyn FnMut(&Exemplar<'_>)) {
        let Some((labels, value, moment)) = self.copy(per_unit) else { return };
        let exemplar = Exemplar::new(&labels, value);
        see(&moment.map_or(exemplar, |moment| exemplar.at(moment)));
    }

    /// The exemplar, if one exists and none is being written.
    #[inline]
    pub(super) fn copy(&self, per_unit: u32) -> Option<(Copied<BYTES>, Number, Option<Timestamp>)> {
        let found = self.sequence.read(|| {
            let bytes = self.bytes.each_ref().map(|byte| byte.load(Ordering::Relaxed));
            let labels = Copied { bytes, len: self.len.load(Ordering::Relaxed) as usize };
            let [high, low] = self.seconds.each_ref().map(|half| half.load(Ordering::Relaxed));
            (labels, V::load(&self.value), high, low, self.nanos.load(Ordering::Relaxed))
        });
        let (labels, value, high, low, nanos) = found.filter(|(labels, ..)| labels.is_kept())?;
        let seconds = (u64::from(high) << 32 | u64::from(low)) as i64;
        let value = if per_unit == 1 { value.number() } else { value.scaled_number(per_unit) };
        Some((labels, value, (nanos != u32::MAX).then(|| Timestamp::new(seconds, nanos))))
    }
}

/// The labels of an exemplar as they were read.
pub(super) struct Copied<const BYTES: usize> {
    pub(super) bytes: [u8; BYTES],
    pub(super) len: usize,
}

impl<const BYTES: usize> Copied<BYTES> {
    fn is_kept(&self) -> bool {
        self.len != NONE as usize
    }
}

impl<const BYTES: usize> LabelSet for Copied<BYTES> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        let mut rest = self.bytes.get(..self.len)?;
        let mut part = || {
            let (&len, behind) = rest.split_first()?;
            let (part, behind) = behind.split_at_checked(usize::from(len))?;
            rest = behind;
            core::str::from_utf8(part).ok()
        };
        for _ in 0..index {
            part()?;
            part()?;
        }
        Some(Label { name: part()?, value: part()? })
    }
}
