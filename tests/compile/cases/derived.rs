// Labels by type.
use picometer_std::*;

#[derive(Clone, Copy, LabelValue)]
enum Method { Get, Post }
#[derive(Labels)]
struct Route<'a> { method: Method, path: &'a str, code: u16 }
#[derive(Labels)]
struct Bucket { le: u8 }
#[derive(Labels)]
struct Quantile { quantile: u8 }
fn requests() -> FamilyOf<Counter, Route<'static>> { FamilyOf::<Counter, Route>::new("requests_total", "Requests.") }

//- mismatched types
//^ "GET"
fn swapped(path: &str) { requests().with(Route { method: "GET", path, code: 200 }).inc(); }
//- mismatched types
//^ "200"
fn text_for_number(path: &str) { requests().with(Route { method: Method::Get, path, code: "200" }).inc(); }
//- missing field `code` in initializer of `Route<'_>`
//^ Route
fn missing(path: &str) { requests().with(Route { method: Method::Get, path }).inc(); }
//- struct `Route<'_>` has no field named `status`
//^ status
fn misspelt(path: &str) { requests().with(Route { method: Method::Get, path, status: 200 }).inc(); }
//- `[&str; 3]` is not the labels of this family
//^ ["GET", "/", "200"]
fn array() { requests().with(["GET", "/", "200"]).inc(); }
//- `Bucket` is not the labels of this family
//^ Bucket { le: 1 }
fn other() { requests().with(Bucket { le: 1 }).inc(); }
//- a float cannot be the value of a label, because each number would be a series of its own
//^ f64
#[derive(Labels)] struct Bad { ratio: f64 }
//- a float cannot be the value of a label, because each number would be a series of its own
//^ f32
#[derive(Labels)] struct Bad { method: Method, ratio: Option<std::primitive::f32> }
//- one field is one label: arrays and tuples cannot be the value of a label
//^ [u8; 2]
#[derive(Labels)] struct Bad { pair: [u8; 2] }
//- one field is one label: arrays and tuples cannot be the value of a label
//^ (u8, u8)
#[derive(Labels)] struct Bad { pair: (u8, u8) }
//- `Vec<String>` cannot be the value of a label
//^ Vec<String>
#[derive(Labels)] struct Bad { many: Vec<String> }
//- names that start with `__` are reserved for the server
//^ __name
#[derive(Labels)] struct Bad { __name: u8 }
//- names that start with `__` are reserved for the server
//^ "__x"
#[derive(Labels)] struct Bad { #[label(rename = "__x")] name: u8 }
//- label "größe" must match [a-zA-Z_][a-zA-Z0-9_]*: write `rename = "…"`, or `utf8` for a name in UTF-8
//^ größe
#[derive(Labels)] struct Bad { größe: u8 }
//- label "a-b" must match [a-zA-Z_][a-zA-Z0-9_]*: write `rename = "…"`, or `utf8` for a name in UTF-8
//^ a_b
#[derive(Labels)] #[label(rename_all = "kebab-case")] struct Bad { a_b: u8 }
//- a label name must not be empty
//^ ""
#[derive(Labels)] struct Bad { #[label(rename = "", utf8)] a: u8 }
//- two labels have the name "a"
//^ "a"
#[derive(Labels)] struct Bad { a: u8, #[label(rename = "a")] b: u8 }
//- two labels have the name "type"
//^ "type"
#[derive(Labels)] struct Bad { r#type: u8, #[label(rename = "type")] kind: u8 }
//- a label has a name: write a struct with named fields
//^ (u8)
#[derive(Labels)] struct Bad(u8);
//- a struct of labels has a field for each label
//^ Bad
#[derive(Labels)] struct Bad;
//- a struct of labels has a field for each label
//^ Bad
#[derive(Labels)] struct Bad {}
//- a struct of labels has a field for each label
//^ Bad
#[derive(Labels)] struct Bad { #[label(skip)] a: u8 }
//- an enum is one value, for which there is `#[derive(LabelValue)]`
//^ enum
#[derive(Labels)] enum Bad { A }
//- labels are a struct with a field for each of them
//^ union
#[derive(Labels)] union Bad { a: u8 }
//- there is no rule "camel": the rules are "lowercase", "UPPERCASE", "PascalCase", "camelCase", "snake_case"
//^ "camel"
#[derive(LabelValue)] #[label(rename_all = "camel")] enum Bad { A }
//- `rename` is not known here: there is `rename_all = "…"` and `crate = …`
//^ rename
#[derive(LabelValue)] #[label(rename = "x")] enum Bad { A }
//- `default` is not known here: there is `rename = "…"`, `utf8`, `with = …` and `skip`
//^ default
#[derive(Labels)] struct Bad { #[label(default)] a: u8 }
//- `rename` is given twice
//^2 rename
#[derive(Labels)] struct Bad { #[label(rename = "x", rename = "y")] a: u8 }
//- expected a string: `rename = "…"`
//^ 7
#[derive(Labels)] struct Bad { #[label(rename = 7)] a: u8 }
//- expected `#[label(…)]` with `rename = "…"`
//^ label
#[derive(Labels)] struct Bad { #[label = "x"] a: u8 }
//- two values have the text "a"
//^ "a"
#[derive(LabelValue)] enum Bad { A, #[label(rename = "a")] B }
//- two values have the text "ab"
//^ AB
#[derive(LabelValue)] #[label(rename_all = "lowercase")] enum Bad { Ab, AB }
//- each variant is one text, so it has no fields
//^ (u8)
#[derive(LabelValue)] enum Bad { A, B(u8) }
//- an enum of label values has a variant for each value
//^ Bad
#[derive(LabelValue)] enum Bad {}
//- a struct that is a label value has one field, whose text it has
//^2 u8
#[derive(LabelValue)] struct Bad(u8, u8);
//- a label value is an enum, or a struct with one field
//^ struct
#[derive(LabelValue)] struct Bad;
//- closed labels have no generic parameters: every value is known
//^ 'a
#[derive(Clone, Copy, ClosedLabels)] struct Bad<'a> { a: &'a str }
//- `u8` has no closed set of label values
//^ u8
#[derive(Clone, Copy, ClosedLabels)] struct Bad { a: u8 }
//- closed labels are made from their place, so every field is a label
//^ skip
#[derive(Clone, Copy, ClosedLabels)] struct Bad { a: bool, #[label(skip)] b: u8 }
//- doesn't satisfy `Route<'_>: ClosedLabels`
//^ new
fn closed() { let _ = ClosedFamily::<Counter, Route>::new("a_total", ""); }
//- `u16` is no struct of labels
//^ FamilyOf<Counter, u16>
fn schema() { let _: FamilyOf<Counter, u16>; }
//- the N of the family is not the number of labels of its struct
//^ label_names::<Route, 2>()
const BAD: [&str; 2] = label_names::<Route, 2>();
//- `{float}` cannot be the value of a label
//^ 0.5
fn float() { Family::<Counter, 2>::new("a_total", "", ["a", "b"]).with(("x", 0.5)).inc(); }
//- `[&str; 1]` is not the 2 label values of this family
//^ ["x"]
fn positions() { Family::<Counter, 2>::new("a_total", "", ["a", "b"]).with(["x"]).inc(); }
//- `picometer_std::Histogram` does not count up and down
//^ track_in_progress
fn gauge() { let _ = FamilyOf::<Histogram, Quantile>::new("a", "").track_in_progress(Quantile { quantile: 1 }); }
//- `picometer_std::Counter` does not take durations
//^2 timer
fn timer() { let _ = FamilyOf::<Counter, Quantile>::new("a_total", "").timer(Quantile { quantile: 1 }); }
//- may outlive borrowed value `path`
//^ ||
async fn sent(family: &'static FamilyOf<Histogram, Route<'static>>) {
    let path = String::from("/");
    let timer = family.timer(Route { method: Method::Get, path: &path, code: 200 });
    std::thread::spawn(|| { let _ = &path; });
}
//+
fn fits() {
    let _ = FamilyOf::<Counter, Bucket>::new("a_total", "");
    let _ = FamilyOf::<Histogram, Quantile>::new("a", "");
    let path = String::from("/");
    requests().with(Route { method: Method::Post, path: &path, code: 200 }).inc();
}
//+
#[derive(Labels)] struct Good { #[label(rename = "größe", utf8)] a: u8, b: Option<&'static str> }
//+
#[allow(dead_code)]
#[deny(warnings, unused_must_use, unused_variables, unused_doc_comments, unused_attributes, unreachable_code, clippy::all, missing_docs, unreachable_pub, nonstandard_style)]
mod quiet {
    use picometer_std::*;
    /// Labels.
    #[derive(Labels)]
    pub(crate) struct Quiet<'a> {
        /// A path.
        pub(crate) path: &'a str,
        #[label(with = ratio)]
        pub(crate) ratio: f64,
    }
    fn ratio(_: &f64) -> &'static str { "x" }
    labels! {
        /// Documented, and not on each system.
        pub(crate) enum Bus as "bus" {
            /// Everywhere.
            I2c = "i2c",
            /// Nowhere.
            #[cfg(any())]
            Never = "never",
            #[cfg(all())]
            /// Everywhere too.
            Spi = "spi",
            #[cfg(any())]
            Last = "last",
        }
    }
    pub(crate) fn uses(path: &str) -> usize {
        FamilyOf::<Counter, Quiet>::new("a_total", "").with(Quiet { path, ratio: 0.5 }).inc();
        let buses = [Bus::I2c, Bus::Spi];
        buses.len() + Bus::ALL.len() + buses.iter().map(LabelTexts::ordinal).sum::<usize>()
    }
    const _: () = assert!(Bus::ALL.len() == 2 && Bus::TEXTS.len() == 2);
    /// Measured.
    #[timed(*SECONDS)]
    #[in_progress(*RUNNING)]
    #[count_errors(*ERRORS)]
    pub(crate) fn measured(text: &str) -> Result<u8, std::num::ParseIntError> {
        text.parse()
    }
    #[timed(*SECONDS)]
    #[count_errors(*ERRORS)]
    pub(crate) async fn measured_later(text: String) -> Result<u8, std::num::ParseIntError> {
        std::future::ready(()).await;
        Ok(text.parse::<u8>()?)
    }
    pub(crate) static SECONDS: std::sync::LazyLock<Metric<Histogram>> = std::sync::LazyLock::new(|| Metric::new("a", ""));
    pub(crate) static RUNNING: std::sync::LazyLock<Metric<Gauge<i64>>> = std::sync::LazyLock::new(|| Metric::new("b", ""));
    pub(crate) static ERRORS: std::sync::LazyLock<Metric<Counter>> = std::sync::LazyLock::new(|| Metric::new("c_total", ""));
}
//- a label of `Bucket` belongs to the type of metric
//^ Bucket
metrics! {
    /// Sizes.
    static BAD: Family<Histogram, Bucket> = "sizes";
}
//+
metrics! {
    /// Requests served.
    static REQUESTS: Family<Counter, Route> = "requests_total";
    /// How long requests take.
    static SECONDS: Family<Histogram, Route> = "request_seconds".unit("seconds");
    /// How long calls take.
    static CALLS: Histogram = "call_seconds".unit("seconds");
    /// Calls under way.
    static RUNNING: Gauge<i64> = "calls_in_progress";
    /// Calls that failed.
    static ERRORS: Counter = "call_errors_total";
}
#[timed(CALLS)]
#[in_progress(RUNNING)]
#[count_errors(ERRORS)]
async fn serve(path: String) -> Result<u16, std::num::ParseIntError> {
    let mut request = SECONDS.timer(Route { method: Method::Get, path: &path, code: 499 });
    std::future::ready(()).await;
    request.code = path.parse()?;
    REQUESTS.with(&*request).inc();
    Ok(request.code)
}
fn is_send<T: Send + 'static>(_: T) {}
fn spawn() { is_send(serve(String::new())) }
