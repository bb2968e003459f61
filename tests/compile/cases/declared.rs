// Declared metrics. Each error is one line of the block.
use picometer::{Counter, Histogram, Label, Summary, buckets, declare, labels, metrics};
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
metrics! {
    /// Failures.
    static FAILURES: Counter<u32> = "my_failures";
}
//- static FAILURES: Counter<u32> = "my_failures";
metrics! {
    /// Failures.
    static FAILURES: Counter<u32> = "my_failures";
}
//- ^^^^^^^^^^^^^ add `_total`
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
metrics! {
    static NO_HELP: Counter<u32> = "boots_total";
}
//- ^^^^^^^^^^^^^^^ evaluation of `DEPTH::DESC` failed here
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".unit("seconds"); }
//- the name (without `_total`) must end in `_` and the unit
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".unit("seconds"); }
//- namespace and subsystem must match [a-zA-Z_:][a-zA-Z0-9_:]*
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".namespace("a b").subsystem("c"); }
//- ^^^^^^^^^^^^^^^^ evaluation of `DEPTH::DESC` failed here
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".namespace("a b").subsystem("c"); }
//- no method named `buckets` found for struct `Desc<'a>`
//^ buckets
metrics! { /// Depth.
    static DEPTH: Gauge<u32> = "depth".buckets([1.0]); }
//- cannot find type `Cunter` in crate
metrics! { /// Boots.
    static BOOTS: Cunter<u32> = "boots_total"; }
//- label names that start with `__` are reserved for the server
metrics! { /// Build.
    static BUILD: Info = "build_info".facts(&[Label::new("__x", "1")]); }
//- write `.read(function)` behind the name of a callback
//^ "celsius"
metrics! { /// Temperature.
    static CELSIUS: GaugeFn<f32> = "celsius"; }
//- `le` and `quantile` belong to histograms and summaries
metrics! { /// Seconds.
    static SECONDS: Family<Histogram<Seconds, 3>, Bound> = "request_seconds"; }
//- the trait `LabelEnum` is not implemented for `u32`
metrics! { /// Transfers.
    static TRANSFERS: Family<Counter<u32>, u32> = "transfers_total"; }
//- cannot find value `NOTHING` in this scope
declare!(NOTHING);
