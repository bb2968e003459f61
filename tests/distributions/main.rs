//! Distributions: what they say of a stream, against its exact quantiles, and that nothing is lost while they are read.

mod concurrent;
mod errors;
mod streams;
