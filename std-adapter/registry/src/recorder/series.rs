//! A series of the facade, and its place in the tables.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use picometer::Cell;

use crate::epoch;
use crate::family::idle::Idle;

pub(super) type Labels = Box<[(Box<str>, Box<str>)]>;

/// A cell of a metric of the facade.
pub(super) trait Recorded: Cell + 'static {
    /// The series was taken off the pages: other processes are not to see it either.
    fn removed(&self);
}

/// One series. What libraries have of it are shares of this.
pub(super) struct Series<C> {
    pub(super) labels: Labels,
    pub(super) is_overflow: bool,
    /// Of a recorder with a time to live.
    pub(super) idle: Option<Idle>,
    pub(super) cell: C,
}

/// A series in the tables, which have shares of this: any other share of the series is a library's.
pub(super) struct Entry<C> {
    pub(super) series: Arc<Series<C>>,
    /// Where it is in its group.
    pub(super) place: u32,
    /// How many series the group had made.
    pub(super) born: u32,
    pub(super) is_gone: AtomicBool,
    /// How many keys stand for it.
    pub(super) keys: AtomicUsize,
}

impl<C> Entry<C> {
    /// Whether a library has a handle of it.
    pub(super) fn has_handles(&self) -> bool {
        Arc::strong_count(&self.series) > 1
    }

    /// A handle, and the series is said to be used; none where it is gone.
    pub(super) fn handle(&self) -> Option<Arc<Series<C>>> {
        // Until the handle is counted, which is before the series is said to be used.
        let _guard = self.series.idle.as_ref().map(|_| epoch::pin());
        let handle = self.series.clone();
        let is_used = handle.idle.as_ref().is_none_or(Idle::touch_by_handle);
        (is_used && !self.is_gone.load(Ordering::Relaxed)).then_some(handle)
    }
}
