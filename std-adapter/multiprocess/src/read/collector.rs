//! The page of all workers.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use picometer::{
    Desc, DescParts, Encoder, Exemplar, HistogramPoint, Kind, NativeHistogramPoint, Point, PointValue, States, Stop, SummaryPoint,
    Timestamp,
};

use super::directory::{self, FileError, Found, Known};
use super::listing;
use super::merge::{Conflict, Family, Series, Value};
use super::native::Native;
use super::turn::Turn;
use super::{compact, process};
use crate::join::{JoinError, join_by_environment};
use picometer_epoch::Mutex;

/// Shows what all workers of a directory have, live and dead, as one target. Dead ones are folded together on the way, so that
/// a page costs as much as there are live workers.
///
/// Beside the workers' families there are its own:
///
/// | family | |
/// |---|---|
/// | `picometer_multiprocess_workers` | how many workers live |
/// | `picometer_multiprocess_file_error` | 1 for each file that cannot be read, with the reason and the place |
/// | `picometer_multiprocess_conflict` | 1 for each name by which two files mean different things |
/// | `picometer_multiprocess_unshared_series` | series that a worker counts in memory alone, because the disk was full |
/// | `picometer_multiprocess_up` | whether the directory could be read |
///
/// ```
/// use picometer_std::multiprocess::Collector;
/// use picometer_std::{Format, Registry, render};
/// # let directory = std::env::temp_dir().join(format!("picometer-collector-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
///
/// let page = Registry::new();
/// page.register(Collector::new(&directory)?.processes(true))?;
/// let mut text = Vec::new();
/// render(&page, Format::Text004, &mut text);
/// assert!(String::from_utf8(text)?.contains("picometer_multiprocess_workers 0\n"));
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("MultiProcessCollector"))]
pub struct Collector {
    directory: PathBuf,
    created: bool,
    processes: bool,
    folds: bool,
    /// What a page shows that is written piece by piece. Locked for moments: a fork waits for the lock.
    last: Mutex<Option<Last>>,
    turn: Turn,
}

struct Last {
    when: Instant,
    found: Arc<Found>,
    /// The files that it is of, if all can be read again quickly.
    known: Option<Known>,
}

/// So long the pieces of a page come from one reading.
const FRESH: Duration = Duration::from_secs(1);

impl Collector {
    /// A collector of everything in this directory.
    ///
    /// It shows what this process shares, too, if it is a worker. So a registry that has shared metrics is not shown beside it,
    /// but as a `Page`, which has both.
    ///
    /// # Errors
    ///
    /// The directory is not there or cannot be read.
    pub fn new(directory: impl AsRef<Path>) -> io::Result<Self> {
        let directory = directory.as_ref().to_owned();
        listing::list(&directory)?;
        Ok(Self { directory, created: false, processes: false, folds: true, last: Mutex::default(), turn: Turn::default() })
    }

    /// A collector of the directory that this process shares in, if it does: where the environment names one, from now on.
    ///
    /// # Errors
    ///
    /// Returns a [`JoinError`] if that directory cannot be used.
    #[doc(hidden)]
    pub fn of_this_process() -> Result<Option<Self>, JoinError> {
        let Some(directory) = join_by_environment()? else { return Ok(None) };
        match Self::new(&directory) {
            Ok(collector) => Ok(Some(collector)),
            Err(error) => Err(JoinError { directory, error }),
        }
    }

    /// Whether counters, histograms and summaries show in OpenMetrics since when they count: the first of all workers.
    #[must_use]
    pub fn created(mut self, shown: bool) -> Self {
        self.created = shown;
        self
    }

    /// Whether it shows processor time, memory, descriptors and start of every live worker, with a label `pid`.
    #[must_use]
    pub fn processes(mut self, shown: bool) -> Self {
        self.processes = shown;
        self
    }

