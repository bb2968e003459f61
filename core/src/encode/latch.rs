//! The numbers of a metric that was cut between two of its lines.
//!
//! A histogram is many lines of one moment. When a buffer is full after some of them, the rest is written later from the same
//! numbers: reading them again would put observations of two moments into one histogram, and shows slow calls that never
//! happened (`le="0.005"` 34, then `+Inf` 40).

use crate::atomic::Uint;
use crate::encode::Stop;
use crate::encode::page::{Halt, Page};
use crate::label::LabelSet;
use crate::number::Number;

/// Holds the numbers of the metric that is sent in part, if there is one.
#[derive(Clone, Copy)]
pub(crate) struct Latch<const N: usize> {
    counts: [Uint; N],
    held: Held,
}

/// What a [`Latch`] holds besides counts.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    /// Which labels the metric has: its place may have gone to another series since.
    identity: u32,
    pub(crate) beyond: Uint,
    pub(crate) sum: Option<Number>,
}

/// A [`Latch`] of any size.
pub(crate) struct LatchRef<'a> {
    counts: &'a mut [Uint],
    held: &'a mut Held,
}

impl Held {
    pub(crate) const fn new(beyond: Uint, sum: Option<Number>) -> Self {
        Self { identity: 0, beyond, sum }
    }
}

impl<const N: usize> Latch<N> {
    pub(crate) const fn new() -> Self {
        Self { counts: [0; N], held: Held::new(0, None) }
    }

    pub(crate) fn as_ref(&mut self) -> LatchRef<'_> {
        LatchRef { counts: &mut self.counts, held: &mut self.held }
    }
}

impl LatchRef<'_> {
    /// Puts the numbers to go on with into `held`, if the metric that `page` stands at is sent in part; whether it is.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the place of that metric belongs to another series now.
    pub(crate) fn resume(&self, page: &mut Page<'_>, labels: &dyn LabelSet, held: &mut Held) -> Result<bool, Stop> {
        if !page.inside() {
            return Ok(false);
        }
        if self.held.identity != identity(labels) {
            return Err(page.fail(Halt::Vanished));
        }
        *held = *self.held;
        Ok(true)
    }

    /// The count of a bucket to go on with.
    pub(crate) fn count(&self, bucket: usize) -> Uint {
        self.counts.get(bucket).copied().unwrap_or(0)
    }

    /// The counts of the first `len` buckets to go on with.
    pub(crate) fn counts(&self, len: usize) -> &[Uint] {
        self.counts.get(..len).unwrap_or(&[])
    }

    /// Keeps the numbers of a metric that did not fit, if some of its lines are sent.
    pub(crate) fn hold(&mut self, page: &mut Page<'_>, labels: &dyn LabelSet, counts: &[Uint], held: &Held) {
        if page.units() == 0 || page.inside() {
            return;
        }
        match self.counts.get_mut(..counts.len()) {
            Some(places) => {
                places.iter_mut().zip(counts).for_each(|(place, &count)| *place = count);
                *self.held = Held { identity: identity(labels), ..*held };
            }
            None => {
                page.fail(Halt::TooManyBuckets);
            }
        }
    }
}

/// FNV-1a over names and values.
pub(crate) fn identity(labels: &dyn LabelSet) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut index = 0;
    while let Some(label) = labels.label(index) {
        for text in [label.name, label.value] {
            for &byte in text.as_bytes() {
                hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
            }
            // No byte of UTF-8: where one text ends and the next begins makes a difference.
            hash ^= 0xff;
        }
        index += 1;
    }
    hash
}
