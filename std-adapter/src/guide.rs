//! One page a task, with programs that run.
//!
//! | page | for |
//! |---|---|
//! | [`python`] | programs that used the Python client: chapter by chapter, the same in Rust |
//! | [`programs`] | each program of the Python client's documents, and where it is here |
//! | [`prometheus`] | programs that used the crate `prometheus` |
//! | [`prometheus_client`] | programs that used the crate `prometheus-client` |
//! | [`metrics`] | libraries and programs that use the crate `metrics` |
//! | [`fork`] | programs that fork: what a child may use |

#[cfg_attr(all(feature = "derive", feature = "exporter", feature = "parse"), doc = include_str!("guide/python.md"))]
#[cfg_attr(
    all(feature = "derive", feature = "exporter", feature = "parse", feature = "push"),
    doc = include_str!("guide/python_push.md")
)]
#[cfg_attr(
    all(feature = "derive", feature = "exporter", feature = "parse", feature = "multiprocess", target_os = "linux"),
    doc = include_str!("guide/python_multiprocess.md")
)]
#[cfg_attr(not(all(feature = "derive", feature = "exporter", feature = "parse")), doc = "With features `derive`, `exporter` and `parse`.")]
pub mod python {}

#[cfg_attr(all(feature = "derive", feature = "exporter", feature = "parse"), doc = include_str!("guide/programs.md"))]
#[cfg_attr(not(all(feature = "derive", feature = "exporter", feature = "parse")), doc = "With features `derive`, `exporter` and `parse`.")]
pub mod programs {}

#[cfg_attr(all(feature = "derive", feature = "parse"), doc = include_str!("guide/prometheus.md"))]
#[cfg_attr(not(all(feature = "derive", feature = "parse")), doc = "With features `derive` and `parse`.")]
pub mod prometheus {}

#[cfg_attr(all(feature = "derive", feature = "parse"), doc = include_str!("guide/prometheus_client.md"))]
#[cfg_attr(not(all(feature = "derive", feature = "parse")), doc = "With features `derive` and `parse`.")]
pub mod prometheus_client {}

#[cfg_attr(feature = "metrics", doc = include_str!("guide/metrics.md"))]
#[cfg_attr(not(feature = "metrics"), doc = "With feature `metrics`.")]
pub mod metrics {}

#[doc = include_str!("guide/fork.md")]
pub mod fork {}
