//! The metrics of a Kubernetes controller, as the reference of controller-runtime lists them, before and after a move from the crate
//! `prometheus`: prints in which lines the pages differ.
//!
//! ```sh
//! cargo run -p picometer-std --example migration
//! ```
//!
//! What it prints is in `page.diff`: bounds are written as floats, series come in the order in which they were made, and labels in the
//! order of their declaration. To a Prometheus server, bounds apart, it is the same page; Prometheus 3 writes the bounds as here.

mod after;
mod before;

use picometer_std::{Restricted, default_registry, page_difference};

/// How a reconciliation ends.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    Success,
    Requeue,
    Error,
}

/// Bounds of the times of reconciliations.
pub(crate) const TIMES: [f64; 8] = [0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0];

/// A controller's work, told to both.
macro_rules! tell {
    ($($call:ident($($argument:expr),*);)*) => {$(
        before::$call($($argument),*);
        after::$call($($argument),*);
    )*};
}

fn main() {
    for (queue, waited, seconds, outcome) in
        [("pods", 0.00002, 0.004, Outcome::Success), ("pods", 0.3, 0.7, Outcome::Error), ("services", 12.0, 42.0, Outcome::Requeue)]
    {
        tell! {
            added(queue);
            taken(queue, waited);
            started(queue);
            requested(200, "GET", "10.96.0.1:443");
            ended(queue, outcome, seconds);
        }
    }
    tell! {
        added("services");
        started("services");
        requested(409, "PUT", "10.96.0.1:443");
    }
    let old = before::page();
    // The default registry has more: what is known of every process.
    let families = old.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let new = Restricted::new(default_registry(), families);
    // Nothing, if the pages are the same.
    print!("{}", page_difference(&new, &old).unwrap_or_default());
}
