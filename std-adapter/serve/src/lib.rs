//! Pages of metrics in memory, in files, over HTTP, and in the web servers that a program has already.
//!
//! `picometer-std` re-exports all of this, and has the documentation to begin with.
//!
//! | task | where |
//! |---|---|
//! | serve `/metrics` from a thread of its own, with deadlines, TLS and passwords | `exporter`, with feature `exporter` |
//! | add a route, and measure requests, in axum, tower, hyper or actix-web | [`web`] |
//! | answer in any other server | [`respond`] |
//! | write a page into memory | [`render()`] |
//! | write a file for node_exporter | [`textfile`] |
//! | compare a page with its text in a test | [`assert_page`] |
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
