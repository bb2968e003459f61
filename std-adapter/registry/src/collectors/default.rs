//! The registry of the process.

use std::sync::OnceLock;

use super::{PROCESS, RUST};
use crate::epoch::once;
use crate::registry::Registry;

/// The registry of the process, for libraries and programs that need no other. It starts with what is known of every program:
/// [`collectors::PROCESS`](crate::collectors::PROCESS) and [`collectors::RUST`](crate::collectors::RUST).
///
/// ```
/// use picometer_std::{Counter, Metric, default_registry};
/// use std::sync::{Arc, LazyLock};
///
/// static JOBS: LazyLock<Arc<Metric<Counter>>> = LazyLock::new(|| {
///     default_registry()
///         .get_or_register(Metric::new("jobs_total", "Jobs done."))
///         .expect("a good name")
/// });
///
/// JOBS.inc();
/// ```
#[doc(alias("REGISTRY", "DefaultRegisterer", "DefaultGatherer"))]
pub fn default_registry() -> &'static Registry {
    static DEFAULT: OnceLock<Registry> = OnceLock::new();
    once(&DEFAULT, || {
        let registry = Registry::new();
        // A registry of nothing has these names free, and the names are good.
        let _ = registry.register_shared(PROCESS.clone());
        let _ = registry.register_shared(RUST.clone());
        registry
    })
}
