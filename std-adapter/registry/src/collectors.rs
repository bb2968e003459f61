//! Metrics of what every program has: its process, its compiler and build, its heap, its runtime.
//!
//! The [default registry](crate::default_registry) has [`PROCESS`] and [`RUST`]; others are registered where they are wanted.
//! A program that wants neither unregisters them, or serves a [`Registry`](crate::Registry) of its own:
//!
//! ```
//! use picometer_std::{collectors, default_registry, render, Format};
//!
//! assert!(default_registry().unregister(&collectors::RUST));
//! let mut page = Vec::new();
//! render(default_registry(), Format::Text004, &mut page);
//! let page = String::from_utf8_lossy(&page);
//! assert!(!page.contains("rust_info"));
//! # #[cfg(target_os = "linux")]
//! assert!(page.contains("process_resident_memory_bytes"));
//! ```

#[allow(unsafe_code, reason = "an allocator is unsafe to be: it forwards what it counts")]
mod allocator;
mod build_info;
pub(crate) mod default;
mod lazy;
mod process;
mod rust_info;
#[cfg(feature = "tokio")]
mod tokio;

use std::sync::Arc;

#[cfg(feature = "tokio")]
pub use self::tokio::TokioRuntime;
pub use allocator::{CountingAllocator, HeapUsage};
pub use build_info::BuildInfo;
pub use lazy::Lazy;
pub use process::Process;
pub use rust_info::RustInfo;

/// The collector of this process that the default registry has.
pub static PROCESS: Lazy<Arc<Process>> = Lazy::new(|| Arc::new(Process::current()));

/// The `rust_info` that the default registry has.
pub static RUST: Lazy<Arc<RustInfo>> = Lazy::new(|| Arc::new(RustInfo));
