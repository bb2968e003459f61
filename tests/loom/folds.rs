//! Moving what a thread counted that ended: a reader sees every count once, whichever thread counts next.

#[path = "../../std-adapter/registry/src/cell/local/moves.rs"]
mod moves;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::epoch::record::{Record, Records};
use super::more::More;
use super::{Met, bounded, join, moment, resets, start};
use moves::{Moving, Sides, Step};

/// A slab of two integers; where they are moved to; and the record that says whether a thread has the slab.
struct Model {
    own: [AtomicU64; 2],
    into: [AtomicU64; 2],
    record: &'static Record,
    more: More,
    moving: Moving,
    step: Step,
}

impl Model {
    fn new() -> Arc<Self> {
        let cells = || [0; 2].map(AtomicU64::new);
        let record = Records::new().claim(2);
        Arc::new(Self { own: cells(), into: cells(), record, more: More::new(), moving: Moving::new(), step: Step::new() })
    }

    fn inc(&self, cell: usize) {
        let cell = &self.own[cell];
        cell.store(cell.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// A thread that takes the slab over, counts, and ends; whether the slab was free.
    fn count(&self, cells: &[usize]) -> bool {
        let leased = self.record.lease();
        if leased {
            moves::settle();
            cells.iter().for_each(|cell| self.inc(*cell));
            self.record.end_lease();
        }
        leased
    }

    /// As a page, so many cells in a step; whether the slab was free.
    fn fold(&self, cells: usize) -> bool {
        let visits = self.record.visit();
        if visits {
            self.more.moved(0);
            let sides = Sides { slab: 0, own: &self.own, into: &self.into, notes: None };
            let mut start = 0;
            while start < self.own.len() {
                start = sides.step(&self.moving, &self.step, start, cells);
            }
            self.record.end_lease();
        }
        visits
    }

    /// The slab alone, until anything is moved.
    fn read(&self) -> [u64; 2] {
        let own = || self.own.each_ref().map(|cell| cell.load(Ordering::Relaxed));
        resets::unless_reset(|| self.more.is_own(0), own).unwrap_or_else(|| self.read_moved())
    }

    fn read_moved(&self) -> [u64; 2] {
        self.moving.whole(&self.step, |step, has_moved| {
            [0, 1].map(|cell| match step.and_then(|step| step.cells(cell, 1)) {
                Some((both, _)) => both[0].load(Ordering::Relaxed),
                None => {
                    let moved = if has_moved { self.into[cell].load(Ordering::Relaxed) } else { 0 };
                    moved + self.own[cell].load(Ordering::Relaxed)
                }
            })
        })
    }
}

/// The first cell is moved, and counted in by the next thread, which need not be the one that moved it.
#[test]
fn reader_beside_a_move_sees_each_count_once() {
    static BESIDE: Met = Met::that("the reader came behind a count");
    bounded(2, || {
        let model = Model::new();
        assert!(model.count(&[0, 0]));
        let folder = start(&model, |model| model.fold(2));
        let next = start(&model, |model| model.count(&[0]));
        let reader = start(&model, |model| {
            let seen = model.read();
            assert!(matches!(seen, [2 | 3, 0]), "{seen:?}: a count is lost, or there twice");
            BESIDE.note(seen[0] == 3);
        });
        folder.join().unwrap();
        let counted = next.join().unwrap();
        reader.join().unwrap();
        assert_eq!(model.read(), [2 + u64::from(counted), 0]);
    });
    BESIDE.demand();
}

/// The next thread counts in a cell that was moved, so that a reader may see its count beside what it took over.
#[test]
fn count_of_the_next_owner_is_not_read_without_those_before() {
    static ALL: Met = Met::that("the reader saw the count of the next owner");
    bounded(3, || {
        let model = Model::new();
        assert!(model.count(&[0, 0]));
        let both = start(&model, |model| {
            model.fold(1);
            model.count(&[0]);
        });
        let reader = start(&model, |model| {
            let [seen, _] = model.read();
            assert!(seen == 2 || seen == 3, "{seen}");
            ALL.note(seen == 3);
        });
        join([both, reader]);
        assert_eq!(model.read(), [3, 0]);
    });
    ALL.demand();
}

/// The slab of a histogram: its sequence, sum and two counts, and the generation behind them.
struct Observed {
    own: [AtomicU64; 5],
    into: [AtomicU64; 5],
    /// The length, and what the sum leaves.
    notes: [AtomicU64; 5],
    word: AtomicU64,
    moving: Moving,
    step: Step,
}

impl Observed {
    fn observe(&self, bucket: usize) {
        let Some((own, cells)) = self.own.split_last() else { return };
        let word = self.word.load(Ordering::Relaxed);
        if own.load(Ordering::Relaxed) != word {
            moment::renew(own, cells, word);
        }
        moment::record(cells, bucket, [1.0, 10.0][bucket]);
    }

    fn fold(&self) {
        let sides = Sides { slab: 0, own: &self.own, into: &self.into, notes: Some(&self.notes) };
        assert_eq!(sides.step(&self.moving, &self.step, 0, 1), 5);
    }

    fn read(&self) -> [u64; 2] {
        let mut counts = [0; 2];
        let generation = moment::generation_of(self.word.load(Ordering::Acquire));
        let sum = self.moving.whole(&self.step, |step, has_moved| {
            counts.fill(0);
            let moved = step.and_then(|step| step.cells(0, 5));
            let folded = moved.map_or(&self.into[..], |(cells, _)| cells);
            let (Some((own, cells)), Some((generation_of_folded, folded))) = (self.own.split_last(), folded.split_last()) else {
                return 0.0;
            };
            let mut sum = 0.0;
            if has_moved && generation_of_folded.load(Ordering::Relaxed) == generation {
                sum = f64::from_bits(folded[1].load(Ordering::Relaxed));
                counts = [2, 3].map(|at| folded[at].load(Ordering::Relaxed));
            }
            if moved.is_none() {
                sum += moment::read(own, cells, generation, &self.word, |_| moment::Owner::Other, &mut counts);
            }
            sum
        });
        assert_eq!(sum, counts[0] as f64 + 10.0 * counts[1] as f64, "two moments in one histogram");
        counts
    }
}

/// A thread ended; a page moves its observations, and then the next thread observes, before a reset and behind it.
#[test]
fn observations_beside_a_move_and_a_reset_are_of_one_moment() {
    static MOVED: Met = Met::that("what was moved was read with what came behind it");
    static LATER: Met = Met::that("the reset came between them");
    for is_reset in [false, true] {
        observed(is_reset, &MOVED, &LATER);
    }
    Met::demand_all([&MOVED, &LATER]);
}

fn observed(is_reset: bool, moved: &'static Met, later: &'static Met) {
    bounded(if is_reset { 1 } else { 2 }, move || {
        let cells = || [0; 5].map(AtomicU64::new);
        let model = Arc::new(Observed {
            own: cells(),
            into: cells(),
            notes: [5, 0, 0, 0, 0].map(AtomicU64::new),
            word: AtomicU64::new(0),
            moving: Moving::new(),
            step: Step::new(),
        });
        model.observe(0);
        let owner = start(&model, move |model| {
            model.fold();
            moves::settle();
            if is_reset {
                model.word.fetch_add(moment::GENERATION, Ordering::AcqRel);
            }
            model.observe(1);
        });
        let reader = start(&model, |model| {
            let seen = model.read();
            assert!(matches!(seen, [1, 0] | [1, 1] | [0, 0] | [0, 1]), "{seen:?}");
            moved.note(seen == [1, 1]);
            later.note(seen == [0, 1]);
        });
        join([owner, reader]);
        let left = model.read();
        model.fold();
        assert_eq!(model.read(), left, "what is moved is as it was");
    });
}
