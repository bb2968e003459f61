// Reserved and bad names of labels and facts, and kinds, bounds and units, in services.
use picometer_std::*;

#[derive(Clone, Copy, LabelValue)]
enum Method { Get, Post }
#[derive(Labels)]
struct Bound<'a> { le: &'a str }
#[derive(Labels)]
struct Rank { path: u8, quantile: u8 }
#[derive(Clone, Copy, ClosedLabels)]
struct Closed { le: Method }
labels! { enum Mode as "mode" { On = "on", Off = "off" } }

//- label "__name__": names that start with `__` are reserved for the server
//^ "__name__"
#[derive(Labels)] struct Bad { #[label(rename = "__name__")] a: u8 }
//- label names that start with `__` are reserved for the server
//^ "__a"
labels! { enum Bad as "__a" { A = "a" } }
//- names that start with `__` are reserved for the server
//^ __a
#[derive(Clone, Copy, ClosedLabels)] struct Bad { __a: Method }
//- a declared family has a struct of labels
//^ BAD
metrics! { /// Sizes.
    static BAD: Family<Counter> = "sizes_total"; }
//- a label of `Bound<'static>` belongs to the type of metric: `le` to histograms, `quantile` to summaries
//^ Bound<'static>
metrics! { /// Sizes.
    static BAD: Family<Histogram, Bound<'static>> = "sizes"; }
//- a label of `Bound<'_>` belongs to the type of metric: `le` to histograms, `quantile` to summaries
//^ Bound
metrics! { /// Sizes.
    static BAD: Family<NativeHistogram, Bound> = "sizes"; }
//- a label of `Rank` belongs to the type of metric: `le` to histograms, `quantile` to summaries
//^ Rank
metrics! { /// Sizes.
    static BAD: Family<QuantileSummary, Rank> = "sizes"; }
//- a label of `Closed` belongs to the type of metric: `le` to histograms, `quantile` to summaries
//^2 Closed
metrics! { /// Sizes.
    static BAD: ClosedFamily<Histogram, Closed> = "sizes"; }
//- a label name is there twice in `(Mode, Mode)`
//^ (Mode, Mode)
metrics! { /// Sizes.
    static BAD: ClosedFamily<Counter, (Mode, Mode)> = "sizes_total"; }
//- a label of `Rank` has the name of the family, which belongs to the states
//^ Rank
metrics! { /// Paths.
    static BAD: Family<NamedStates, Rank> = "path".states(["a", "b"]); }
//- namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ namespace("a b")
metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total".namespace("a b"); }
//- namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ subsystem("9")
metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total".subsystem("9"); }
//- write letters, digits, `_` and `:`, or `.utf8()` behind it
//^ "jobs.total"
metrics! { /// Jobs.
    static JOBS: Gauge<i64> = "jobs.total"; }
//- write what is counted
//^ ""
metrics! { /// Jobs.
    static JOBS: Gauge<i64> = ""; }
//- add `_info`
//^ "build"
metrics! { /// Build.
    static BUILD: Info = "build".facts([("a", "b")]); }
//- the name (without `_total`) must end in `_` and the unit
//^ unit("seconds")
metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total".unit("seconds"); }
//- info metrics and state sets have no unit
//^ unit("info")
metrics! { /// Build.
    static BUILD: Info = "build_info".unit("info").facts([("a", "b")]); }
//- label names that start with `__` are reserved for the server
//^ "__name__"
metrics! { /// Build.
    static BUILD: Info = "build_info".facts([("a", "1"), ("__name__", "x")]); }
//- the trait `FactInCharset<false>` is not implemented for `&str`
//^ "a.b"
metrics! { /// Build.
    static BUILD: Info = "build_info".facts([("a.b", "1")]); }
//- a label name must match [a-zA-Z_][a-zA-Z0-9_]*
//^ "a b"
metrics! { /// Build.
    static BUILD: Info = "build_info".facts([("a b", String::from("1"))]); }
//- a label name must not be empty
//^ ""
metrics! { /// Build.
    static BUILD: Info = "build_info".facts([("", "1")]); }
//- a label name is given twice
//^ "a"
metrics! { /// Build.
    static BUILD: Info = "build_info".facts([("a", "1"), ("b", "2"), ("a", "3")]); }
//- bucket bounds must rise
//^ buckets([1.0, 0.5])
metrics! { /// Sizes.
    static SIZES: Family<Histogram, Labelled> = "sizes".buckets([1.0, 0.5]); }
#[derive(Labels)] struct Labelled { path: u8 }
//- `own::Counter` is no metric
//^2 Counter
mod own { pub struct Counter; picometer_std::metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total"; } }
//- cannot find type `Counter` in this scope
//^ Counter
mod own { picometer_std::metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total"; } }
//- a counter cannot count in `i64`
//^ i64
metrics! { /// Jobs.
    static JOBS: Counter<i64> = "jobs_total"; }
//- cannot find type `Counter` in this scope
//^ Counter
mod own { picometer_std::metrics! { /// Jobs.
    static JOBS: Family<Counter, super::Rank> = "jobs_total"; } }
//+
mod own {
    #![deny(unused_imports)]
    use picometer_std::{Counter, Gauge as Level, metrics};
    metrics! {
        /// Jobs.
        static JOBS: Counter = "jobs_total";
        /// Depth.
        static DEPTH: Level<i64> = "depth";
        /// Paths.
        static PATHS: Family<Level<i64>, super::Rank> = "paths";
        /// Not on this system.
        #[cfg(any())]
        static NOT: Family<Absent, Missing> = "not";
    }
}
fn version() -> String { String::from("1") }
//+
metrics! {
    /// Build.
    static BUILD: Info = "build_info".facts([("version", version()), ("board", String::new())]);
    /// Paths beside the name.
    static PATHS: Family<NamedStates, Rank> = "path".namespace("a").states(["a", "b"]);
}
fn version() -> String { String::from("1") }
