//! Streams of every kind that a distribution has to do with.

use proptest::prelude::*;

/// Values in the order in which they come, and what they are like.
pub fn streams(most: usize) -> impl Strategy<Value = (&'static str, Vec<f64>)> {
    let kinds =
        prop::sample::select(vec!["normal", "log-normal", "bimodal", "constant", "rising", "falling", "inwards", "outwards", "blocks"]);
    (kinds, 1..most, any::<u64>(), 1e-3..1e3, 0.01..2.0)
        .prop_map(|(kind, len, seed, scale, spread)| (kind, stream(kind, len, seed, scale, spread)))
}

/// A stream of one kind: around `scale`, and as wide as `spread` says.
pub fn stream(kind: &str, len: usize, seed: u64, scale: f64, spread: f64) -> Vec<f64> {
    let mut state = seed | 1;
    let mut uniform = move || {
        state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        ((state ^ state >> 29) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    let rising: Vec<f64> = (0..len).map(|at| scale * (1.0 + at as f64)).collect();
    match kind {
        "normal" => (0..len).map(|_| scale * (10.0 + spread * normal())).collect(),
        "log-normal" => (0..len).map(|_| scale * (spread * normal()).exp()).collect(),
        "bimodal" => (0..len).map(|at| scale * (10.0 + spread * normal()) * if at % 3 == 0 { 1e4 } else { 1.0 }).collect(),
        "constant" => vec![scale; len],
        "rising" => rising,
        "falling" => rising.into_iter().rev().collect(),
        // From both ends to the middle: each value falls where what was seen so far says least.
        "inwards" | "outwards" => {
            let ends = rising.iter().zip(rising.iter().rev()).take(len.div_ceil(2)).flat_map(|(a, b)| [*a, *b]);
            let mut values: Vec<f64> = ends.take(len).collect();
            if kind == "outwards" {
                values.reverse();
            }
            values
        }
        _ => (0..len).map(|at| scale * (1.0 + ((at % 40) * 1_000 + at / 40) as f64)).collect(),
    }
}

/// The value of a quantile: the least that its share of all is not above.
pub fn exact(sorted: &[f64], quantile: f64) -> f64 {
    let rank = (quantile * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank - 1]
}

pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}
