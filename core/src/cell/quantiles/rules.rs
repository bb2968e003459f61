//! What the expansion of [`quantiles!`](crate::quantiles) checks, so that a mistake is an error under the quantiles.

use crate::rule::array_rules;

/// The most quantiles that a summary has.
pub(super) const MOST: usize = 8;

array_rules! {
    few Few "a summary has from 1 to 8 quantiles" "write as many";
    within Within "a quantile is from 0 to 1" "write 0.95 for the 95th percentile";
    rising Rising "quantiles must rise" "write each above the one in front of it";
}

/// Whether there are as many as a summary has.
pub const fn are_few(quantiles: &[f64]) -> bool {
    !quantiles.is_empty() && quantiles.len() <= MOST
}

/// Whether all are from 0 to 1.
pub const fn are_within(quantiles: &[f64]) -> bool {
    let mut at = 0;
    while at < quantiles.len() {
        if !(quantiles[at] >= 0.0 && quantiles[at] <= 1.0) {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether each is above the one in front of it. NaN is no quantile, which is another rule.
pub const fn are_rising(quantiles: &[f64]) -> bool {
    let mut at = 1;
    while at < quantiles.len() {
        if quantiles[at - 1] >= quantiles[at] {
            return false;
        }
        at += 1;
    }
    true
}
