//! Quantiles of histograms, as `histogram_quantile` of PromQL has them: straight lines between bounds.

/// A bucket: its upper bound, and how many observations are at or below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) bound: f64,
    pub(crate) cumulative: f64,
}

/// The value below which `quantile` of the observations are; nothing without observations or without the bucket `+Inf`.
pub(crate) fn quantile(buckets: &[Bucket], quantile: f64) -> Option<f64> {
    let last = buckets.last().filter(|last| last.bound == f64::INFINITY)?;
    if last.cumulative.is_nan() || last.cumulative <= 0.0 {
        return None;
    }
    let rank = quantile * last.cumulative;
    let at = buckets.iter().position(|bucket| bucket.cumulative >= rank)?;
    let bucket = buckets.get(at)?;
    let below = at.checked_sub(1).and_then(|before| buckets.get(before));
    if bucket.bound == f64::INFINITY {
        // Beyond the last bound nothing more is known.
        return below.map(|below| below.bound);
    }
    let (start, count) = match below {
        Some(below) => (below.bound, below.cumulative),
        None if bucket.bound <= 0.0 => return Some(bucket.bound),
        None => (0.0, 0.0),
    };
    let own = bucket.cumulative - count;
    Some(if own > 0.0 { start + (bucket.bound - start) * (rank - count) / own } else { bucket.bound })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(of: &[(f64, f64)]) -> Vec<Bucket> {
        of.iter().map(|&(bound, cumulative)| Bucket { bound, cumulative }).collect()
    }

    #[test]
    fn between_bounds_and_beyond_them() {
        let latency = buckets(&[(0.1, 10.0), (0.5, 20.0), (f64::INFINITY, 40.0)]);
        assert_eq!(quantile(&latency, 0.25), Some(0.1));
        assert_eq!(quantile(&latency, 0.125), Some(0.05));
        assert!((quantile(&latency, 0.375).unwrap() - 0.3).abs() < 1e-12);
        assert_eq!(quantile(&latency, 0.99), Some(0.5));
        assert_eq!(quantile(&buckets(&[(1.0, 0.0), (f64::INFINITY, 0.0)]), 0.5), None);
        assert_eq!(quantile(&buckets(&[(-1.0, 2.0), (f64::INFINITY, 2.0)]), 0.5), Some(-1.0));
        assert_eq!(quantile(&buckets(&[(1.0, 2.0)]), 0.5), None, "without +Inf the rest is not known");
        assert_eq!(quantile(&[], 0.5), None);
    }
}
