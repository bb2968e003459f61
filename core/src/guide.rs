//! Guides: pages of documentation, without code of their own.

pub mod boards;
