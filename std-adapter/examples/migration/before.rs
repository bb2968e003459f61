//! As the crate `prometheus` has it: statics that are made when they are first touched, labels by position, names that are checked
//! when the program runs.

use std::sync::LazyLock;

use prometheus::{
    Encoder, HistogramVec, IntCounterVec, IntGaugeVec, TextEncoder, exponential_buckets, register_histogram_vec, register_int_counter_vec,
    register_int_gauge_vec,
};

use crate::{Outcome, TIMES};

static RECONCILED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let help = "Total number of reconciliations per controller";
    register_int_counter_vec!("controller_runtime_reconcile_total", help, &["controller", "result"]).unwrap()
});
static ERRORS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let help = "Total number of reconciliation errors per controller";
    register_int_counter_vec!("controller_runtime_reconcile_errors_total", help, &["controller"]).unwrap()
});
static SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    let help = "Length of time per reconciliation per controller";
    register_histogram_vec!("controller_runtime_reconcile_time_seconds", help, &["controller"], TIMES.to_vec()).unwrap()
});
static WORKERS: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    let help = "Number of currently used workers per controller";
    register_int_gauge_vec!("controller_runtime_active_workers", help, &["controller"]).unwrap()
});
static DEPTH: LazyLock<IntGaugeVec> =
    LazyLock::new(|| register_int_gauge_vec!("workqueue_depth", "Current depth of workqueue", &["name"]).unwrap());
static ADDS: LazyLock<IntCounterVec> =
    LazyLock::new(|| register_int_counter_vec!("workqueue_adds_total", "Total number of adds handled by workqueue", &["name"]).unwrap());
static WAITED: LazyLock<HistogramVec> = LazyLock::new(|| {
    let help = "How long in seconds an item stays in workqueue before being requested";
    let bounds = exponential_buckets(1e-6, 10.0, 8).unwrap();
    register_histogram_vec!("workqueue_queue_duration_seconds", help, &["name"], bounds).unwrap()
});
static REQUESTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let help = "Number of HTTP requests, partitioned by status code, method, and host.";
    register_int_counter_vec!("rest_client_requests_total", help, &["code", "method", "host"]).unwrap()
});

pub(crate) fn added(queue: &str) {
    ADDS.with_label_values(&[queue]).inc();
    DEPTH.with_label_values(&[queue]).inc();
}

pub(crate) fn taken(queue: &str, waited: f64) {
    DEPTH.with_label_values(&[queue]).dec();
    WAITED.with_label_values(&[queue]).observe(waited);
}

pub(crate) fn started(controller: &str) {
    WORKERS.with_label_values(&[controller]).inc();
}

pub(crate) fn ended(controller: &str, outcome: Outcome, seconds: f64) {
    WORKERS.with_label_values(&[controller]).dec();
    SECONDS.with_label_values(&[controller]).observe(seconds);
    let result = match outcome {
        Outcome::Success => "success",
        Outcome::Requeue => "requeue",
        Outcome::Error => "error",
    };
    RECONCILED.with_label_values(&[controller, result]).inc();
    if result == "error" {
        ERRORS.with_label_values(&[controller]).inc();
    }
}

pub(crate) fn requested(code: u16, method: &str, host: &str) {
    REQUESTS.with_label_values(&[&code.to_string(), method, host]).inc();
}

pub(crate) fn page() -> String {
    let mut page = Vec::new();
    TextEncoder::new().encode(&prometheus::gather(), &mut page).unwrap();
    String::from_utf8(page).unwrap()
}
