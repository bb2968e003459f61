//! Observations of one thread in cells of its own: a reader has counts and sum of the same observations.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::atomic::Mutex;
use super::together::Together;
use super::{Met, bounded, join, moment, start};

/// The sequence, the sum, and two counts; of which generation they are; and the word of the generation of now, which counts the
/// readers that froze them.
struct Model {
    cells: [AtomicU64; 4],
    own: AtomicU64,
    word: AtomicU64,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self { cells: [0; 4].map(AtomicU64::new), own: AtomicU64::new(0), word: AtomicU64::new(0) })
    }

    /// Observes 1 in the first bucket or 10 in the second, unless the cells are frozen; whether they were not.
    fn observe(&self, bucket: usize) -> bool {
        let Some(now) = moment::unfrozen(&self.word) else { return false };
        if self.own.load(Ordering::Relaxed) != now {
            moment::renew(&self.own, &self.cells, now);
        }
        moment::record(&self.cells, bucket, [1.0, 10.0][bucket]);
        true
    }

    fn reset(&self) {
        self.word.fetch_add(moment::GENERATION, Ordering::AcqRel);
    }

    fn generation(&self) -> u64 {
        moment::generation_of(self.word.load(Ordering::Acquire))
    }

    /// What a reader sees, which must fit together.
    fn read(&self) -> [u64; 2] {
        let mut counts = [0; 2];
        let sum = moment::read(&self.own, &self.cells, self.generation(), &self.word, |_| moment::Owner::Other, &mut counts);
        assert_eq!(sum, counts[0] as f64 + 10.0 * counts[1] as f64, "two moments in one histogram");
        counts
    }
}

#[test]
fn a_reader_sees_whole_observations() {
    static HALF: Met = Met::that("a reader came between two observations");
    bounded(2, || {
        let model = Model::new();
        let writer = start(&model, |model| model.observe(0) && model.observe(1));
        let reader = start(&model, |model| {
            HALF.note(model.read() == [1, 0]);
        });
        let both = writer.join().unwrap();
        reader.join().unwrap();
        assert!(!both || model.read() == [1, 1], "nothing is lost");
    });
    HALF.demand();
}

#[test]
fn a_thread_goes_on_with_the_cells_of_one_that_ended() {
    bounded(2, || {
        let model = Model::new();
        let free = Arc::new(loom::sync::Mutex::new(true));
        let lease = |free: &Arc<loom::sync::Mutex<bool>>| std::mem::take(&mut *free.lock().unwrap());
        let [first, second] = [0, 1].map(|bucket| {
            let free = free.clone();
            start(&model, move |model| {
                let leased = lease(&free);
                if leased {
                    model.observe(bucket);
                    *free.lock().unwrap() = true;
                }
                leased
            })
        });
        let leased = join([first, second]);
        assert_eq!(model.read(), leased.map(u64::from), "each was counted that had the cells");
    });
}

/// A reader sees what was observed since a reset, or since the one before; never both.
#[test]
fn reader_beside_a_reset_sees_one_generation() {
    static BEFORE: Met = Met::that("the reader came before the reset");
    static BEHIND: Met = Met::that("the reader came behind it");
    bounded(3, || {
        let model = Model::new();
        model.observe(0);
        let writer = start(&model, |model| {
            model.reset();
            model.observe(1)
        });
        let reader = start(&model, |model| {
            let seen = model.read();
            assert!(matches!(seen, [1, 0] | [0, 0] | [0, 1]), "{seen:?}");
            BEFORE.note(seen == [1, 0]);
            BEHIND.note(seen == [0, 1]);
        });
        let observed = writer.join().unwrap();
        reader.join().unwrap();
        assert!(!observed || model.read() == [0, 1], "nothing that came behind the reset is lost");
    });
    Met::demand_all([&BEFORE, &BEHIND]);
}

/// The reset comes from another thread.
#[test]
fn observation_beside_a_reset_counts_or_is_forgotten() {
    static COUNTS: Met = Met::that("an observation came behind the reset");
    static FORGOTTEN: Met = Met::that("all came before it");
    bounded(2, || {
        let model = Model::new();
        let writer = start(&model, |model| _ = model.observe(0) && model.observe(1));
        let reset = start(&model, |model| model.reset());
        let reader = start(&model, |model| _ = model.read());
        join([reset, writer, reader]);
        let seen = model.read();
        COUNTS.note(seen == [1, 1] || seen == [0, 1]);
        FORGOTTEN.note(seen == [0, 0]);
    });
    Met::demand_all([&COUNTS, &FORGOTTEN]);
}

/// Threads without cells of their own: one observes in those of a shard, and the other in those of all if it comes meanwhile.
struct Shared {
    cells: [AtomicU64; 4],
    own: AtomicU64,
    word: AtomicU64,
    sets: [[AtomicU64; 4]; 2],
    turn: Mutex<()>,
}

