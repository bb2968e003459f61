//! One file for each library.

pub(crate) mod fast_telemetry;
pub(crate) mod fastmetrics;
pub(crate) mod limits;
pub(crate) mod measured;
pub(crate) mod metrics;
pub(crate) mod metrics_lib;
pub(crate) mod opentelemetry;
pub(crate) mod picometer;
pub(crate) mod prometheus;
pub(crate) mod prometheus_client;