    /// Whether a page folds dead workers; true by default. Where it does not, [`fold`](Self::fold) is called now and then.
    ///
    /// ```
    /// use picometer_std::multiprocess::Collector;
    ///
    /// # let directory = std::env::temp_dir().join(format!("picometer-folds-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory)?;
    /// // A page costs no writing; a timer of the program folds.
    /// let workers = Collector::new(&directory)?.folds(false);
    /// assert_eq!(workers.fold()?, Some(0), "no worker died");
    /// # std::fs::remove_dir_all(&directory)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn folds(mut self, folds: bool) -> Self {
        self.folds = folds;
        self
    }

    /// Folds what dead workers left into one file, and returns how many; none where another process is at it. A file that is
    /// corrupt, or in conflict with others, stays as it is.
    ///
    /// Stopped at any moment, `kill -9` included, every count is there once.
    ///
    /// # Errors
    ///
    /// The directory cannot be written to; nothing is lost then.
    pub fn fold(&self) -> io::Result<Option<usize>> {
        compact::fold(&self.directory)
    }

    /// What is wrong with files now.
    ///
    /// ```
    /// # use picometer_std::multiprocess::Collector;
    /// # let directory = std::env::temp_dir().join(format!("doc-errors-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory).unwrap();
    /// std::fs::write(directory.join("7-1.pico"), "no file of a worker").unwrap();
    /// let collector = Collector::new(&directory).unwrap();
    /// assert_eq!(&*collector.file_errors().unwrap()[0].file, "7-1.pico");
    /// # std::fs::remove_dir_all(&directory).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// The directory cannot be read.
    pub fn file_errors(&self) -> io::Result<Vec<FileError>> {
        Ok(directory::read(&self.directory)?.0.faults)
    }

    /// Names by which files mean different things now.
    ///
    /// ```
    /// # use picometer_std::multiprocess::Collector;
    /// # let directory = std::env::temp_dir().join(format!("doc-conflicts-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory).unwrap();
    /// let collector = Collector::new(&directory).unwrap();
    /// for conflict in collector.conflicts().unwrap() {
    ///     eprintln!("{} and {} differ", conflict.shown, conflict.left_out);
    /// }
    /// # std::fs::remove_dir_all(&directory).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// The directory cannot be read.
    pub fn conflicts(&self) -> io::Result<Vec<Conflict>> {
        Ok(directory::read(&self.directory)?.0.merge.conflicts)
    }

    fn found(&self, again: bool) -> io::Result<Arc<Found>> {
        let _turn = self.turn.wait();
        let last = self.last.lock().take();
        let last = match last.and_then(|last| self.again(last, again)) {
            Some(last) => last,
            None => self.read()?,
        };
        let found = last.found.clone();
        *self.last.lock() = Some(last);
        Ok(found)
    }

    /// What was read before, if it is new enough or becomes so.
    fn again(&self, mut last: Last, again: bool) -> Option<Last> {
        if !again && last.when.elapsed() < FRESH {
            return Some(last);
        }
        // Most often there is nothing new but numbers.
        last.known.as_mut()?.refresh(&self.directory, Arc::get_mut(&mut last.found)?)?;
        last.when = Instant::now();
        Some(last)
    }

    fn read(&self) -> io::Result<Last> {
        let (mut found, mut known) = directory::read(&self.directory)?;
        // Where it cannot be folded the page is as right, only slower to make.
        if self.folds && found.dead > 0 && compact::fold(&self.directory).is_ok_and(|folded| folded.is_some_and(|count| count > 0)) {
            (found, known) = directory::read(&self.directory)?;
        }
        Ok(Last { when: Instant::now(), found: Arc::new(found), known })
    }
}

/// What a page showed of the workers.
#[doc(hidden)]
pub struct Shown(Option<Arc<Found>>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shown").field(&self.0.is_some()).finish()
    }
}

impl Shown {
    /// Whether there was a family of this name.
    pub fn has(&self, name: &dyn fmt::Display) -> bool {
        self.0.as_ref().is_some_and(|found| found.merge.has(&name.to_string()))
    }
}

impl picometer::Collector for Collector {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.show(out).map(drop)
    }
}

impl Collector {
    /// Collects; what was shown, for who shows more on the same page.
    #[doc(hidden)]
    pub fn show(&self, out: &mut dyn Encoder) -> Result<Shown, Stop> {
        const UP: Desc = Desc::gauge("picometer_multiprocess_up", "Whether the directory of the workers could be read.");
        const WORKERS: Desc = Desc::gauge("picometer_multiprocess_workers", "Live workers.");
        const FAULTS: Desc = Desc::gauge("picometer_multiprocess_file_error", "Files of workers that cannot be read whole.");
        const CONFLICTS: Desc = Desc::gauge("picometer_multiprocess_conflict", "Names by which two files mean different things.");
        const UNSHARED: Desc = Desc::gauge(
            "picometer_multiprocess_unshared_series",
            "Series that a worker counts in memory alone, because its file takes no more.",
        );
        // The first family of a page that begins is wanted; of one that goes on it was sent.
        let begins = out.begin(&UP)?;
        let found = self.found(begins);
        if begins {
            out.metric(&UP, &(), &Point::number(u32::from(found.is_ok())))?;
        }
        let Ok(found) = found else { return Ok(Shown(None)) };
        out.family(&WORKERS)?.gauge(&(), found.live.len() as u64)?;
        if !found.faults.is_empty() {
            let mut faults = out.family(&FAULTS)?;
            for FileError { file, reason, .. } in &found.faults {
                faults.gauge(&[("file", &**file), ("reason", &**reason)], 1_u32)?;
            }
        }
        if !found.merge.conflicts.is_empty() {
            let mut conflicts = out.family(&CONFLICTS)?;
            for Conflict { family, shown, left_out, what } in &found.merge.conflicts {
                let labels = [("family", &**family), ("left_out", &**left_out), ("shown", &**shown), ("what", what)];
                conflicts.gauge(&labels, 1_u32)?;
            }
        }
        if found.live.iter().any(|worker| worker.unshared > 0) {
            let mut unshared = out.family(&UNSHARED)?;
            for worker in found.live.iter().filter(|worker| worker.unshared > 0) {
                unshared.gauge(&[("pid", worker.pid.to_string().as_str())], worker.unshared)?;
            }
        }
        if self.processes {
            process::collect(&found.live, out)?;
        }
        found.merge.sorted().try_for_each(|family| self.family(family, out))?;
        Ok(Shown(Some(found)))
    }

