//! What is left of an exporter.

/// What is left of an exporter that was shut down.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use picometer_std::exporter::Exporter;
///
/// let report =
///     Exporter::bind("127.0.0.1:0")?.spawn(picometer::Registry::new(&[]))?.shutdown();
/// assert!(report.is_clean(), "{report:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Clients that were cut off in the middle of a response, or before it.
    pub cut_off: usize,
    /// Threads that are still there, because a collector, a file or the exporter itself does not return.
    pub threads: usize,
    /// The collectors that they are at.
    pub collectors: Vec<String>,
    /// Whether the exporter's thread had ended before, by a panic.
    pub panicked: bool,
    /// Whether this is a child of `fork`: the thread is in the parent, where the exporter serves on. Nothing was done.
    pub other_process: bool,
}

impl ShutdownReport {
    /// Whether all clients were served, and nothing of the exporter is left.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}
