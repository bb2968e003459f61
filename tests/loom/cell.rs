//! What cells have in common.

#[path = "../../std-adapter/registry/src/cell/total.rs"]
pub(crate) mod total;
