//! Updates in plain arrays.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use foldhash::fast::FixedState;
use picometer_benches::{Case, Role};

use crate::inputs::{self, ten};

/// So many threads have words of their own, and more share those.
const MOST: usize = 64;

/// Words of one thread, in lines of a cache that no other thread has.
#[repr(align(128))]
struct Own<const N: usize>([AtomicU64; N]);

fn own<const N: usize>(threads: usize) -> Vec<Own<N>> {
    (0..threads.min(MOST)).map(|_| Own([const { AtomicU64::new(0) }; N])).collect()
}

/// A load, an addition and a store.
fn add_to(word: &AtomicU64, amount: u64) {
    word.store(word.load(Relaxed).wrapping_add(amount), Relaxed);
}

fn add_float(word: &AtomicU64, amount: f64) {
    word.store((f64::from_bits(word.load(Relaxed)) + amount).to_bits(), Relaxed);
}

/// The limit of a counter: a load, an addition and a store, or from so many threads on, that no library has words for each, an
/// atomic addition that no other thread contends.
pub(crate) fn count(case: &mut Case<'_>, threads: usize) {
    let words = own::<1>(threads);
    let plain = move |thread: usize, times| (0..times).for_each(|_| add_to(&words[thread % MOST].0[0], 1));
    if threads <= MOST {
        case.threads("load, add, store", Role::Limit, threads, plain);
        fetch_add(case, threads);
    } else {
        fetch_add(case, threads);
        case.threads("load, add, store", Role::Limit, threads, plain);
    }
}

/// An atomic addition that no other thread contends.
pub(crate) fn fetch_add(case: &mut Case<'_>, threads: usize) {
    let words = own::<1>(threads);
    case.threads("fetch_add, uncontended", Role::Limit, threads, move |thread, times| {
        for _ in 0..times {
            words[thread % MOST].0[0].fetch_add(1, Relaxed);
        }
    });
}

/// The limit of a lookup by strings: to hash those that are asked for, and to compare hash and strings with those that are there.
/// Where they are is known.
pub(crate) fn lookup<const N: usize>(case: &mut Case<'_>, threads: usize, asked: Vec<[String; N]>) {
    let mut known = asked.clone();
    known.sort();
    known.dedup();
    let places: Vec<usize> = asked.iter().filter_map(|strings| known.binary_search(strings).ok()).collect();
    let hash = |strings: &[String; N]| {
        let mut hasher = FixedState::default().build_hasher();
        strings.iter().for_each(|string| hasher.write(string.as_bytes()));
        hasher.finish()
    };
    let hashes: Vec<u64> = known.iter().map(hash).collect();
    let words = own::<1_024>(threads);
    case.threads("hash + compare", Role::Limit, threads, move |thread, times| {
        for turn in 0..times {
            let turn = (turn as usize + thread * 1_000) % 4_096;
            let (strings, place) = (&asked[turn], places[turn]);
            if hash(strings) == hashes[place] && *strings == known[place] {
                add_to(&words[thread % MOST].0[place], 1);
            }
        }
    });
}

ten!(Ten);

/// The limit of a lookup by enums: an index into an array of three dimensions.
pub(crate) fn index(case: &mut Case<'_>, threads: usize) {
    type Array = [[[AtomicU64; 10]; 10]; 10];
    let keys = inputs::ordinals();
    let words: Vec<Box<Array>> =
        (0..threads.min(MOST)).map(|_| Box::new([const { [const { [const { AtomicU64::new(0) }; 10] }; 10] }; 10])).collect();
    case.threads("array index", Role::Limit, threads, move |thread, times| {
        let words = &words[thread % MOST];
        for turn in 0..times {
            let [a, b, c] = keys[(turn as usize + thread * 1_000) % 4_096].map(|label| Ten::ALL[usize::from(label)] as usize);
            add_to(&words[a][b][c], 1);
        }
    });
}

/// The limit of a histogram: a table by the upper bits of the value says which bound to compare it with, and then a count and the
/// sum are added to. Without bounds that of a summary.
pub(crate) fn observe(case: &mut Case<'_>, bounds: &[f64], threads: usize, values: Vec<f64>) {
    // So many of the upper bits that no two bounds are below the same.
    let upper = |value: f64| (value.to_bits() >> 44) as usize;
    let smallest = |upper: usize| f64::from_bits((upper as u64) << 44);
    let last = bounds.last().map_or(0, |&bound| upper(bound) + 1);
    let table: Vec<u8> = (0..=last).map(|at| bounds.partition_point(|&bound| bound < smallest(at)) as u8).collect();
    let bounds: Vec<f64> = bounds.iter().copied().chain([f64::INFINITY]).collect();
    let words = own::<128>(threads);
    case.threads("array of counts and a sum", Role::Limit, threads, move |thread, times| {
        let words = &words[thread % MOST].0;
        for turn in 0..times {
            let value = values[(turn as usize + thread * 1_000) % 4_096];
            let first = usize::from(table[upper(value).min(last)]);
            let bucket = first + usize::from(value > bounds[first]);
            add_to(&words[bucket], 1);
            add_float(&words[127], value);
        }
    });
}

/// The limit of setting a gauge: a store to a word that all threads share.
pub(crate) fn set() -> impl Fn(f64) + Sync {
    let word = AtomicU64::new(0);
    move |value: f64| word.store(value.to_bits(), Relaxed)
}

/// The limit of adding to a gauge that all threads share.
pub(crate) fn add() -> impl Fn(f64) + Sync {
    let word = AtomicU64::new(0);
    move |value: f64| {
        let mut now = word.load(Relaxed);
        while let Err(other) = word.compare_exchange_weak(now, (f64::from_bits(now) + value).to_bits(), Relaxed, Relaxed) {
            now = other;
        }
    }
}
