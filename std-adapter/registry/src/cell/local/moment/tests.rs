use std::time::Duration;

use super::*;

fn cells<const N: usize>(cells: [u64; N]) -> [AtomicU64; N] {
    cells.map(AtomicU64::new)
}

const ONE_AND_A_HALF: u64 = 1.5_f64.to_bits();

#[test]
fn observation_whose_thread_gets_no_processor_is_waited_for() {
    let (cells, word, own, mut counts) = (cells([1, 3.0_f64.to_bits(), 0, 0]), AtomicU64::new(0), AtomicU64::new(0), [0; 2]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(40));
            cells[2].store(1, Ordering::Relaxed);
            cells[0].store(2, Ordering::Release);
        });
        assert_eq!((read(&own, &cells, 0, &word, |_| Owner::Other, &mut counts), counts), (3.0, [1, 0]));
    });
    // The one that reads interrupted it: it cannot go on before the read ends.
    cells[0].store(3, Ordering::Relaxed);
    assert_eq!((read(&own, &cells, 0, &word, |_| Owner::Reader, &mut counts), counts), (3.0, [2, 0]));
    assert_eq!((cells[0].load(Ordering::Relaxed), word.load(Ordering::Relaxed)), (3, 0));
}

#[test]
fn observation_whose_thread_was_lost_is_waited_for_once() {
    let (cells, word, own, mut counts) = (cells([3, ONE_AND_A_HALF, 1, 0]), AtomicU64::new(0), AtomicU64::new(0), [0; 2]);
    assert_eq!((read(&own, &cells, 0, &word, |_| Owner::Lost, &mut counts), counts), (1.5, [1, 0]));
    let waits = |_| panic!("it waits");
    assert_eq!((read(&own, &cells, 0, &word, waits, &mut counts), counts), (1.5, [2, 0]));
    assert_eq!(word.into_inner(), 0);
}

#[test]
fn claimed_cells_are_not_observed_in_and_free_again_behind_a_fork() {
    let (cells, word) = (cells([2, 0, 0, 0]), AtomicU64::new(GENERATION));
    let (own, mut counts) = (AtomicU64::new(0), [0; 2]);
    assert!(record_claimed(&own, &cells, &word, 1, 1.5), "they are free, and of another generation");
    let here = (cells[0].load(Ordering::Relaxed) + 1) | process();
    let left = here ^ (1 << CLAIM);
    assert_eq!([here, left, 4].map(claimant), [Owner::Other, Owner::Lost, Owner::Other]);
    cells[0].store(here, Ordering::Relaxed);
    assert!(!record_claimed(&own, &cells, &word, 1, 1.5));
    cells[0].store(left, Ordering::Relaxed);
    assert_eq!((read(&own, &cells, GENERATION, &word, claimant, &mut counts), counts), (1.5, [0, 1]));
    assert!(record_claimed(&own, &cells, &word, 0, 1.5));
    assert_eq!((read(&own, &cells, GENERATION, &word, claimant, &mut counts), counts), (3.0, [1, 2]));
}

#[test]
fn cells_of_another_generation_are_passed_over() {
    let (cells, word, own, mut counts) = (cells([2, ONE_AND_A_HALF, 1, 0]), AtomicU64::new(0), AtomicU64::new(0), [0; 2]);
    let mut read = |generation| read(&own, &cells, generation, &word, |_| Owner::Other, &mut counts);
    assert_eq!(read(GENERATION), 0.0);
    renew(&own, &cells, GENERATION);
    record(&cells, 1, 3.0);
    assert_eq!((read(GENERATION), read(0), counts), (3.0, 0.0, [0, 1]));
}

#[test]
fn cells_that_a_reader_of_another_process_froze_are_free() {
    let (generation, of_another) = (5 * GENERATION, ((u64::from(generation()) + 1) & READERS) << 16);
    let word = AtomicU64::new(generation | of_another | 2);
    assert_eq!((unfrozen(&word), word.load(Ordering::Relaxed)), (Some(generation), generation));
    word.store(generation | of_another | 2, Ordering::Relaxed);
    freeze(&word);
    freeze(&word);
    assert_eq!(unfrozen(&word), None);
    thaw(&word);
    assert_eq!(unfrozen(&word), None, "one reader is left");
    thaw(&word);
    assert_eq!((unfrozen(&word), word.load(Ordering::Relaxed)), (Some(generation), generation));
}

/// Also where no reader ends it, because its cells are of no generation.
#[test]
fn claim_that_stayed_behind_a_fork_is_taken_over() {
    let left = 7 | (process() ^ (1 << CLAIM));
    let (cells, word, own) = (cells([left, ONE_AND_A_HALF, 3, 0]), AtomicU64::new(GENERATION), AtomicU64::new(NONE));
    assert!(record_claimed(&own, &cells, &word, 1, 2.0));
    let mut counts = [0; 2];
    assert_eq!((read(&own, &cells, GENERATION, &word, claimant, &mut counts), counts), (2.0, [0, 1]));
}

#[test]
fn observation_whose_thread_may_be_lost_is_waited_for() {
    let (cells, word, own, mut counts) = (cells([1, ONE_AND_A_HALF, 0, 0]), AtomicU64::new(0), AtomicU64::new(0), [0; 2]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            cells[2].store(1, Ordering::Relaxed);
            cells[0].store(2, Ordering::Release);
        });
        assert_eq!((read(&own, &cells, 0, &word, |_| Owner::MayBeLost, &mut counts), counts), (1.5, [1, 0]));
    });
}
