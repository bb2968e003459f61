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
#[derive(Clone, Copy, Default)]
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

impl<const N: usize> Latch<N> {
    pub(crate) const fn new() -> Self {
        Self { counts: [0; N], held: Held { identity: 0, beyond: 0, sum: None } }
    }

    pub(crate) fn as_ref(&mut self) -> LatchRef<'_> {
        LatchRef { counts: &mut self.counts, held: &mut self.held }
    }
}

impl LatchRef<'_> {
    /// The numbers to go on with: of the latch, if the metric that `page` stands at is sent in part.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the place of that metric belongs to another series now.
    pub(crate) fn resume(&self, page: &mut Page<'_>, labels: &dyn LabelSet) -> Result<Option<Held>, Stop> {
        if !page.inside() {
            Ok(None)
        } else if self.held.identity == identity(labels) {
            Ok(Some(*self.held))
        } else {
            Err(page.fail(Halt::Vanished))
        }
    }

    /// The count of a bucket to go on with, if the metric that `page` stands at is sent in part.
    pub(crate) fn count(&self, page: &Page<'_>, bucket: usize) -> Option<Uint> {
        if page.inside() { self.counts.get(bucket).copied() } else { None }
    }

    /// Keeps the numbers of a metric that did not fit, if some of its lines are sent.
    pub(crate) fn hold(&mut self, page: &mut Page<'_>, labels: &dyn LabelSet, counts: &[Uint], beyond: Uint, sum: Option<Number>) {
        if page.units() == 0 || page.inside() {
            return;
        }
        match self.counts.get_mut(..counts.len()) {
            Some(places) => {
                places.iter_mut().zip(counts).for_each(|(place, &count)| *place = count);
                *self.held = Held { identity: identity(labels), beyond, sum };
            }
            None => {
                page.fail(Halt::TooManyBuckets);
            }
        }
    }
}

/// FNV-1a over names and values.
fn identity(labels: &dyn LabelSet) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut index = 0;
    while let Some(label) = labels.label(index) {
        for byte in label.name.bytes().chain([0xff]).chain(label.value.bytes()).chain([0xff]) {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
        index += 1;
    }
    hash
}
