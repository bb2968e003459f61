//! Files of workers, read by another process: in any order, while the worker counts, and gives cells on to other series.

use std::convert::Infallible;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::atomic::Mutex;
use super::protocol::{self, Rule, Seen};
use super::together::Together;
use super::{Met, bounded, join, moment, start};

/// How long the file is, the count of changes, one key (length, state, who), and its cell.
struct File {
    used: AtomicU64,
    changes: AtomicU64,
    key: [AtomicU64; 3],
    cell: AtomicU64,
}

const FIRST: u64 = 1;
const SECOND: u64 = 2;

/// State, who, and the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    state: u64,
    who: u64,
    cell: u64,
}

impl File {
    /// With a series that counted 10.
    fn new() -> Arc<Self> {
        let key = [3, protocol::live(0), FIRST].map(AtomicU64::new);
        Arc::new(Self { used: AtomicU64::new(3), changes: AtomicU64::new(0), key, cell: AtomicU64::new(10) })
    }

    /// Takes the series away, and gives key and cell to another, which counts 20.
    fn give_on(&self) {
        let [_, state, _] = &self.key;
        protocol::change(&self.changes, || protocol::remove(state));
        self.cell.store(0, Ordering::Relaxed);
        self.cell.store(20, Ordering::Relaxed);
        let entry = [3, protocol::next(state.load(Ordering::Relaxed)), SECOND];
        protocol::change(&self.changes, || protocol::write(&self.key, &entry));
    }

    /// One look at everything, in one of two orders.
    fn look(&self, backwards: bool) -> Look {
        let [_, state, who] = &self.key;
        let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
        if backwards {
            let (cell, who, state) = (load(&self.cell), load(who), load(state));
            return Look { state, who, cell };
        }
        Look { state: load(state), who: load(who), cell: load(&self.cell) }
    }

    /// What a reader shows: whose count, and what it is.
    fn read(&self, backwards: bool) -> Option<(u64, u64)> {
        let changes = || Ok::<_, Infallible>(self.changes.load(Ordering::Relaxed));
        let Ok(Seen { all, around }) = protocol::read(changes, || Ok(self.look(backwards)));
        let is_same = |then: &Look| (then.state, then.who) == (all.state, all.who);
        let is_still = around.is_none_or(|(before, behind)| is_same(&before) && is_same(&behind));
        (protocol::is_live(all.state) && is_still).then_some((all.who, all.cell))
    }
}

#[test]
fn no_series_shows_the_counts_of_the_next() {
    for backwards in [false, true] {
        static BEFORE: Met = Met::that("the first series was shown");
        static BEHIND: Met = Met::that("the second series was shown");
        static AWAY: Met = Met::that("it was neither");
        bounded(2, move || {
            let file = File::new();
            let worker = start(&file, |file| file.give_on());
            let reader = start(&file, move |file| match file.read(backwards) {
                Some((FIRST, 10)) => BEFORE.note(true),
                Some((SECOND, 20)) => BEHIND.note(true),
                None => AWAY.note(true),
                other => panic!("{other:?}"),
            });
            join([worker, reader]);
            assert_eq!(file.read(backwards), Some((SECOND, 20)));
        });
        Met::demand_all([&BEFORE, &BEHIND, &AWAY]);
    }
}

#[test]
fn what_is_said_to_be_written_is() {
    static SEEN: Met = Met::that("the entry was seen");
    bounded(3, || {
        let file = File::new();
        let worker = start(&file, |file| {
            // Behind the others, where no reader is yet.
            file.cell.store(7, Ordering::Relaxed);
            protocol::publish(&file.used, 4);
        });
        let reader = start(&file, |file| {
            if file.used.load(Ordering::Relaxed) == 4 {
                SEEN.note(true);
                assert_eq!(protocol::behind(|| file.cell.load(Ordering::Relaxed)), 7);
            }
        });
        join([worker, reader]);
    });
    SEEN.demand();
}

/// A sequence or how many were begun, the sum, and two counts.
type Cells = [AtomicU64; 4];

/// Where threads observe together in a file.
fn one_set<T>(cells: &[AtomicU64], act: impl FnOnce(Together<'_>) -> T) -> T {
    act(Together::new(cells, None, &Mutex::new(())))
}

/// Two looks, the one in the other order.
fn looks(cells: &Cells) -> [[u64; 4]; 2] {
    let mut first = [0; 4];
    first.iter_mut().zip(cells).rev().for_each(|(seen, cell)| *seen = cell.load(Ordering::Relaxed));
    [first, protocol::behind(|| cells.each_ref().map(|cell| cell.load(Ordering::Relaxed)))]
}

fn check(cells: [u64; 4]) -> [u64; 2] {
    let [_, sum, low, high] = cells;
    assert_eq!(f64::from_bits(sum), low as f64 + 10.0 * high as f64, "two moments in one histogram");
    [low, high]
}

#[test]
fn observations_of_one_thread_are_seen_whole() {
    static HALF: Met = Met::that("a reader came between two observations");
    bounded(3, || {
        let cells = Arc::new([0; 4].map(AtomicU64::new));
        let worker = start(&cells, |cells| {
            moment::record(&cells[..], 0, 1.0);
            moment::record(&cells[..], 1, 10.0);
        });
        let reader = start(&cells, |cells| {
            let [first, second] = looks(cells);
            if first == second && Rule::Sequence.is_whole(first.into_iter()) {
                HALF.note(check(first) == [1, 0]);
            }
        });
        join([worker, reader]);
    });
    HALF.demand();
}

#[test]
fn observations_of_all_threads_are_seen_whole() {
    static HALF: Met = Met::that("a reader came between two observations");
    bounded(2, || {
        let cells = Arc::new([0; 4].map(AtomicU64::new));
        let workers =
            [0, 1].map(|bucket| start(&cells, move |cells| one_set(&cells[..], |together| together.record(bucket, [1.0, 10.0][bucket]))));
        let reader = start(&cells, |cells| {
            let [first, second] = looks(cells);
            if first == second && Rule::Counted.is_whole(first.into_iter()) {
                HALF.note(matches!(check(first), [1, 0] | [0, 1]));
            }
        });
        join(workers);
        reader.join().unwrap();
    });
    HALF.demand();
}

#[test]
fn the_process_itself_sees_them_whole_too() {
    static HALF: Met = Met::that("a reader came between two observations");
    bounded(2, || {
        let cells = Arc::new([0; 4].map(AtomicU64::new));
        let workers =
            [0, 1].map(|bucket| start(&cells, move |cells| one_set(&cells[..], |together| together.record(bucket, [1.0, 10.0][bucket]))));
        let reader = start(&cells, |cells| {
            let mut counts = [0; 2];
            let sum = one_set(&cells[..], |together| together.read(&mut counts));
            assert_eq!(sum, counts[0] as f64 + 10.0 * counts[1] as f64);
            HALF.note(counts[0] + counts[1] == 1);
        });
        join(workers);
        reader.join().unwrap();
    });
    HALF.demand();
}
