//! Distributions: what they say of a stream, against its exact quantiles.

mod errors;
mod streams;
