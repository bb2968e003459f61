//! What a description is made of at run time.

use super::Kind;

/// What [`Desc::try_new`](crate::Desc::try_new) makes a [`Desc`](crate::Desc) of. Empty parts are left out.
///
/// ```
/// use picometer::{Desc, DescParts, Kind};
///
/// let parts = DescParts {
///     namespace: "disk",
///     name: "reads_total",
///     help: "Reads.",
///     ..DescParts::new(Kind::Counter)
/// };
/// assert_eq!(Desc::try_new(parts).unwrap().name().to_string(), "disk_reads_total");
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DescParts<'a> {
    /// The type.
    pub kind: Kind,
    /// The program or library, in front of everything.
    pub namespace: &'a str,
    /// The part of it.
    pub subsystem: &'a str,
    /// What is measured, with the suffix that the type asks for: `_total`, `_info`.
    pub name: &'a str,
    /// One sentence for people.
    pub help: &'a str,
    /// The unit, which the name must end in: `seconds`, `bytes`, `celsius`.
    pub unit: &'a str,
    /// Whether any UTF-8 is allowed in the name.
    pub utf8: bool,
}

impl DescParts<'_> {
    /// Nothing but the type.
    pub const fn new(kind: Kind) -> Self {
        Self { kind, namespace: "", subsystem: "", name: "", help: "", unit: "", utf8: false }
    }
}
