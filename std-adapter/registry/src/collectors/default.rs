//! The registry of the process.

use std::cell::Cell;
use std::sync::{Once, OnceLock};

use super::{PROCESS, RUST};
use crate::epoch::{Section, once};
use crate::registry::{RegisterError, Registry};

static DEFAULT: OnceLock<Registry> = OnceLock::new();
static GATHERED: Once = Once::new();

/// What the default registry refused, if the program asked for that registry.
pub fn refused_by_default() -> Vec<RegisterError> {
    let registry = DEFAULT.get().filter(|_| GATHERED.is_completed());
    registry.map(Registry::refused).unwrap_or_default()
}

/// The registry of the process.
///
/// It has what is known of every program: [`collectors::PROCESS`](crate::collectors::PROCESS) and
/// [`collectors::RUST`](crate::collectors::RUST). Behind them come all metrics that crates of the program declare by
/// [`metrics!`](crate::metrics), in the order of their names. Of a crate that the program names nowhere, the compiler links nothing:
/// `use driver as _;` names it.
///
/// What was refused, such as the second of two metrics of one name, is in [`refused`](Registry::refused). An exporter does not start
/// then; other servers show the rest, so a test of the service asserts that nothing was refused.
///
/// ```standalone_crate
/// use picometer_std::{default_registry, metrics, render, Counter, Format};
///
/// metrics! {
///     /// Jobs done.
///     static JOBS: Counter = "jobs_total";
/// }
///
/// let mut page = Vec::new();
/// render(default_registry(), Format::Text004, &mut page);
/// assert!(page.ends_with(b"# TYPE jobs_total counter\njobs_total 0\n"));
/// ```
#[doc(alias("REGISTRY", "DefaultRegisterer", "DefaultGatherer"))]
pub fn default_registry() -> &'static Registry {
    thread_local! { static IS_GATHERING: Cell<bool> = const { Cell::new(false) }; }
    let registry = once(&DEFAULT, || {
        let registry = Registry::new();
        // A registry of nothing has these names free, and the names are good.
        let _ = registry.register_shared(PROCESS.clone());
        let _ = registry.register_shared(RUST.clone());
        registry
    });
    // Apart, because declared collectors collect for their names, and one that asks for this registry meanwhile is to have it. Threads
    // without thread-locals are at their end, and gather what other threads have not.
    if !GATHERED.is_completed() && !IS_GATHERING.try_with(|gathering| gathering.replace(true)).unwrap_or(false) {
        // No child of a fork finds it half done, and waits for a thread that it does not have.
        let section = Section::begin();
        GATHERED.call_once_force(|_| registry.add_declared());
        drop(section);
        let _ = IS_GATHERING.try_with(|gathering| gathering.set(false));
    }
    registry
}