impl Shared {
    fn new() -> Arc<Self> {
        let cells = || [0; 4].map(AtomicU64::new);
        let [own, word] = [0; 2].map(AtomicU64::new);
        Arc::new(Self { cells: cells(), own, word, sets: [cells(), cells()], turn: Mutex::new(()) })
    }

    fn together(&self) -> Together<'_> {
        let [first, second] = &self.sets;
        Together::new(first, Some(second), &self.turn)
    }

    /// Whether the cells of the shard were free.
    fn observe(&self, bucket: usize) -> bool {
        let value = [1.0, 10.0][bucket];
        let claimed = moment::record_claimed(&self.own, &self.cells, &self.word, bucket, value);
        if !claimed {
            self.together().record(bucket, value);
        }
        claimed
    }

    fn read(&self) -> [u64; 2] {
        let mut counts = [0; 2];
        let generation = moment::generation_of(self.word.load(Ordering::Acquire));
        let sum = moment::read(&self.own, &self.cells, generation, &self.word, moment::claimant, &mut counts);
        assert_eq!(sum, counts[0] as f64 + 10.0 * counts[1] as f64, "two moments in one shard");
        self.read_together(&mut counts);
        counts
    }

    fn read_together(&self, into: &mut [u64; 2]) {
        let mut counts = [0; 2];
        let sum = self.together().read(&mut counts);
        assert_eq!(sum, counts[0] as f64 + 10.0 * counts[1] as f64, "two moments in what threads observed together");
        into.iter_mut().zip(counts).for_each(|(into, count)| *into += count);
    }
}

#[test]
fn observations_of_two_threads_in_a_shard_are_whole_and_counted() {
    static BOTH: Met = Met::that("each found the shard free");
    static TAKEN: Met = Met::that("one found it claimed");
    static HALF: Met = Met::that("the reader came between them");
    bounded(2, || {
        let model = Shared::new();
        let threads = [0, 1].map(|bucket| start(&model, move |model| model.observe(bucket)));
        HALF.note(model.read().iter().sum::<u64>() == 1);
        let claimed = join(threads);
        BOTH.note(claimed == [true; 2]);
        TAKEN.note(claimed != [true; 2]);
        assert_eq!(model.read(), [1, 1], "nothing is lost");
    });
    Met::demand_all([&BOTH, &TAKEN, &HALF]);
}

/// A thread that saw the word before a reset takes nothing back of what came behind it.
#[test]
fn observations_in_a_shard_beside_a_reset_are_of_one_generation() {
    static LATER: Met = Met::that("both came behind the reset");
    bounded(2, || {
        let model = Shared::new();
        model.observe(0);
        let other = start(&model, |model| model.observe(1));
        let reset = start(&model, |model| {
            model.word.fetch_add(moment::GENERATION, Ordering::AcqRel);
            model.observe(0)
        });
        let claimed = join([reset, other]);
        let seen = model.read();
        LATER.note(claimed == [true; 2] && seen == [1, 1]);
        assert!(seen[0] == 1, "{seen:?}: what came behind the reset is there");
    });
    LATER.demand();
}

/// A reader finds whole observations although a thread observes again and again, and never fewer than before.
#[test]
fn observations_of_threads_together_are_whole_at_every_turn() {
    static NONE: Met = Met::that("the reader came first");
    static SOME: Met = Met::that("the reader came between observations");
    bounded(2, || {
        let model = Shared::new();
        let first = start(&model, |model| [0, 1].iter().for_each(|bucket| model.together().record(*bucket, [1.0, 10.0][*bucket])));
        let second = start(&model, |model| model.together().record(0, 1.0));
        let reader = start(&model, |model| {
            let [mut seen, mut again] = [[0; 2]; 2];
            model.read_together(&mut seen);
            model.read_together(&mut again);
            assert!(again[0] >= seen[0] && again[1] >= seen[1], "{seen:?}, then {again:?}");
            NONE.note(seen == [0, 0]);
            SOME.note(matches!(seen, [1, 0] | [2, 0] | [1, 1]));
        });
        join([first, second, reader]);
        let mut counts = [0; 2];
        model.read_together(&mut counts);
        assert_eq!(counts, [2, 1], "nothing is lost");
    });
    Met::demand_all([&NONE, &SOME]);
}

#[test]
fn reset_of_what_threads_observed_together_forgets_whole_observations() {
    static LATER: Met = Met::that("what came beside the reset stayed");
    bounded(2, || {
        let model = Shared::new();
        model.together().record(0, 1.0);
        let observer = start(&model, |model| model.together().record(1, 10.0));
        let reset = start(&model, |model| {
            model.together().reset();
            model.together().record(0, 1.0);
        });
        join([observer, reset]);
        let mut counts = [0; 2];
        model.read_together(&mut counts);
        assert!(matches!(counts, [1, 0] | [1, 1]), "{counts:?}");
        LATER.note(counts == [1, 1]);
    });
    LATER.demand();
}
