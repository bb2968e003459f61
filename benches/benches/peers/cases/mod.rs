//! The cases: what each measures, and which libraries take part.

mod core;
mod lookups;
pub(crate) mod memory;
mod pages;
mod scrapes;
mod threads;
mod updates;

use picometer_benches::{Role, Suite};

const OURS: Role = Role::Ours;
const PEER: Role = Role::Peer;
const LIMIT: Role = Role::Limit;

/// Adds a column for each of these libraries and for ours, or for all of them.
macro_rules! all {
    ($column:ident, $case:ident, $what:ident $arguments:tt, $more:tt; $($library:ident as $name:literal),+) => {{
        all!(@each $column, $case, "picometer", OURS, picometer, $what $arguments, $more);
        $(all!(@each $column, $case, $name, PEER, $library, $what $arguments, $more);)+
    }};
    ($column:ident, $case:ident, $what:ident $arguments:tt, $more:tt) => {
        all!($column, $case, $what $arguments, $more; prometheus_client as "prometheus-client", prometheus as "prometheus",
            measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
            fast_telemetry as "fast-telemetry", opentelemetry as "opentelemetry")
    };
    (@each $column:ident, $case:ident, $name:literal, $role:ident, $library:ident, $what:ident $arguments:tt, [$($more:expr),*]) => {
        $column($case, $name, $role, $library::$what $arguments $(, $more)*)
    };
}
use all;

/// Numbers of threads that live at the same time: one, as many as there are cores, more than that, as many as have counts of their
/// own in any library, and more.
const THREADS: [usize; 6] = [1, 2, 8, 64, 200, 1_000];

pub(crate) fn run(suite: &mut Suite) {
    memory::run(suite);
    updates::run(suite);
    lookups::run(suite);
    pages::run(suite);
    core::run(suite);
    scrapes::run(suite);
    // Last, because many threads leave something behind.
    threads::run(suite);
}

/// So many threads, or few in a trial.
fn few(suite: &Suite, threads: usize) -> usize {
    if suite.is_test() { threads.min(4) } else { threads }
}
