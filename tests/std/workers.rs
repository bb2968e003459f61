//! Resets in a process of which others see the file.

use super::children::again;

#[test]
fn resets_of_a_worker_are_exact() {
    for test in [
        "counter_reads_no_more_than_was_counted",
        "distribution_reads_no_more_than_was_observed",
        "resets_reach_the_counts_of_every_thread",
        "infinite_observations_are_counted_and_left_out_of_the_sum",
        "sums_beyond_all_doubles_stay_at_the_end",
        "counter_refuses_infinity_and_stays_at_its_end",
        "float_counter_counts_exactly_after_a_reset",
        "sums_are_exact_after_a_reset",
        "shared_floats_are_exact_after_a_reset",
        "float_reads_rise_between_resets",
        "native_observations_beside_resets_are_whole",
    ] {
        again(&format!("resets::{test}"));
    }
}
