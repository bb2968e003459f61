//! How much memory what is read may take. Needs `core` only.

use super::error::ErrorKind;

/// How large a page may be. Each is looked at before memory is taken for what it limits.
///
/// ```
/// let limits = picometer_std::parse::Limits { message: 1 << 20, ..Default::default() };
/// assert_eq!(limits.families, usize::MAX);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one family.
    pub message: usize,
    /// How many families.
    pub families: usize,
    /// How many samples in all. It limits the memory too: to 16 KiB for each of them, labels and native buckets included.
    pub samples: usize,
    /// Bytes of memory that what is read may take, about; never more than 256 for each byte of the page and 16 MiB.
    pub memory: usize,
}

impl Default for Limits {
    /// 64 MiB a family, and as much as there is.
    fn default() -> Self {
        Self { message: 64 << 20, families: usize::MAX, samples: usize::MAX, memory: usize::MAX }
    }
}

/// What is left of the limits while a page is read: asked before memory is taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    families: usize,
    samples: usize,
    memory: usize,
}

/// Bytes of memory for each byte of a page: short lines and buckets become samples with all their labels.
pub(super) const PER_BYTE: usize = 256;
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

fn spend(left: &mut usize, amount: usize) -> Result<(), ErrorKind> {
    *left = left.checked_sub(amount).ok_or(ErrorKind::PageTooLong)?;
    Ok(())
}
