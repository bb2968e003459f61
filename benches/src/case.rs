//! Cases, their columns, and the rounds in which they are measured.

use std::hint::black_box;
use std::time::Duration;

use crate::allocator;
use crate::clock;
use crate::column::{Role, Unit};
use crate::options::Options;
use crate::processor;
use crate::report::{self, CaseReport, ColumnReport};
use crate::statistics::quantile;
use crate::threads;

/// How long one sample of a column takes, at least.
const SAMPLE: Duration = Duration::from_millis(8);
/// How long each of several threads counts in a sample, at least: much longer than to ask for its time.
const THREAD_SAMPLE: Duration = Duration::from_micros(60);
const ROUNDS: usize = 25;
/// Rounds of the short mode, and of cases with so many threads that a sample takes long.
const FEW_ROUNDS: usize = 7;
const MANY_THREADS: usize = 8;

/// All cases of a bench.
#[derive(Debug)]
pub struct Suite {
    options: Options,
    done: Vec<CaseReport>,
}

impl Default for Suite {
    /// With the options of the program's command line.
    fn default() -> Self {
        Self::new(std::env::args().skip(1))
    }
}

impl Suite {
    /// With these options.
    pub fn new(arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { options: Options::read(arguments), done: Vec::new() }
    }

    /// Whether this is a trial with one short sample of each column; large cases may be made smaller in one.
    pub fn is_test(&self) -> bool {
        self.options.test
    }

    /// Whether a case is asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.options.wants_case(name)
    }

    /// Whether a column is asked for.
    pub fn wants_column(&self, name: &str) -> bool {
        self.options.wants_column(name)
    }

    /// How many rounds to make where `usual` are usual: as many as are asked for, and one in a trial.
    pub fn rounds(&self, usual: usize) -> usize {
        let usual = if self.options.short { usual.min(FEW_ROUNDS) } else { usual };
        if self.options.test { 1 } else { self.options.rounds.unwrap_or(usual) }
    }

    /// Measures a case, if it is asked for, and prints its table, or its JSON lines, to standard output.
    ///
    /// `columns` adds the columns; what they share may be made by it and moved or borrowed into them.
    pub fn case<'c>(&mut self, name: &str, title: &str, unit: Unit, columns: impl FnOnce(&mut Case<'c>)) {
        if !self.options.wants_case(name) {
            return;
        }
        let mut case = Case { options: self.options.clone(), columns: Vec::new(), least: SAMPLE };
        columns(&mut case);
        let report = CaseReport { name: name.to_owned(), title: title.to_owned(), unit, columns: case.measure() };
        match &self.options {
            Options { json: true, .. } => print!("{}", report::json(&report)),
            Options { summary: true, .. } => print!("{}", report::row(&report, self.done.is_empty())),
            _ if self.done.is_empty() => print!("{}\n\n{}", processor::line(), report::table(&report)),
            _ => print!("{}", report::table(&report)),
        }
        self.done.push(report);
    }

    /// Writes the summary into the file that `--write` names, in place of what is between its marks.
    ///
    /// # Errors
    ///
    /// The file is not there, or has no marks, or cannot be written.
    pub fn finish(&self) -> std::io::Result<()> {
        let Some(path) = self.options.write.as_ref().filter(|_| !self.done.is_empty()) else { return Ok(()) };
        let rows: String = self.done.iter().enumerate().map(|(place, case)| report::row(case, place == 0)).collect();
        let text = report::between_marks(&std::fs::read_to_string(path)?, &rows).ok_or(std::io::ErrorKind::InvalidData)?;
        std::fs::write(path, text)
    }

    /// What was measured so far.
    pub fn report(&self) -> &[CaseReport] {
        &self.done
    }
}

/// One case: takes its columns.
#[allow(missing_debug_implementations, reason = "closures")]
pub struct Case<'c> {
    options: Options,
    columns: Vec<Column<'c>>,
    /// How long a sample takes at least.
    least: Duration,
}

struct Column<'c> {
    name: String,
    role: Role,
    /// How long so many runs take.
    sample: Box<dyn FnMut(u64) -> Measured + 'c>,
    runs: u64,
    figures: Vec<f64>,
    /// Bytes that one unit writes or reads, and allocator calls in it.
    bytes: Option<f64>,
    allocations: Option<f64>,
    fixed: bool,
}

struct Measured {
    /// How long it took; decides how many runs make a sample.
    time: Duration,
    /// The figure of the sample.
    figure: f64,
    allocations: Option<f64>,
}

impl<'c> Case<'c> {
    fn add(&mut self, name: &str, role: Role, fixed: bool, sample: impl FnMut(u64) -> Measured + 'c) -> &mut Self {
        if self.options.wants_column(name) {
            let (name, sample) = (name.to_owned(), Box::new(sample));
            self.columns.push(Column { name, role, sample, runs: 1, figures: Vec::new(), bytes: None, allocations: None, fixed });
        }
        self
    }

    /// Whether this is a trial, as [`Suite::is_test`] says.
    pub fn is_test(&self) -> bool {
        self.options.test
    }

