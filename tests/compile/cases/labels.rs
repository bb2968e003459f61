// Labels.
use picometer::*;

labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack" } }
labels! { enum Bus as "bus" { I2c = "i2c", Spi = "spi" } }
labels! { enum Le as "le" { Low = "1", High = "2" } }
labels! { enum Quantile as "quantile" { Half = "0.5" } }
buckets! { Sizes: u32 = [1, 2]; }
static COUNTER: Desc = Desc::counter("a_total", "");
static HISTOGRAM: Desc = Desc::histogram("h", "");

//- a label name must match [a-zA-Z_][a-zA-Z0-9_]*, or be declared as UTF-8
//^ Label::new("a-b", "")
const BAD: Label = Label::new("a-b", "");
//- a label name must match [a-zA-Z_][a-zA-Z0-9_]*, or be declared as UTF-8
//^ Label::new("a:b", "")
const BAD: Label = Label::new("a:b", "");
//- label names that start with `__` are reserved for the server
//^ Label::new("__name__", "")
const BAD: Label = Label::new("__name__", "");
//- a label name must not be empty
//^ Label::new("", "")
const BAD: Label = Label::new("", "");
//- a label name must match [a-zA-Z_][a-zA-Z0-9_]*, or be declared as UTF-8
//^ "http.method"
labels! { enum Bad as "http.method" { Get = "GET" } }
//- label names that start with `__` are reserved for the server
//^ "__x"
labels! { enum Bad as "__x" { A = "a" } }
//- label names that start with `__` are reserved for the server
//^ "__x"
labels! { enum Bad as utf8 "__x" { A = "a" } }
//- a label name must not be empty
//^ ""
labels! { enum Bad as utf8 "" { A = "a" } }
//- two values of a label have the same text
//^2 "GET"
labels! { enum Bad as "method" { Get = "GET", Head = "GET" } }
//- a label name is given twice
//^ Info::new(&[Label::new("a", "1"), Label::new("b", "2"), Label::new("a", "3")])
static BAD: Info = Info::new(&[Label::new("a", "1"), Label::new("b", "2"), Label::new("a", "3")]);
//- label names that start with `__` are reserved for the server
//^ Info::new(&[Label { name: "__a", value: "" }])
static BAD: Info = Info::new(&[Label { name: "__a", value: "" }]);
//- a label name must not be empty
//^ Registry::new(&[]).labels(&[Label { name: "", value: "x" }])
static BAD: Registry = Registry::new(&[]).labels(&[Label { name: "", value: "x" }]);
//- a label name is given twice
//^ Registry::new(&[]).labels(&[Label::new("a", "1"), Label::new("a", "1")])
static BAD: Registry = Registry::new(&[]).labels(&[Label::new("a", "1"), Label::new("a", "1")]);
//- a label name is given twice
//^ Registry::new(&[]).target_info(&[Label::new("a", "1"), Label::new("a", "2")])
static BAD: Registry = Registry::new(&[]).target_info(&[Label::new("a", "1"), Label::new("a", "2")]);
//- a label name is there twice
//^ Family::new(&COUNTER)
static BAD: Family<Counter, (Outcome, Outcome), 4> = Family::new(&COUNTER);
//- a label name is there twice
//^ Family::new(&COUNTER)
labels! { struct Twice { a: Outcome, b: Bus, c: Outcome } }
static BAD: Family<Counter, Twice, 8> = Family::new(&COUNTER);
//- a label name is there twice
//^ FamilyFn::new(&COUNTER, |_| None)
static BAD: FamilyFn<(Bus, Bus), u32> = FamilyFn::new(&COUNTER, |_| None);
//- `le` and `quantile` belong to histograms and summaries
//^ Family::new(&HISTOGRAM)
static BAD: Family<Histogram<Sizes, 2>, Le, 2> = Family::new(&HISTOGRAM);
//- `le` and `quantile` belong to histograms and summaries
//^ Family::new(&const { Desc::summary("s", "") })
static BAD: Family<Summary<u32>, Quantile, 1> = Family::new(&const { Desc::summary("s", "") });
//- `le` and `quantile` belong to histograms and summaries
//^ BoundedFamily::new(&HISTOGRAM, &["a", "le"])
static BAD: BoundedFamily<Histogram<Sizes, 2>, 2, 4, 8> = BoundedFamily::new(&HISTOGRAM, &["a", "le"]);
//- label names that start with `__` are reserved for the server
//^ BoundedFamily::new(&COUNTER, &["__name__"])
static BAD: BoundedFamily<Counter, 1, 4, 8> = BoundedFamily::new(&COUNTER, &["__name__"]);
//- a label name must not be empty
//^ BoundedFamily::new(&COUNTER, &[""])
static BAD: BoundedFamily<Counter, 1, 4, 8> = BoundedFamily::new(&COUNTER, &[""]);
//- a label name must match [a-zA-Z_][a-zA-Z0-9_]*, or be declared as UTF-8
//^ BoundedFamily::new(&COUNTER, &["a b"])
static BAD: BoundedFamily<Counter, 1, 4, 8> = BoundedFamily::new(&COUNTER, &["a b"]);
//- a label name is there twice
//^ BoundedFamily::new(&COUNTER, &["a", "a"])
static BAD: BoundedFamily<Counter, 2, 4, 8> = BoundedFamily::new(&COUNTER, &["a", "a"]);
//- the label `overflow` belongs to the overflow series
//^ BoundedFamily::new(&COUNTER, &["a", "overflow"])
static BAD: BoundedFamily<Counter, 2, 4, 8> = BoundedFamily::new(&COUNTER, &["a", "overflow"]);
//- a bounded family has a label
//^ BoundedFamily::new(&COUNTER, &[])
static BAD: BoundedFamily<Counter, 0, 4, 8> = BoundedFamily::new(&COUNTER, &[]);
//- the label with the name of the family belongs to the states
//^ Family::new(&const { Desc::state_set("outcome", "") })
static BAD: Family<StateSet<Bus>, Outcome, 2> = Family::new(&const { Desc::state_set("outcome", "") });
//- the label with the name of the family belongs to the states
//^ BoundedFamily::new(&const { Desc::state_set("mode", "") }, &["mode"])
static BAD: BoundedFamily<StateSet<Bus>, 1, 4, 8> = BoundedFamily::new(&const { Desc::state_set("mode", "") }, &["mode"]);
//- expected an array with a size of 2, found one with a size of 1
//^ &["a"]
static BAD: BoundedFamily<Counter, 2, 4, 8> = BoundedFamily::new(&COUNTER, &["a"]);
fn short() { BAD.with(["only one"]).inc(); }
//+
labels! { enum Method as utf8 "http.method" { Get = "GET", Put = "PUT" } }
labels! { struct Event { bus: Bus, outcome: Outcome } }
static COUNTERS: Family<Counter, (Le, Quantile, Method), 4> = Family::new(&COUNTER);
static HISTOGRAMS: Family<Histogram<Sizes, 2>, Event, 4> = Family::new(&HISTOGRAM);
static PEERS: BoundedFamily<Counter, 2, 4, 8> = BoundedFamily::new(&COUNTER, &["le", "quantile"]);
