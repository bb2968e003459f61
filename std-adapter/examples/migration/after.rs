//! The same here: names, kinds and bounds are checked by the compiler, labels by their names, and nothing is registered by hand.

use picometer_std::{Counter, Gauge, Histogram, LabelValue, Labels, exponential, metrics};

use crate::{Outcome, TIMES};

#[derive(Clone, Copy, LabelValue)]
#[label(rename_all = "snake_case")]
enum Result {
    Success,
    Requeue,
    Error,
}

#[derive(Labels)]
struct Reconciled<'a> {
    controller: &'a str,
    result: Result,
}

#[derive(Labels)]
struct Controller<'a> {
    controller: &'a str,
}

#[derive(Labels)]
struct Queue<'a> {
    name: &'a str,
}

#[derive(Labels)]
struct Request<'a> {
    code: u16,
    method: &'a str,
    host: &'a str,
}

metrics! {
    /// Total number of reconciliations per controller
    static RECONCILED: Family<Counter, Reconciled> = "controller_runtime_reconcile_total";
    /// Total number of reconciliation errors per controller
    static ERRORS: Family<Counter, Controller> = "controller_runtime_reconcile_errors_total";
    /// Length of time per reconciliation per controller
    static SECONDS: Family<Histogram, Controller> = "controller_runtime_reconcile_time_seconds".buckets(TIMES);
    /// Number of currently used workers per controller
    static WORKERS: Family<Gauge<i64>, Controller> = "controller_runtime_active_workers";
    /// Current depth of workqueue
    static DEPTH: Family<Gauge<i64>, Queue> = "workqueue_depth";
    /// Total number of adds handled by workqueue
    static ADDS: Family<Counter, Queue> = "workqueue_adds_total";
    /// How long in seconds an item stays in workqueue before being requested
    static WAITED: Family<Histogram, Queue> = "workqueue_queue_duration_seconds".buckets(exponential::<8>(1e-6, 10.0));
    /// Number of HTTP requests, partitioned by status code, method, and host.
    static REQUESTS: Family<Counter, Request> = "rest_client_requests_total";
}

pub(crate) fn added(queue: &str) {
    ADDS.with(Queue { name: queue }).inc();
    DEPTH.with(Queue { name: queue }).inc();
}

pub(crate) fn taken(queue: &str, waited: f64) {
    DEPTH.with(Queue { name: queue }).dec();
    WAITED.with(Queue { name: queue }).observe(waited);
}

pub(crate) fn started(controller: &str) {
    WORKERS.with(Controller { controller }).inc();
}

pub(crate) fn ended(controller: &str, outcome: Outcome, seconds: f64) {
    WORKERS.with(Controller { controller }).dec();
    SECONDS.with(Controller { controller }).observe(seconds);
    let result = match outcome {
        Outcome::Success => Result::Success,
        Outcome::Requeue => Result::Requeue,
        Outcome::Error => Result::Error,
    };
    RECONCILED.with(Reconciled { controller, result }).inc();
    if matches!(result, Result::Error) {
        ERRORS.with(Controller { controller }).inc();
    }
}

pub(crate) fn requested(code: u16, method: &str, host: &str) {
    REQUESTS.with(Request { code, method, host }).inc();
}
