// Declared metrics. Each error is one line of the block.
use picometer::{Counter, Gauge, GaugeFn, GaugeHistogram, Histogram, Info, Label, StateSet, Summary, buckets, declare, labels, metrics};
labels! { pub enum Outcome as "outcome" { Ok = "ok", Nack = "nack" } }
labels! { pub enum Bound as "le" { Low = "low", High = "high" } }
labels! { pub enum Quantile as "quantile" { Low = "low", High = "high" } }
buckets! { pub Seconds: u32 / 1_000_000 = [100, 1_000, 10_000]; }

//+
metrics! {
    /// Times the device started.
    #[allow(dead_code)]
    pub(crate) static BOOTS: Counter<u32> = "boots_total";
    /// Transfers.
    static TRANSFERS: Family<Counter<u32>, Outcome> = "transfers_total".namespace("i2c").subsystem("bus");
    /// How long they take.
    static SECONDS: Histogram<Seconds> = "transfer_seconds".unit("seconds");
    /// Both.
    static PAIRS: Family<Counter, (Outcome, Bound),> = "pairs_total";
}
//- the name of a counter must end in `_total`
//^ "my_failures"
metrics! {
    /// Failures.
    static FAILURES: Counter<u32> = "my_failures";
}
//- static FAILURES: Counter<u32> = "my_failures";
//^ "my_failures"
metrics! {
    /// Failures.
    static FAILURES: Counter<u32> = "my_failures";
}
//- ^^^^^^^^^^^^^ add `_total`
//^ "my_failures"
metrics! {
    /// Others.
    static OTHERS: Counter<u32> = "others_total";
    /// Failures.
    static FAILURES: Counter<u32> = "my_failures";
}
//- write letters, digits, `_` and `:`, or `.utf8()` behind it
//^ "a.b"
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "a.b"; }
//- write what is counted
//^ ""
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = ""; }
//- add `_info`
//^ "build"
metrics! { /// Build.
    static BUILD: Info = "build".facts(&[]); }
//- ^^^^^^^ write `/// What it counts.` in front of it
//^ NO_HELP
metrics! {
    static NO_HELP: Counter<u32> = "boots_total";
}
//- ^^^^^^^^^^^^^^^ evaluation of `DEPTH::DESC` failed here
//^ unit("seconds")
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".unit("seconds"); }
//- the name (without `_total`) must end in `_` and the unit
//^ unit("seconds")
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".unit("seconds"); }
//- namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ namespace("a b")
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".namespace("a b").subsystem("c"); }
//- ^^^^^^^^^^^^^^^^ evaluation of `DEPTH::DESC` failed here
//^ namespace("a b")
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".namespace("a b").subsystem("c"); }
//- no method named `buckets` found for struct `Desc<'a>`
//^ buckets
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".buckets([1.0]); }
//- cannot find type `Cunter` in this scope
//^ Cunter
metrics! { /// Boots.
    static BOOTS: Cunter<u32> = "boots_total"; }
//- label names that start with `__` are reserved for the server
//^ Label::new("__x", "1")
metrics! { /// Build.
    static BUILD: Info = "build_info".facts(&[Label::new("__x", "1")]); }
//- write `.read(function)` behind the name of a callback
//^ "celsius"
metrics! { /// Temperature.
    static CELSIUS: GaugeFn<f32> = "celsius"; }
//- a label of `Bound` belongs to the type of metric: `le` to histograms, `quantile` to summaries
//^ Bound
metrics! { /// Seconds.
    static SECONDS: Family<Histogram<Seconds, 3>, Bound> = "request_seconds"; }
//- a label of `Quantile` belongs to the type of metric: `le` to histograms, `quantile` to summaries
//^ Quantile
metrics! { /// Seconds.
    static SECONDS: Family<Summary<u32>, Quantile> = "request_seconds"; }
//- a label of `(Outcome, Bound)` belongs to the type of metric: `le` to histograms, `quantile` to summaries
//^ (Outcome, Bound)
metrics! { /// Open.
    static OPEN: Family<GaugeHistogram<Seconds, 3>, (Outcome, Bound)> = "open_seconds"; }
//- a label name is there twice in `(Outcome, Outcome)`
//^ (Outcome, Outcome)
metrics! { /// Transfers.
    static TRANSFERS: Family<Counter<u32>, (Outcome, Outcome)> = "transfers_total"; }
