//! Copies of files, whose counts are there already: made by a backup, by hand, or by a stranger.

use std::collections::HashSet;

use super::listing::Listed;
use super::reader::Worker;
use crate::file::disk::is_name_of;

/// The identities that were seen in a directory.
#[derive(Default)]
pub(crate) struct Originals(HashSet<u64>);

/// Whether a file is a copy of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Original,
    /// It may be one: its name is not that of its identity. It is seen again behind all others, as [`Listed::is_last`].
    Later,
    Copy,
}

impl Originals {
    /// A file of a worker that is renamed counts; the same identity in two files counts once, in the file of its own name.
    pub(crate) fn see(&mut self, listed: &Listed, worker: &Worker) -> Verdict {
        // The file of the dead alone has no identity, and another name.
        if worker.id == 0 {
            return Verdict::Copy;
        }
        if !listed.is_last && !is_name_of(&listed.name, worker.pid, worker.id) {
            return Verdict::Later;
        }
        if self.0.insert(worker.id) { Verdict::Original } else { Verdict::Copy }
    }
}
