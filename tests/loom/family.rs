//! The series of families.

#[path = "../../std-adapter/registry/src/family/idle.rs"]
pub(crate) mod idle;
#[path = "../../std-adapter/registry/src/family/index.rs"]
pub(crate) mod index;
#[path = "../../std-adapter/registry/src/family/node.rs"]
pub(crate) mod node;
#[path = "../../std-adapter/registry/src/family/pinned.rs"]
pub(crate) mod pinned;
#[path = "../../std-adapter/registry/src/family/table.rs"]
pub(crate) mod table;
