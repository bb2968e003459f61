//! One page a task, with programs that run.
//!
//! | page | for |
//! |---|---|
//! | [`python`] | programs that used the Python client: chapter by chapter, the same in Rust |
//! | [`prometheus`] | programs that used the crate `prometheus` |
//! | [`prometheus_client`] | programs that used the crate `prometheus-client` |
//! | [`metrics`] | libraries and programs that use the crate `metrics` |
//! | [`fork`] | programs that fork: what a child may use |

#[doc = include_str!("guide/python.md")]
#[cfg_attr(feature = "push", doc = include_str!("guide/python_push.md"))]
#[cfg_attr(all(feature = "multiprocess", target_os = "linux"), doc = include_str!("guide/python_multiprocess.md"))]
#[cfg(all(feature = "derive", feature = "exporter", feature = "parse"))]
pub mod python {}

#[doc = include_str!("guide/prometheus.md")]
#[cfg(all(feature = "derive", feature = "parse"))]
pub mod prometheus {}

#[doc = include_str!("guide/prometheus_client.md")]
#[cfg(all(feature = "derive", feature = "parse"))]
pub mod prometheus_client {}

#[doc = include_str!("guide/metrics.md")]
#[cfg(feature = "metrics")]
pub mod metrics {}

#[doc = include_str!("guide/fork.md")]
pub mod fork {}
