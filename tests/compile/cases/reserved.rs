// Reserved and bad names of labels, texts and bounds, in the macros and derives of the core.
use picometer::*;

#[derive(Clone, Copy, LabelValue)]
enum Method { Get, Post }
#[derive(Clone, Copy, ClosedLabels)]
struct Bound { le: Method }
#[derive(Clone, Copy, ClosedLabels)]
struct Rank { quantile: bool }
buckets! { Sizes: u32 = [1, 2]; }

//- label names that start with `__` are reserved for the server
//^ "__name__"
labels! { enum Bad as "__name__" { A = "a" } }
//- label names that start with `__` are reserved for the server
//^ "__"
labels! { enum Bad as utf8 "__" { A = "a" } }
//- write letters, digits and `_`, or `utf8` in front of it
//^ "a b"
labels! { enum Bad as "a b" { A = "a" } }
//- a label name must match [a-zA-Z_][a-zA-Z0-9_]*, or be declared as UTF-8
//^ "9"
labels! { enum Bad as "9" { A = "a" } }
//- a label name must not be empty
//^ ""
labels! { enum Bad as "" { A = "a" } }
//- two values of a label have the same text
//^3 "a"
labels! { enum Bad as "a" { A = "a", B = "b", C = "a" } }
//- give this value another text
//^ "\x61"
labels! { enum Bad as "x" { A = "a", /** B. */ #[cfg(any())] B = "a", #[cfg(all())] C = "\x61" } }
//- bucket bounds must rise
//^ [10, 5]
buckets! { Bad: u32 = [10, 5]; }
//- bucket bounds must rise
//^ [1, 1]
buckets! { Good: u32 = [1]; Bad: u64 / 1_000 = [1, 1]; }
//- bucket bounds must be finite; +Inf comes by itself
//^ [0.5, f64::INFINITY]
buckets! { Bad: f64 = [0.5, f64::INFINITY]; }
//- a histogram needs a bucket besides +Inf
//^ []
buckets! { Bad: u32 = []; }
//- a quantile is from 0 to 1
//^ [0.5, 95.0]
quantiles! { Bad = [0.5, 95.0]; }
//- quantiles must rise
//^ [0.9, 0.5]
quantiles! { Good = [0.5]; Bad = [0.9, 0.5] in 60_000; }
//- a summary has from 1 to 8 quantiles
//^ [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
quantiles! { Bad = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]; }
//- literal out of range for `u32`
//^ 5_000_000_000
#[deny(overflowing_literals)] mod own { use picometer::buckets; buckets! { Bad: u32 = [5_000_000_000]; } }
//- label "__name__": names that start with `__` are reserved for the server
//^ "__name__"
#[derive(Clone, Copy, ClosedLabels)] struct Bad { #[label(rename = "__name__")] a: Method }
//- names that start with `__` are reserved for the server
//^ __a
#[derive(Clone, Copy, ClosedLabels)] struct Bad { __a: Method }
//- two labels have the name "a"
//^ "a"
#[derive(Clone, Copy, ClosedLabels)] struct Bad { a: Method, #[label(rename = "a")] b: bool }
//- two values have the text "get"
//^ "get"
#[derive(Clone, Copy, LabelValue)] enum Bad { Get, #[label(rename = "get")] Fetch }
//- a label of `Bound` belongs to the type of metric: `le` to histograms, `quantile` to summaries
//^ Bound
metrics! { /// Sizes.
    static BAD: Family<Histogram<Sizes, 2>, Bound> = "sizes"; }
//- a label of `Rank` belongs to the type of metric: `le` to histograms, `quantile` to summaries
//^ Rank
metrics! { /// Sizes.
    static BAD: Family<Summary<u32>, Rank> = "sizes"; }
//- a label of `Rank` has the name of the family, which belongs to the states
//^2 Rank
metrics! { /// Ranks.
    static BAD: Family<StateSet<Method>, Rank> = "quantile"; }
//+
buckets! { Wide: u64 = [5_000_000_000, 6_000_000_000]; Float: f32 = [0.5, 1.0,]; }
labels! { enum Grown as utf8 "größe" { Small = "klein", Large = "groß" } }
metrics! {
    /// Sizes.
    static COUNTS: Family<Counter<u32>, (Grown, Grown2)> = "sizes_total";
    /// Ranks beside the name.
    static RANKS: Family<StateSet<Method>, Rank> = "quantile".namespace("a");
}
labels! { enum Grown2 as "le" { Small = "klein", Large = "groß" } }
