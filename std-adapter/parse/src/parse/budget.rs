//! How much memory what is read may take. Needs `core` only.

use super::error::ErrorKind;
use super::event::Sample;
use super::protobuf::Limits;

/// What is left of the limits while a page is read: asked before memory is taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    families: usize,
    samples: usize,
    memory: usize,
}

/// Bytes of memory for each byte of a page: short lines and buckets become samples with all their labels.
const PER_BYTE: usize = 256;
/// Bytes of memory for each sample that a limit allows.
const PER_SAMPLE: usize = 16 << 10;
/// Bytes of memory for any page.
const BASE: usize = 16 << 20;

impl Budget {
    /// For a page of so many bytes.
    pub(super) fn new(limits: Limits, page: usize) -> Self {
        let Limits { families, samples, memory, .. } = limits;
        let by_page = page.saturating_mul(PER_BYTE).saturating_add(BASE);
        let by_samples = samples.saturating_mul(PER_SAMPLE).saturating_add(BASE);
        Self { families, samples, memory: memory.min(by_page).min(by_samples) }
    }

    pub(super) fn family(&mut self) -> Result<(), ErrorKind> {
        spend(&mut self.families, 1)
    }

    /// How many samples more there may be.
    pub(super) fn samples_left(&self) -> usize {
        self.samples
    }

    pub(super) fn samples(&mut self, count: usize, bytes: usize) -> Result<(), ErrorKind> {
        spend(&mut self.samples, count)?;
        self.memory(bytes)
    }

    pub(super) fn memory(&mut self, bytes: usize) -> Result<(), ErrorKind> {
        spend(&mut self.memory, bytes)
    }
}

/// Whether what one line stands for is in proportion to it.
pub(super) fn allows(size: usize, sample: &Sample<'_>) -> bool {
    let line = sample.labels.raw().len() + sample.native_histogram.map_or(0, str::len);
    size <= line.saturating_mul(PER_BYTE).saturating_add(1 << 20)
}

fn spend(left: &mut usize, amount: usize) -> Result<(), ErrorKind> {
    *left = left.checked_sub(amount).ok_or(ErrorKind::PageTooLong)?;
    Ok(())
}