    fn family(&self, family: &Family, out: &mut dyn Encoder) -> Result<(), Stop> {
        let Family { name, help, unit, utf8, kind, .. } = family;
        // Checked when it was read.
        let Ok(desc) = Desc::try_new(DescParts { name, help, unit, utf8: *utf8, ..DescParts::new(*kind) }) else { return Ok(()) };
        if !out.begin(&desc)? {
            return Ok(());
        }
        for series in family.sorted() {
            self.series(family, series, &desc, out)?;
        }
        Ok(())
    }

    fn series(&self, family: &Family, series: &Series, desc: &Desc<'_>, out: &mut dyn Encoder) -> Result<(), Stop> {
        let value = match &series.value {
            // Which value of it is the most recent one is unknown.
            Value::Gauge(_, 0) if family.mode.is_timed() => {
                out.skip();
                return Ok(());
            }
            Value::Counter(sum) if series.exemplar(0).is_some() => {
                let with = |exemplar: &Exemplar<'_>| {
                    let point = Point::new(PointValue::Number { value: sum.number(), exemplar: Some(exemplar) });
                    out.metric(desc, series, &self.since(series, point))
                };
                return series.exemplar(0).map_or(Ok(()), |exemplar| exemplar.show(with));
            }
            Value::Counter(sum) | Value::Gauge(sum, _) => PointValue::Number { value: sum.number(), exemplar: None },
            Value::Histogram(counts, sum) => match counts.split_last() {
                Some((&beyond, counts)) => PointValue::Histogram(HistogramPoint {
                    counts,
                    beyond,
                    sum: Some((*sum).into()),
                    bounds: &family.bounds.as_slice(),
                    exemplars: Some(series),
                }),
                None => return Ok(()),
            },
            Value::Native(native) => {
                let Native { schema, zero_threshold, zero_count, count, sum, classic, positive, negative } = &**native;
                let beyond = classic.iter().fold(*count, |left, count| left.wrapping_sub(*count));
                let bounds = &family.bounds.as_slice();
                let classic = HistogramPoint { counts: classic, beyond, sum: Some((*sum).into()), bounds, exemplars: None };
                let (schema, zero_threshold, zero_count) = (*schema, *zero_threshold, *zero_count);
                let point = NativeHistogramPoint { classic, schema, zero_threshold, zero_count, positive, negative, exemplars: &[] };
                return out.metric(desc, series, &self.since(series, Point::new(PointValue::NativeHistogram(&point))));
            }
            Value::Summary(count, sum) => PointValue::Summary(SummaryPoint { quantiles: &[], count: *count, sum: (*sum).into() }),
            Value::Info => PointValue::Info(&()),
            Value::States(mask) => {
                return out.metric(desc, series, &Point::new(PointValue::StateSet(&Mask { names: &family.states, mask: *mask })));
            }
        };
        let point = match family.kind {
            Kind::Counter | Kind::Histogram | Kind::Summary => self.since(series, Point::new(value)),
            _ => Point::new(value),
        };
        out.metric(desc, series, &point)
    }

    /// The point with the moment since which it counts, if that is shown.
    fn since<'p>(&self, series: &Series, point: Point<'p>) -> Point<'p> {
        const NANOS: u64 = 1_000_000_000;
        if !self.created || series.created == 0 {
            return point;
        }
        point.since(Timestamp::new((series.created / NANOS) as i64, (series.created % NANOS) as u32))
    }
}

/// The states of one moment.
struct Mask<'a> {
    names: &'a [Box<str>],
    mask: u64,
}

impl States for Mask<'_> {
    fn state(&self, index: usize) -> Option<(&str, bool)> {
        self.names.get(index).map(|name| (&**name, self.mask.checked_shr(index as u32).is_some_and(|mask| mask & 1 != 0)))
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("directory", &self.directory).finish_non_exhaustive()
    }
}
