//! Metrics in a file, for programs that end before they are scraped: node_exporter's textfile collector reads them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use picometer::http::Negotiated;
use picometer::{Collector, Desc, Encoder, Escaping, Format, LabelSet, Point, Run, Stop};

use crate::page::{self, Page, RenderError};

/// Writes a page of metrics into a file in the text format 0.0.4, which node_exporter reads from `NAME.prom` in its
/// `--collector.textfile.directory`.
///
/// Readers see the old file or the new one, never a part. The page is made in memory and written to a file beside the old one,
/// `.NAME.PID.NUMBER`, which node_exporter passes over. That is forced to the disk, and renamed. The process' umask says who can
/// read it.
///
/// Names outside the legacy character set are written with underscores, which every node_exporter reads; in another way by
/// [`write_to_textfile_as`].
///
/// ```
/// use picometer::{Desc, Gauge, Metric};
/// use picometer_std::textfile::write_to_textfile;
///
/// static LAST_SUCCESS: Metric<Gauge> = Metric::new(&Desc::gauge(
///     "backup_last_success_seconds",
///     "When the last backup ended well.",
/// ));
/// # fn main() -> Result<(), picometer_std::textfile::TextfileError> {
/// let path = std::env::temp_dir().join(format!("backup-{}.prom", std::process::id()));
/// LAST_SUCCESS.set(1_520_430_000.5);
/// write_to_textfile(&path, &LAST_SUCCESS)?;
/// assert!(
///     std::fs::read_to_string(&path)
///         .unwrap()
///         .ends_with("backup_last_success_seconds 1.5204300005e+09\n")
/// );
/// # std::fs::remove_file(&path).unwrap();
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns [`TextfileError`] if the file cannot be written, or if a metric has a timestamp: node_exporter skips files with
/// timestamps. The old file is unchanged, and nothing lies beside it.
#[doc(alias("WriteToTextfile"))]
pub fn write_to_textfile(path: impl AsRef<Path>, metrics: &dyn Collector) -> Result<(), TextfileError> {
    write_to_textfile_as(path, metrics, Escaping::Underscores)
}

/// [`write_to_textfile`] with another way to write names outside the legacy character set.
///
/// ```no_run
/// use picometer::{Escaping, Registry};
///
/// static METRICS: Registry = Registry::new(&[]);
/// picometer_std::textfile::write_to_textfile_as(
///     "/var/lib/node_exporter/app.prom",
///     &METRICS,
///     Escaping::AllowUtf8,
/// )?;
/// # Ok::<(), picometer_std::textfile::TextfileError>(())
/// ```
///
/// # Errors
///
/// As for [`write_to_textfile`].
pub fn write_to_textfile_as(path: impl AsRef<Path>, metrics: &dyn Collector, escaping: Escaping) -> Result<(), TextfileError> {
    let path = path.as_ref();
    let mut text = Page::default();
    let negotiated = Negotiated { format: Format::Text004, escaping: Some(escaping) };
    let metrics = WithoutTimestamps { metrics, found: OnceLock::new() };
    page::render(&metrics, negotiated, &[], &mut text).map_err(|error| TextfileError::unmade(path, error))?;
    if let Some(family) = metrics.found.get() {
        let error = format!("a metric of `{family}` has a timestamp, and node_exporter skips files with timestamps: give it none");
        return Err(TextfileError { path: path.into(), step: Step::Render, error: io::Error::new(io::ErrorKind::InvalidData, error) });
    }
    let failed = |step| move |error| TextfileError { path: path.into(), step, error };
    let temporary = beside(path).ok_or_else(|| failed(Step::Name)(io::ErrorKind::InvalidInput.into()))?;
    let written = write(&temporary, text.as_slice())
        .map_err(failed(Step::Write))
        .and_then(|()| fs::rename(&temporary, path).map_err(failed(Step::Rename)));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
        return written;
    }
    // The rename itself reaches the disk with its folder. Some file systems cannot do that; the file is in place either way.
    if let Some(folder) = temporary.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// Finds a metric with a timestamp, and stops there.
struct WithoutTimestamps<'a> {
    metrics: &'a dyn Collector,
    /// The name of its family.
    found: OnceLock<String>,
}

impl Collector for WithoutTimestamps<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.metrics.collect(&mut Untimed { out, found: &self.found })
    }
}

struct Untimed<'a> {
    out: &'a mut dyn Encoder,
    found: &'a OnceLock<String>,
}

impl Encoder for Untimed<'_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        if self.found.get().is_some() { Err(Stop) } else { self.out.begin(desc) }
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if point.timestamp().is_some() {
            self.found.get_or_init(|| desc.name().to_string());
            return Err(Stop);
        }
        self.out.metric(desc, labels, point)
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        self.out.run()
    }
}

/// A name beside a file that no other thread or process has.
fn beside(path: &Path) -> Option<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let mut name = OsString::from(".");
    name.push(path.file_name()?);
    name.push(format!(".{}.{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.join(name))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What has the name is a rest of a process of this number, or a link that a stranger put there: it goes, unread.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Error returned by [`write_to_textfile`]: which file, at which step, and why.
///
/// ```
/// let error = picometer_std::textfile::write_to_textfile(
///     "/nowhere/app.prom",
///     &picometer::Registry::new(&[]),
/// )
/// .unwrap_err();
/// assert_eq!(error.io_error().kind(), std::io::ErrorKind::NotFound);
/// assert!(error.to_string().starts_with("/nowhere/app.prom was not written"));
/// ```
pub struct TextfileError {
    path: PathBuf,
    step: Step,
    error: io::Error,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Name,
    Render,
    Write,
    Rename,
}

impl TextfileError {
    fn unmade(path: &Path, error: RenderError) -> Self {
        Self { path: path.into(), step: Step::Render, error: io::Error::other(error.to_string()) }
    }

    /// What the system said.
    pub fn io_error(&self) -> &io::Error {
        &self.error
    }
}

impl std::fmt::Display for TextfileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let step = match self.step {
            Step::Name => "it is no name of a file",
            Step::Render => "the page could not be made",
            Step::Write => "the new file beside it could not be written",
            Step::Rename => "the new file could not take its place",
        };
        write!(f, "{} was not written, and is as it was: {step}: {}", self.path.display(), self.error)
    }
}

picometer::__speaks!(TextfileError);
impl std::error::Error for TextfileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
