// Declared metrics and statics of services.
use picometer_std::{Counter, CounterFn, Family, Gauge, GaugeFn, Histogram, LabelSchema, LabelsOf, FromConfig, Metric, TypedFamily, metrics};
use std::time::Duration;

pub struct Route<'a> { path: &'a str }
impl LabelSchema for Route<'_> {
    const NAMES: &'static [&'static str] = &["path"];
    type Family<C: FromConfig> = TypedFamily<C, Route<'static>, 1>;
}
impl LabelsOf<Route<'static>, 1> for Route<'_> {
    fn texts_in<R>(&self, then: impl FnOnce(&[&str; 1]) -> R) -> R { then(&[self.path]) }
}
pub struct Bound;
impl LabelSchema for Bound {
    const NAMES: &'static [&'static str] = &["le"];
    type Family<C: FromConfig> = TypedFamily<C, Bound, 1>;
}

//+
metrics! {
    /// Requests.
    pub(crate) static REQUESTS: Family<Counter, Route> = "requests_total".max_series(1_000).ttl(Duration::from_secs(60)).compact();
    /// Seconds.
    static SECONDS: Family<Histogram, Route,> = "request_seconds".unit("seconds").buckets([0.1, 1.0]);
}
static PLAIN: Family<Counter, 2> = Family::declare("plain_total", "", ["a", "b"]).max_series(10).ttl(Duration::ZERO);
static CELL: Metric<Gauge<i64>> = Metric::declare("cell", "");
static BOUNDS: Metric<Histogram> = Metric::<Histogram>::declare("bounds_seconds", "").with_bounds(&[0.1, f64::INFINITY]);
//- ^^^^^^^^^^^^^ add `_total`
//^ "my_failures"
metrics! {
    /// Others.
    static OTHERS: Counter = "others_total";
    /// Failures.
    static FAILURES: Counter = "my_failures";
}
//- evaluation of `SECONDS` failed here
//^ buckets([0.5, 0.1])
metrics! {
    /// Seconds.
    static SECONDS: Histogram = "job_seconds".buckets([0.5, 0.1]);
}
//- bucket bounds must rise
//^ buckets([0.5, 0.1])
metrics! { /// Seconds.
    static SECONDS: Histogram = "job_seconds".buckets([0.5, 0.1]); }
//- bucket bounds must be finite; +Inf comes by itself
//^ buckets([0.5, f64::NAN])
metrics! { /// Seconds.
    static SECONDS: Histogram = "job_seconds".buckets([0.5, f64::NAN]); }
//- a histogram needs a bucket besides +Inf
//^ buckets([])
metrics! { /// Seconds.
    static SECONDS: Histogram = "job_seconds".buckets([]); }
//- ^^^^^^^^^^^^^^^ evaluation of `SPEED` failed here
//^ unit("seconds")
metrics! {
    /// Speed.
    static SPEED: Gauge<i64> = "speed".unit("seconds");
}
//- a label of `Bound` belongs to the type of metric
//^ Bound
metrics! { /// Seconds.
    static SECONDS: Family<Histogram, Bound> = "request_seconds"; }
//- a metric needs a help text
//^ NO_HELP
metrics! { static NO_HELP: Counter = "jobs_total"; }
//- `u32` is no struct of labels
//^ u32
metrics! { /// Jobs.
    static JOBS: Family<Counter, u32> = "jobs_total"; }
//- a metric of this type has no buckets
//^ buckets
metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total".buckets([1.0]); }
//- `.buckets(…)` is for histograms and gauge histograms
//^ buckets
metrics! { /// Jobs.
    static JOBS: Family<Gauge<i64>, Route> = "jobs".buckets([1.0]); }
//- write `.read(function)` behind the name, or take a `Counter` or a `Gauge`
//^ "jobs_waiting"
metrics! { /// Jobs that wait.
    static WAITING: GaugeFn = "jobs_waiting".namespace("app"); }
//- write `.read(function)` behind the name
//^ "events_total"
metrics! { /// Events.
    static EVENTS: CounterFn = "events_total"; }
//- `.read(…)` is for `CounterFn` and `GaugeFn`
//^ read
metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total".read(|| Some(1)); }
//- `.facts(…)` is for `Info`
//^ facts
metrics! { /// Jobs.
    static JOBS: Gauge<i64> = "jobs".facts([("a", "b")]); }
//- `.states(…)` is for `NamedStates`
//^ states
metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total".states(["a"]); }
//- no method named `max_series` found
//^ max_series
metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total".max_series(3); }
//- no method named `frobnicate` found
//^ frobnicate
metrics! { /// Jobs.
    static JOBS: Counter = "jobs_total".frobnicate(3); }
//- cannot find type `Cunter` in this scope
//^ Cunter
metrics! { /// Jobs.
    static JOBS: Cunter = "jobs_total"; }
//- the name of a counter must end in `_total`
//^ Family::declare("requests", "", ["code"])
static BAD: Family<Counter, 1> = Family::declare("requests", "", ["code"]);
//- label names that start with `__` are reserved for the server
//^ Family::declare("requests_total", "", ["__code"])
static BAD: Family<Counter, 1> = Family::declare("requests_total", "", ["__code"]);
//- the description is of another type than the metric
//^ Metric::declare_as(picometer_std::Desc::gauge("jobs", ""))
static BAD: Metric<Counter> = Metric::declare_as(picometer_std::Desc::gauge("jobs", ""));
//- expected an array with a size of 2, found one with a size of 1
//^ ["code"]
static BAD: Family<Counter, 2> = Family::declare("requests_total", "", ["code"]);
//- bucket bounds must rise
//^ Metric::<Histogram>::declare("a_seconds", "").with_bounds(&[0.5, 0.1])
static BAD: Metric<Histogram> = Metric::<Histogram>::declare("a_seconds", "").with_bounds(&[0.5, 0.1]);
//- this cell starts at zero, and is not made by a function
//^ Metric::<Counter>::declare("a_total", "").made_by(|| Counter::new())
static BAD: Metric<Counter> = Metric::<Counter>::declare("a_total", "").made_by(|| Counter::new());
//- the labels of a declared family are a type, and not a number
//^ 2
metrics! { /// Requests.
    static BAD: Family<Counter, 2> = "requests_total"; }
//- write the type of its labels, as in `Family<Counter, Route>`
//^ 1
metrics! { /// Requests.
    static BAD: ClosedFamily<Counter, 1> = "requests_total".cap(7); }
//- `metrics!` counts series and bounds by itself
//^ 1
metrics! { /// Requests.
    static BAD: Family<Counter, Route, 1> = "requests_total"; }
//- the N of the family is not the number of labels of its struct: write 1
//^ TypedFamily::declare("requests_total", "")
static BAD: TypedFamily<Counter, Route, 2> = TypedFamily::declare("requests_total", "");
//- cannot apply unary operator `-` to type `u64`
//^ -1
fn bad() { Counter::<u64>::new().inc_by(-1); }
