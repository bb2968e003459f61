//! One page for many processes: the mapped file of each worker, and the [`Collector`] that reads them all. Linux only.
//!
//! A worker's cells are those of picometer's registry, which says where they are and what they are called; nothing here knows them.
//! `file` is what a worker writes, `read` is who reads it. Services use `picometer_std::multiprocess`.
#![cfg(target_os = "linux")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

mod atomic;
mod file;
mod join;
mod mode;
mod read;

pub use join::{DIRECTORY, JoinError, Status};
pub use mode::GaugeMode;
pub use read::collector::Collector;
pub use read::directory::FileError;
pub use read::merge::Conflict;
pub use read::python;
pub use read::reader::Corrupt;

/// For the registry, whose cells are in the file of this process.
#[doc(hidden)]
pub mod storage {
    pub use crate::file::disk::nanos;
    pub use crate::file::exemplars::Exemplars;
    pub use crate::file::joined::{joined, note_unshared};
    pub use crate::file::key::of_point as key_of_point;
    pub use crate::file::layout::{HEADER_BYTES, KeyParts};
    pub use crate::file::mapping::table;
    pub use crate::file::tags::{BASES, IN_CHUNKS, Numbers, SLABS, Tags, Whereabouts};
    pub use crate::file::worker::Worker;
    pub use crate::join::{changing, chunk, current, join};
    pub use crate::read::native::{about as about_native, words as words_of_native};
}