    /// A column that times `run` on this thread. `units` says how many operations, series or bytes one run has.
    pub fn time<R>(&mut self, name: &str, role: Role, units: u64, mut run: impl FnMut() -> R + 'c) -> &mut Self {
        self.add(name, role, false, move |runs| {
            let before = allocator::now();
            let time = clock::busy(|| {
                for _ in 0..runs {
                    black_box(run());
                }
            });
            let units = (runs * units) as f64;
            let allocations = Some(allocator::now().since(before).calls as f64 / units);
            Measured { time, figure: time.as_nanos() as f64 / units, allocations }
        })
    }

    /// A column that times `threads` threads doing `run(thread, times)` at the same time; the figure is processor time for one of
    /// the `times`, of one thread. All threads live from before the first sample of any until behind the last.
    pub fn threads(&mut self, name: &str, role: Role, threads: usize, run: impl Fn(usize, u64) + Sync + 'c) -> &mut Self {
        self.least = self.least.max(THREAD_SAMPLE * threads as u32);
        if threads > MANY_THREADS {
            self.options.rounds = self.options.rounds.or(Some(FEW_ROUNDS));
        }
        self.add(name, role, false, move |runs| {
            // A run is a block, so that starting threads does not show.
            let times = runs * 1_000;
            let time = threads::together(threads, &|thread| run(thread, 1), &|thread| run(thread, times));
            Measured { time, figure: time.as_nanos() as f64 / (times * threads as u64) as f64, allocations: None }
        })
    }

    /// A column whose figure `sample` finds out itself, once a round.
    pub fn sampled(&mut self, name: &str, role: Role, mut sample: impl FnMut() -> f64 + 'c) -> &mut Self {
        self.add(name, role, true, move |_| Measured { time: SAMPLE, figure: sample(), allocations: None })
    }

    /// A column whose figure is known: bytes of memory, instructions.
    pub fn figure(&mut self, name: &str, role: Role, figure: f64) -> &mut Self {
        self.sampled(name, role, move || figure)
    }

    /// A column of figures that were found in rounds elsewhere.
    pub fn figures(&mut self, name: &str, role: Role, figures: Vec<f64>) -> &mut Self {
        let mut figures = figures.into_iter();
        self.sampled(name, role, move || figures.next().unwrap_or(f64::NAN))
    }

    /// How many bytes one unit of the column that was added last writes or reads, for a throughput beside it.
    pub fn bytes(&mut self, bytes_per_unit: f64) {
        if let Some(column) = self.columns.last_mut() {
            column.bytes = Some(bytes_per_unit);
        }
    }

    /// Interleaved rounds.
    fn measure(mut self) -> Vec<ColumnReport> {
        let (rounds, least) = match &self.options {
            Options { test: true, .. } => (1, Duration::ZERO),
            Options { short: true, rounds, .. } => (rounds.unwrap_or(FEW_ROUNDS), self.least / 4),
            Options { rounds, .. } => (rounds.unwrap_or(ROUNDS), self.least),
        };
        for column in &mut self.columns {
            column.calibrate(least);
        }
        let count = self.columns.len();
        for round in 0..rounds {
            for turn in 0..count {
                // Forwards and backwards by turns, each time from another start: none always follows the same one.
                let place = (turn + round) % count;
                if let Some(column) = self.columns.get_mut(if round % 2 == 0 { place } else { count - 1 - place }) {
                    let measured = (column.sample)(column.runs);
                    // Rounds that were made elsewhere may be fewer.
                    if measured.figure.is_finite() {
                        column.figures.push(measured.figure);
                    }
                    column.allocations = measured.allocations;
                }
            }
        }
        let of = |role| self.columns.iter().filter(move |column| column.role == role).map(|column| quantile(&column.figures, 0.5));
        let (best, limit) = (of(Role::Peer).min_by(f64::total_cmp), of(Role::Limit).next().filter(|&limit| limit > 0.0));
        self.columns.iter().map(|column| column.report(best, limit)).collect()
    }
}

impl Column<'_> {
    /// Warms up, and finds how many runs make a sample.
    fn calibrate(&mut self, least: Duration) {
        while !self.fixed && least > Duration::ZERO {
            let time = (self.sample)(self.runs).time;
            if time >= least {
                break;
            }
            let factor = least.as_secs_f64() * 1.1 / time.as_secs_f64().max(1e-7);
            self.runs = (self.runs as f64 * factor.clamp(1.2, 100.0)).ceil() as u64;
        }
    }

    fn report(&self, best_peer: Option<f64>, limit: Option<f64>) -> ColumnReport {
        let median = quantile(&self.figures, 0.5);
        ColumnReport {
            name: self.name.clone(),
            role: self.role,
            median,
            least: quantile(&self.figures, 0.0),
            spread: quantile(&self.figures, 0.75) - quantile(&self.figures, 0.25),
            ratio_to_best_peer: best_peer.map(|best| best / median).filter(|ratio| ratio.is_finite() && self.role != Role::Limit),
            ratio_to_limit: limit.map(|limit| median / limit).filter(|_| self.role != Role::Limit),
            bytes: self.bytes,
            allocations: self.allocations,
        }
    }
}
