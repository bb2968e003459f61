// What cells hold, and how large families and histograms are.
use picometer::*;

labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack" } }
buckets! { Sizes: u32 = [1, 2]; }
static COUNTER: Desc = Desc::counter("a_total", "");
static GAUGE: Desc = Desc::gauge("g", "");
static SIZES: Desc = Desc::histogram("sizes", "");
static AGES: Desc = Desc::gauge_histogram("ages", "");

//- a counter cannot count in `i32`
//^ Counter<i32>
static BAD: Counter<i32> = Counter::new();
//- a counter cannot count in `i64`
//^ Counter<i64>
static BAD: Metric<Counter<i64>> = Metric::new(&COUNTER);
//- a counter cannot count in `picometer::Scaled<i32, 1000>`
//^ Counter<Scaled<i32, 1_000>>
static BAD: Counter<Scaled<i32, 1_000>> = Counter::new();
//- a cell cannot hold `u8` on this target
//^ Gauge<u8>
static BAD: Gauge<u8> = Gauge::new();
//- a cell cannot hold `bool` on this target
//^ Summary::<bool>
fn bad() { let _ = Summary::<bool>::new(); }
//- the description is of another type than the metric
//^ Metric::new(&GAUGE)
static BAD: Metric<Counter> = Metric::new(&GAUGE);
//- the description is of another type than the metric
//^ Metric::from_cell(&COUNTER, GaugeFn::new(|| None))
static BAD: Metric<GaugeFn<f32>> = Metric::from_cell(&COUNTER, GaugeFn::new(|| None));
//- the description is of another type than the metric
//^ Metric::new(&GAUGE)
static BAD: Metric<Unknown> = Metric::new(&GAUGE);
//- the description is of another type than the metrics
//^ Family::new(&COUNTER)
static BAD: Family<Gauge, Outcome, 2> = Family::new(&COUNTER);
//- the description is of another type than the metrics
//^ BoundedFamily::new(&COUNTER, &["a"])
static BAD: BoundedFamily<Gauge, 1, 4, 8> = BoundedFamily::new(&COUNTER, &["a"]);
//- only counters, gauges and unknown metrics are numbers
//^ FamilyFn::new(&const { Desc::histogram("h", "") }, |_| None)
static BAD: FamilyFn<Outcome, u32> = FamilyFn::new(&const { Desc::histogram("h", "") }, |_| None);
//- the N of the family is not the number of its label combinations
//^ Family::new(&COUNTER)
static BAD: Family<Counter, Outcome, 3> = Family::new(&COUNTER);
//- the N of the family is not the number of its label combinations
//^ Family::new(&COUNTER)
static BAD: Family<Counter, Outcome, 1> = Family::new(&COUNTER);
//- the N of the histogram is not the number of its bounds
//^ Histogram::new()
static BAD: Histogram<Sizes, 3> = Histogram::new();
//- the N of the histogram is not the number of its bounds
//^ HistogramWithExemplars::new()
static BAD: HistogramWithExemplars<Sizes, 1, 32> = HistogramWithExemplars::new();
//- the N of the histogram is not the number of its bounds
//^ GaugeHistogram::new()
static BAD: GaugeHistogram<Sizes, 0> = GaugeHistogram::new();
//- the N of the histogram is not the number of its bounds: write 2
//^ Metric::new(&SIZES)
static BAD: Metric<Histogram<Sizes, 3>> = Metric::new(&SIZES);
//- the N of the histogram is not the number of its bounds: write 2
//^ Metric::new(&SIZES)
static BAD: Metric<HistogramWithExemplars<Sizes, 1, 32>> = Metric::new(&SIZES);
//- the N of the histogram is not the number of its bounds: write 2
//^ Metric::new(&AGES)
static BAD: Metric<GaugeHistogram<Sizes, 0>> = Metric::new(&AGES);
//- the N of the histogram is not the number of its bounds: write 2
//^ Metric::new(&AGES)
static BAD: Metric<GaugeHistogramWithExemplars<Sizes, 4, 32>> = Metric::new(&AGES);
//- the N of the histogram is not the number of its bounds: write 2
//^ Family::new(&SIZES)
static BAD: Family<Histogram<Sizes, 1>, Outcome, 2> = Family::new(&SIZES);
//- the N of the histogram is not the number of its bounds: write 2
//^ BoundedFamily::new(&SIZES, &["a"])
static BAD: BoundedFamily<Histogram<Sizes, 1>, 1, 4, 8> = BoundedFamily::new(&SIZES, &["a"]);
//- the N of the histogram is not the number of its bounds: write 2
//^ Histogram::<Sizes, 1>::new()
static BAD: Metric<Histogram<Sizes, 1>> = Metric::from_cell(&SIZES, Histogram::<Sizes, 1>::new());
//- the N of the family is not the number of its label combinations: write 4
//^ Family::new(&COUNTER)
labels! { enum Way as "way" { In = "in", Out = "out" } }
static BAD: Family<Counter, (Outcome, Way), 2> = Family::new(&COUNTER);
//- a native histogram has from 16 to 65,536 places
//^ Metric::new(&SIZES)
static BAD: Metric<NativeHistogram<Float, 8>> = Metric::new(&SIZES);
//- the schema is from -4 to 8
//^ NativeHistogram::new()
static BAD: NativeHistogram<Float, 64, 9> = NativeHistogram::new();
//- a native histogram keeps from 1 to 64 exemplars
//^ Metric::new(&SIZES)
static BAD: Metric<NativeHistogramWithExemplars<0, 32>> = Metric::new(&SIZES);
//- a summary has from 1 to 64 ages
//^ Metric::new(&const { Desc::summary("s", "") })
quantiles! { Median = [0.5]; }
static BAD: Metric<SummaryWithQuantiles<Median, Float, 64, 0>> = Metric::new(&const { Desc::summary("s", "") });
//- a table of a summary has from 16 to 65,536 places
//^ SummaryWithQuantiles::new()
quantiles! { Median = [0.5]; }
static BAD: SummaryWithQuantiles<Median, Float, 15> = SummaryWithQuantiles::new();
//- cannot apply unary operator `-` to type `u64`
//^ -1
fn bad() { Counter::<u64>::new().inc_by(-1); }
//- bucket bounds must rise
//^ [10, 5]
buckets! { Bad: u32 = [10, 5]; }
//- bucket bounds must rise
//^ [0.1, 0.5, 0.5]
buckets! { Bad: f64 = [0.1, 0.5, 0.5]; }
//- bucket bounds must be finite; +Inf comes by itself
//^ [0.1, f64::INFINITY]
buckets! { Bad: f64 = [0.1, f64::INFINITY]; }
//- bucket bounds must be finite; +Inf comes by itself
//^ [f32::NAN, 1.0]
buckets! { Bad: f32 = [f32::NAN, 1.0]; }
//- a histogram needs a bucket besides +Inf
//^ UpperBounds::<u32>::new(&[])
const BAD: UpperBounds<u32> = UpperBounds::<u32>::new(&[]);
//- a state set has at most 32 states
//^ StateSet::new()
labels! { enum Many as "many" {
    A0 = "0", A1 = "1", A2 = "2", A3 = "3", A4 = "4", A5 = "5", A6 = "6", A7 = "7", A8 = "8", A9 = "9", A10 = "10", A11 = "11",
    A12 = "12", A13 = "13", A14 = "14", A15 = "15", A16 = "16", A17 = "17", A18 = "18", A19 = "19", A20 = "20", A21 = "21",
    A22 = "22", A23 = "23", A24 = "24", A25 = "25", A26 = "26", A27 = "27", A28 = "28", A29 = "29", A30 = "30", A31 = "31", A32 = "32",
} }
static BAD: StateSet<Many> = StateSet::new();
//- BUFFER must be from 256 to 65,535
//^ http::Responder::with_sizes(&SITE)
static EMPTY: Registry = Registry::new(&[]);
static SITE: http::Endpoint = http::Endpoint::new(&EMPTY);
static BAD: http::Responder<255> = http::Responder::with_sizes(&SITE);
//- BUFFER must be from 256 to 65,535
//^ http::Responder::with_sizes(&SITE)
static EMPTY: Registry = Registry::new(&[]);
static SITE: http::Endpoint = http::Endpoint::new(&EMPTY);
static BAD: http::Responder<65536> = http::Responder::with_sizes(&SITE);
//+
buckets! { Micros: u32 / 1_000_000 = [100, 250]; Levels: f64 = [-1.0, 0.5]; }
static COUNTS: Metric<Counter<Scaled<u64, 1_000>>> = Metric::new(&COUNTER);
static GAUGES: Family<Gauge<Scaled<i32, 1_000>>, Outcome, 2> = Family::new(&GAUGE);
static LEVELS: Histogram<Levels, 2> = Histogram::new();