//- a label of `Outcome` has the name of the family, which belongs to the states
//^ Outcome
metrics! { /// States.
    static STATES: Family<StateSet<Bound>, Outcome> = "outcome"; }
//- Gauge<u32>` has a value of its own
//^ read
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".read(|| Some(1)); }
//- `.read(…)` is for `CounterFn` and `GaugeFn`
//^ read
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".namespace("a").read(|| Some(1)); }
//- `.facts(…)` is for `Info`
//^ facts
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".facts(&[]); }
//- mismatched types
//^ 1
metrics! { /// Temperature.
    static CELSIUS: GaugeFn<f32> = "celsius".read(|| Some(1)); }
//- namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ subsystem("s-s")
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".namespace("a").subsystem("s-s"); }
//- namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ namespace("9")
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".namespace("9"); }
//- a metric name must match [a-zA-Z_:][a-zA-Z0-9_:]*
//^ "9lives"
metrics! { /// Lives.
    static LIVES: Gauge<u32> = "9lives"; }
//- info metrics and state sets have no unit
//^ unit("info")
metrics! { /// Build.
    static BUILD: Info = "build_info".unit("info").facts(&[]); }
//- a counter cannot count in `i32`
//^ i32
metrics! { /// Boots.
    static BOOTS: Counter<i32> = "boots_total"; }
//- cannot find type `Gauge` in this scope
//^2 Gauge
mod own { use picometer::metrics; /* no Gauge */ metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth"; } }
//- a cell cannot hold `u8` on this target
//^ u8
metrics! { /// Depth.
    static DEPTH: Gauge<u8> = "depth"; }
//- `Own` is no metric
//^2 Own
pub struct Own; metrics! { /// Depth.
    static DEPTH: Own = "depth"; }
//+
mod own {
    use picometer::{Cell, Counter as Total, Kind, SeriesEncoder, Stop, Zeroed, metrics};
    pub struct Five;
    impl Cell for Five {
        const KIND: Kind = Kind::Gauge;
        fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> { series.number(5u32) }
    }
    impl Zeroed for Five { const INIT: Self = Five; }
    metrics! {
        /// By another name.
        static BOOTS: Total<u32> = "boots_total";
        /// A cell of the user's own.
        static FIVE: Five = "five";
        /// Not on this system, and of types that are not there.
        #[cfg(any())]
        static NOT: Family<Absent, Missing> = "not";
    }
}
//+
metrics! { /// Reads nothing.
    static NOTHING: GaugeFn<f32> = "nothing".read(|| None); }
//- the trait `LabelEnum` is not implemented for `u32`
//^2 u32
metrics! { /// Transfers.
    static TRANSFERS: Family<Counter<u32>, u32> = "transfers_total"; }
//- cannot find value `NOTHING` in this scope
//^ NOTHING
declare!(NOTHING);
//- the labels of a declared family are a type, and not a number
//^ 2
metrics! { /// Transfers.
    static BAD: Family<Counter, 2> = "transfers_total"; }
//- write the type of its labels, as in `Family<Counter, Route>`
//^ 2
metrics! {
    /// Boots.
    static BOOTS: Counter = "boots_total";
    /// Transfers.
    static BAD: Family<Counter, 2,> = "transfers_total".namespace("i2c");
}
//- `metrics!` counts series and bounds by itself
//^ 3
metrics! { /// Seconds.
    static BAD: Histogram<Seconds, 3> = "seconds"; }
//- leave the number out
//^2 2
metrics! { /// Transfers 2.
    static BAD: Family<Counter, Outcome, 2> = "transfers_total"; }
//- write `Metric<…>` around a cell that has constants
//^ 3
metrics! { /// Seconds.
    static BAD: HistogramWithExemplars<Seconds, 3, 32> = "seconds"; }
//- a declared family has a type of labels
//^ BAD
metrics! { /// Transfers.
    static BAD: Family<Counter> = "transfers_total"; }
//- the N of a histogram is the number of its bounds
//^ Histogram<Seconds, 4>
metrics! { /// Seconds.
    static BAD: Metric<Histogram<Seconds, 4>> = "seconds"; }
//- the N of a histogram is the number of its bounds
//^ Histogram<Seconds, 4>
metrics! { /// Seconds.
    static BAD: Family<Histogram<Seconds, 4>, Outcome> = "seconds"; }
