//! What the benches share: rounds, medians, ratios.
