use super::*;
use std::vec::Vec;

quantiles! { Usual = [0.0, 0.25, 0.5, 0.9, 0.99, 1.0] in 3_000; }
type Cell = SummaryWithQuantiles<Usual, f64, 64, 3, 3>;

fn exact(sorted: &[f64], quantile: f64) -> f64 {
    let rank = (quantile * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank - 1]
}

fn check<const N: usize, const SCHEMA: i8>(mut values: Vec<f64>, error: f64) {
    let summary = SummaryWithQuantiles::<Usual, f64, N, 3, SCHEMA>::new();
    for (index, &value) in values.iter().enumerate() {
        // Over all three tables.
        summary.advance(1 + index as u64 * 2_900 / values.len() as u64);
        summary.observe(value);
    }
    values.sort_by(f64::total_cmp);
    for quantile in [0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 1.0] {
        let (found, exact) = (summary.quantile(quantile), exact(&values, quantile));
        let off = if exact == 0.0 { found.abs() } else { (found / exact - 1.0).abs() };
        assert!(off <= error, "{quantile}: {found} for {exact}, off by {off}");
    }
}

#[test]
fn the_error_is_what_is_said() {
    let mut seed = 3_u64;
    let mut uniform = move || {
        seed = seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        ((seed ^ seed >> 29) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut normal = move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    let error = |schema: i32| {
        let base = 2_f64.powf(2_f64.powi(-schema));
        (base - 1.0) / (base + 1.0) + 1e-12
    };
    let normals: Vec<f64> = (0..9_000).map(|_| 100.0 + 5.0 * normal()).collect();
    check::<64, 3>(normals.clone(), error(3));
    check::<64, 5>(normals.clone(), error(5));
    let log_normal: Vec<f64> = normals.iter().map(|value| ((value - 100.0) / 5.0).exp()).collect();
    check::<128, 3>(log_normal.clone(), error(3));
    // Lowered by as much as the places ask for.
    check::<32, 3>(log_normal, error(1));
    let bimodal: Vec<f64> = normals.iter().enumerate().map(|(index, value)| if index % 2 == 0 { *value } else { value / 1e6 }).collect();
    check::<96, 3>(bimodal, error(3));
    check::<16, 3>(std::vec![42.0; 500], error(3));
    check::<16, 3>(std::vec![0.0; 500], error(3));
    let rising: Vec<f64> = (1..9_000).map(f64::from).collect();
    check::<160, 3>(rising.clone(), error(3));
    check::<160, 3>(rising.iter().rev().map(|value| -value).collect(), error(3));
    // From both ends to the middle.
    let zigzag: Vec<f64> = rising.iter().zip(rising.iter().rev()).flat_map(|(a, b)| [*a, *b]).collect();
    check::<160, 3>(zigzag, error(3));
}

#[test]
fn the_window_slides() {
    let summary = Cell::new();
    assert!(summary.quantile(0.5).is_nan());
    summary.observe(8.0);
    // What was observed before the time was known is of now.
    summary.advance(10_000);
    assert!(summary.quantile(0.5) > 7.0);
    summary.advance(11_000);
    summary.observe(1.0);
    summary.advance(12_000);
    assert!(summary.quantile(1.0) > 7.0);
    summary.advance(13_000);
    assert!(summary.quantile(1.0) < 2.0);
    // A clock that goes back changes nothing.
    summary.advance(500);
    assert!(summary.quantile(1.0) < 2.0);
    summary.advance(1_000_000);
    assert!(summary.quantile(1.0).is_nan());
    assert_eq!((summary.count(), summary.sum().as_f64()), (2, 9.0));
    summary.observe(f64::INFINITY);
    summary.observe(f64::NAN);
    assert_eq!((summary.quantile(1.0), summary.count()), (f64::INFINITY, 4));
    assert!(summary.quantile(1.5).is_nan() && summary.quantile(f64::NAN).is_nan());
}
