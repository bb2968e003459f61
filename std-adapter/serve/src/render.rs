//! A whole page at once.

use picometer::{Collector, Escaping, Exposition, Format};

/// Appends the page of everything that `source` has to a buffer, which is best kept for the next page: then nothing is allocated.
///
/// ```
/// use picometer_std::{Counter, Format, Metric, render};
///
/// let jobs = Metric::<Counter>::new("jobs_total", "Jobs done.");
/// let mut page = Vec::new();
/// render(&jobs, Format::Text004, &mut page);
/// assert_eq!(
///     page,
///     b"# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total 0\n"
/// );
/// ```
#[doc(alias("generate_latest", "TextEncoder", "gather"))]
pub fn render(source: &dyn Collector, format: Format, page: &mut Vec<u8>) {
    render_escaped(source, format, Escaping::default(), page);
}

/// [`render`] with names outside the legacy character set written in another way.
///
/// ```
/// use picometer_std::{Counter, Escaping, Format, Metric, render_escaped};
///
/// let jobs = Metric::<Counter>::new("jobs.done_total", "Jobs done.").utf8();
/// let mut page = Vec::new();
/// render_escaped(&jobs, Format::Text100, Escaping::AllowUtf8, &mut page);
/// assert!(page.ends_with(b"{\"jobs.done_total\"} 0\n"));
/// ```
pub fn render_escaped(source: &dyn Collector, format: Format, escaping: Escaping, page: &mut Vec<u8>) {
    // Small enough to stay in the nearest cache beside what it is put together from.
    let mut scratch = [0; 8 * 1024];
    let exposition = Exposition::new(source, format).escaping(escaping);
    exposition.drain(&mut scratch, &mut |bytes| page.extend_from_slice(bytes));
}
