//! Sums of rows: what several slabs have at the same places, one behind the other.

use crate::atomic::{AtomicU64, Ordering};

/// So many rows at once, so that a sum stays in a register for as many.
pub(super) const AT_ONCE: usize = if cfg!(loom) { 2 } else { 8 };

/// Rows, as long as there are any.
pub(super) type Rows<'r> = [Option<&'r [AtomicU64]>; AT_ONCE];

/// Adds rows to `values`, which are as many as each row has, or makes `values` their sums where it `is_first`.
#[inline]
pub(super) fn add_rows(rows: &Rows<'_>, values: &mut [u64], is_first: bool) {
    let mut is_first = is_first;
    let before = |value: &u64, is_first| if is_first { 0 } else { *value };
    #[cfg(not(loom))]
    if let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f), Some(g), Some(h)] = rows {
        let (first, second) = (a.iter().zip(*b).zip(*c).zip(*d), e.iter().zip(*f).zip(*g).zip(*h));
        for ((value, (((a, b), c), d)), (((e, f), g), h)) in values.iter_mut().zip(first).zip(second) {
            *value = add(before(value, is_first), [a, b, c, d, e, f, g, h].into_iter());
        }
        return;
    }
    for row in rows.iter().flatten() {
        values.iter_mut().zip(*row).for_each(|(value, cell)| *value = add(before(value, is_first), [cell].into_iter()));
        is_first = false;
    }
    if is_first {
        values.fill(0);
    }
}

/// A sum with what cells have, which wraps around.
#[inline(always)]
pub(super) fn add<'a>(sum: u64, cells: impl Iterator<Item = &'a AtomicU64>) -> u64 {
    cells.fold(sum, |sum, cell| sum.wrapping_add(cell.load(Ordering::Relaxed)))
}
