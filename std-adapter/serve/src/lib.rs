//! Pages of metrics in memory, in files, over HTTP, and in the web servers that a program has already.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

mod assertion;
#[cfg(feature = "exporter")]
pub mod exporter;
mod page;
mod render;
pub mod respond;
pub mod textfile;
pub mod web;

pub use assertion::{assert_page, page_difference};
pub use render::{render, render_escaped};
