//! Who reads the files of all workers.

pub(crate) mod collector;
mod compact;
mod copies;
pub(crate) mod directory;
mod listing;
pub(crate) mod merge;
pub(crate) mod native;
mod process;
pub mod python;
pub(crate) mod reader;
mod turn;
