use super::*;
use std::vec::Vec;

type Read64<const N: usize, const SCHEMA: i8> = NativeHistogram<f64, N, SCHEMA>;

fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
    *seed ^ *seed >> 29
}

/// Each value is in a bucket that holds it: counted by the reference, a list of all values.
fn check<const N: usize, const SCHEMA: i8>(values: &[f64]) -> i8 {
    let histogram = Read64::<N, SCHEMA>::new();
    values.iter().for_each(|&value| histogram.observe(value));
    let mut buckets = [NativeBucket::default(); N];
    let read = histogram.read(&mut buckets);
    assert_eq!(read.count, values.len() as u64);
    let scale = Scale::new(read.schema);
    let within = |value: f64, bucket: &NativeBucket| {
        let magnitude = value.abs();
        magnitude > read.zero_threshold && scale.index(magnitude.to_bits()) == bucket.index
    };
    let (positive, negative) = buckets[..read.buckets].split_at(read.positive);
    for (side, sign) in [(positive, 1.0), (negative, -1.0)] {
        assert!(side.is_sorted_by(|a, b| a.index < b.index), "{side:?}");
        for bucket in side {
            let expected = values.iter().filter(|value| **value * sign > 0.0 && within(**value, bucket)).count();
            assert_eq!(bucket.count, expected as u64, "{bucket:?} at schema {}", read.schema);
        }
    }
    let zero = values.iter().filter(|value| value.abs() <= read.zero_threshold).count() as u64;
    assert_eq!(read.zero_count, zero);
    let nan = values.iter().filter(|value| value.is_nan()).count() as u64;
    assert_eq!(zero + nan + buckets[..read.buckets].iter().map(|bucket| bucket.count).sum::<u64>(), read.count);
    assert!(read.buckets <= N - N / 8);
    read.schema
}

#[test]
fn every_value_is_in_its_bucket() {
    let mut seed = 1;
    let mut any = || f64::from_bits(random(&mut seed));
    let all: Vec<f64> = (0..4_000).map(|_| any()).collect();
    assert_eq!(check::<160, 8>(&all), -4);
    check::<96, 3>(&all);
    // Fewer places than the coarsest resolution takes: the zero bucket grows.
    check::<16, 3>(&all);
    check::<24, -4>(&all);
    let narrow: Vec<f64> = all.iter().map(|value| 1.0 + (value.to_bits() >> 40) as f64 / 1e8).collect();
    assert_eq!(check::<64, 5>(&narrow), 5);
    let specials = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 5e-324, -5e-324, 1.0, -1.0, 2.0];
    check::<64, 8>(&specials);
    check::<16, 8>(&specials);
}

#[test]
fn sorted_streams_do_not_matter() {
    let rising: Vec<f64> = (1..5_000).map(|step| f64::from(step) * 0.001).collect();
    let falling: Vec<f64> = rising.iter().rev().copied().collect();
    assert_eq!(check::<64, 8>(&rising), check::<64, 8>(&falling));
    check::<32, 4>(&[rising, falling.iter().map(|value| -value).collect()].concat());
}

#[test]
fn the_resolution_is_lowered_no_more_than_it_takes() {
    // 56 places at schema 3 are 7 octaves.
    let octaves = |count: i32| (0..count * 64).map(|step| (f64::from(step) / 64.0).exp2()).collect::<Vec<_>>();
    assert_eq!(check::<64, 3>(&octaves(6)), 3);
    assert_eq!(check::<64, 3>(&octaves(12)), 2);
    assert_eq!(check::<64, 3>(&octaves(25)), 1);
}

#[test]
fn integers_are_counted_in_the_exposed_unit() {
    use crate::value::Scaled;
    let histogram = NativeHistogram::<Scaled<u32, 1_000_000>>::new();
    for micros in [1_000_000, 1_000_001, 250_000] {
        histogram.observe(Scaled(micros));
    }
    let mut buckets = [NativeBucket::default(); 64];
    let read = histogram.read(&mut buckets);
    let found: Vec<_> = buckets[..read.buckets].iter().map(|bucket| (bucket.index, bucket.count)).collect();
    assert_eq!(found, [(-16, 1), (0, 1), (1, 1)]);
    let signed = NativeHistogram::<i64, 16, 0>::new();
    signed.observe(-8);
    signed.observe(3);
    let read = signed.read(&mut buckets);
    let found: Vec<_> = buckets[..read.buckets].iter().map(|bucket| (bucket.index, bucket.count)).collect();
    assert_eq!((found.as_slice(), read.positive), ([(2, 1), (3, 1)].as_slice(), 1));
}

/// Threads that make new buckets all the time, so that the resolution is lowered under them, and a reader that never sees a count
/// that went down, or a sum without its observations.
#[test]
fn no_count_is_lost_while_the_resolution_is_lowered() {
    for round in 0..20_u64 {
        let histogram = Read64::<32, 8>::new();
        let done = core::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for thread in 0..3_u64 {
                let (histogram, done) = (&histogram, &done);
                scope.spawn(move || {
                    let mut seed = round * 3 + thread;
                    for step in 0..20_000 {
                        let exponent = (random(&mut seed) >> 40) % (1 + step / 200);
                        histogram.observe((exponent as f64 / 4.0).exp2());
                    }
                    done.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
                });
            }
            let mut before = 0;
            while done.load(core::sync::atomic::Ordering::Relaxed) < 3 {
                let mut buckets = [NativeBucket::default(); 32];
                let read = histogram.read(&mut buckets);
                assert!(read.count >= before, "{} after {before}", read.count);
                assert_eq!(read.count, read.zero_count + buckets[..read.buckets].iter().map(|bucket| bucket.count).sum::<u64>());
                assert!(read.sum >= read.count as f64, "a value is counted that the sum does not have");
                before = read.count;
            }
        });
        assert_eq!(histogram.count(), 60_000);
    }
}

#[test]
fn a_place_takes_eight_bytes() {
    assert_eq!(size_of::<NativeHistogram<f64, 64>>(), 64 * 8 + 56);
}
