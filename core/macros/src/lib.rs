//! Derives of labels for `picometer` and `picometer-std`, and attributes that measure functions.
//!
//! Both packages re-export them with feature `derive`, which is where they are documented with their traits. There is no parser
//! crate behind them: what they read is a struct, an enum, or the head of a function.

mod derive;
mod function;
mod item;
mod options;
mod rename;
mod tokens;

use proc_macro::TokenStream;

use derive::Front;
use function::Measure;
use tokens::Wrong;

/// Derives the text of a label value: of an enum one for each variant, of a struct with one field the text of that.
///
/// Variants are `snake_case`, unless `rename_all` gives another rule of serde's or `rename` a text. The enum is
/// `LabelTexts`, so that it may be a field of closed labels and the states of a state set.
///
/// ```
/// use picometer::{LabelTexts, LabelValue};
///
/// #[derive(Clone, Copy, LabelValue)]
/// #[label(rename_all = "UPPERCASE")]
/// enum Method {
///     Get,
///     Post,
///     #[label(rename = "other")]
///     Unknown,
/// }
///
/// assert_eq!(Method::TEXTS, ["GET", "POST", "other"]);
///
/// #[derive(LabelValue)]
/// struct Shard(u16);
///
/// assert_eq!(Shard(7).text_in(&mut Shard::BUFFER), "7");
/// ```
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn label_value(input: TokenStream) -> TokenStream {
    derive::value(input, Front::Core).unwrap_or_else(Wrong::into_tokens)
}

/// Derives the text of a label value: of an enum one for each variant, of a struct with one field the text of that.
///
/// | attribute | where | what it does |
/// |---|---|---|
/// | `#[label(rename_all = "…")]` | enum | names variants by a rule of serde's: `"lowercase"`, `"UPPERCASE"`, `"PascalCase"`, `"camelCase"`, `"snake_case"` (the default), `"SCREAMING_SNAKE_CASE"`, `"kebab-case"`, `"SCREAMING-KEBAB-CASE"` |
/// | `#[label(rename = "…")]` | variant | gives its text |
/// | `#[label(crate = …)]` | enum, struct | the path of `picometer-std`, where it has another name |
///
/// ```
/// use picometer_std::{LabelTexts, LabelValue};
///
/// #[derive(LabelValue)]
/// #[label(rename_all = "UPPERCASE")]
/// enum Method {
///     Get,
///     Post,
///     #[label(rename = "other")]
///     Unknown,
/// }
///
/// assert_eq!(Method::TEXTS, ["GET", "POST", "other"]);
///
/// #[derive(LabelValue)]
/// struct Shard(u16);
///
/// assert_eq!(Shard(7).text_in(&mut Shard::BUFFER), "7");
/// ```
#[proc_macro_derive(StdLabelValue, attributes(label))]
pub fn std_label_value(input: TokenStream) -> TokenStream {
    derive::value(input, Front::Std).unwrap_or_else(Wrong::into_tokens)
}

/// Derives a closed set of labels, each field of which is one: an enum with `#[derive(LabelValue)]` or made by `labels!`, or a
/// `bool`.
///
/// A family of them is an array, and a lookup an index. `#[label(rename = "…")]` names a label, `#[label(rename_all = "…")]` all of
/// them; `utf8` allows a name in any UTF-8, `crate = …` is the path of `picometer`, where it has another name.
///
/// ```
/// use picometer::{ClosedLabels, Counter, Desc, Family, LabelValue};
///
/// #[derive(Clone, Copy, LabelValue)]
/// enum Bus {
///     I2c0,
///     I2c1,
/// }
///
/// #[derive(Clone, Copy, LabelValue)]
/// enum Outcome {
///     Ok,
///     Nack,
///     #[label(rename = "timed out")]
///     Timeout,
/// }
///
/// #[derive(Clone, Copy, ClosedLabels)]
/// struct Transfer {
///     bus: Bus,
///     outcome: Outcome,
/// }
///
/// static TRANSFERS: Family<Counter, Transfer, { Transfer::COUNT }> =
///     Family::new(&Desc::counter("transfers_total", "Transfers."));
/// TRANSFERS.with(Transfer { bus: Bus::I2c1, outcome: Outcome::Nack }).inc();
/// ```
#[proc_macro_derive(ClosedLabels, attributes(label))]
pub fn closed_labels(input: TokenStream) -> TokenStream {
    derive::closed(input, Front::Core).unwrap_or_else(Wrong::into_tokens)
}

/// Derives a closed set of labels, each field of which is one: an enum with `#[derive(LabelValue)]` or made by `labels!`, or a
/// `bool`.
///
/// A `ClosedFamily` of them has all series from the start, and a lookup is an index.
/// `#[label(rename = "…")]` names a label, `#[label(rename_all = "…")]` all of them; `utf8` allows a name in any UTF-8, `crate = …` is
/// the path of `picometer-std`, where it has another name.
///
/// ```
/// use picometer_std::{ClosedFamily, ClosedLabels, Counter, LabelValue};
///
/// #[derive(Clone, Copy, LabelValue)]
/// enum Outcome {
///     Hit,
///     Miss,
/// }
///
/// #[derive(Clone, Copy, ClosedLabels)]
/// struct Lookup {
///     outcome: Outcome,
///     #[label(rename = "from_disk")]
///     disk: bool,
/// }
///
/// let lookups =
///     ClosedFamily::<Counter, Lookup>::new("lookups_total", "Lookups in the cache.");
/// lookups.with(Lookup { outcome: Outcome::Hit, disk: false }).inc();
/// ```
#[proc_macro_derive(StdClosedLabels, attributes(label))]
pub fn std_closed_labels(input: TokenStream) -> TokenStream {
    derive::closed(input, Front::Std).unwrap_or_else(Wrong::into_tokens)
}

/// Derives the labels of a family of a service: each field is one, of any type that is a `LabelValue`.
///
/// Strings, integers, `bool`, `char`, IP addresses, enums and an `Option` of them are. `None` is the empty value, which is no label to any reader.
///
/// | attribute | where | what it does |
/// |---|---|---|
/// | `#[label(rename = "…")]` | field | names the label |
/// | `#[label(rename_all = "…")]` | struct | names all labels by a rule of serde's |
/// | `#[label(utf8)]` | field | allows a name in any UTF-8; the family says `.utf8()` |
/// | `#[label(with = path)]` | field | makes the text by a function or closure of a reference to the field, for types of others and floats |
/// | `#[label(skip)]` | field | is no label |
/// | `#[label(crate = …)]` | struct | the path of `picometer-std`, where it has another name |
///
/// ```
/// use picometer_std::{Counter, FamilyOf, LabelValue, Labels};
/// use std::net::IpAddr;
/// use std::time::Duration;
///
/// #[derive(LabelValue)]
/// #[label(rename_all = "UPPERCASE")]
/// enum Method {
///     Get,
///     Post,
/// }
///
/// #[derive(Labels)]
/// struct Request<'a> {
///     method: Method,
///     path: &'a str,
///     #[label(rename = "status")]
///     code: u16,
///     tenant: Option<&'a str>,
///     peer: IpAddr,
///     #[label(with = class)]
///     deadline: Duration,
/// }
///
/// fn class(deadline: &Duration) -> &'static str {
///     if deadline.as_secs() < 1 { "interactive" } else { "batch" }
/// }
///
/// let requests =
///     FamilyOf::<Counter, Request>::new("http_requests_total", "Requests served.");
/// let path = String::from("/");
/// requests
///     .with(Request {
///         method: Method::Get,
///         path: &path,
///         code: 200,
///         tenant: None,
///         peer: [127, 0, 0, 1].into(),
///         deadline: Duration::from_millis(300),
///     })
///     .inc();
/// assert_eq!(
///     requests
///         .untyped()
///         .with(["GET", "/", "200", "", "127.0.0.1", "interactive"])
///         .get(),
///     1
/// );
/// ```
///
/// A swapped type, a missing or another field, a float, a name that Prometheus refuses and a name twice do not compile:
///
/// ```compile_fail
/// #[derive(picometer_std::Labels)]
/// struct Bad { ratio: f64 }
/// ```
/// ```compile_fail
/// #[derive(picometer_std::Labels)]
/// struct Bad { __name: u8 }
/// ```
#[proc_macro_derive(Labels, attributes(label))]
pub fn labels(input: TokenStream) -> TokenStream {
    derive::open(input).unwrap_or_else(Wrong::into_tokens)
}

/// Observes how long calls of a function take, by whatever ends them: a return, `?`, a panic, a future that is dropped.
///
/// The argument is an expression for something that takes durations: a metric, a series, or a family with labels
/// (`SECONDS.labelled(…)`), which may name arguments of the function. It is evaluated when a call begins; of an async function
/// that is its first poll. `crate = …` behind it is the path of `picometer-std`, where it has another name. `with` takes what the
/// labels borrow when the call begins; `labelled` keeps the labels until the end.
///
/// A function whose body is one `async` block, or `Box::pin` of one as in `#[async_trait]`, is measured as an async one. One that makes
/// its future otherwise is measured until it returns that, and refused where it says `impl Future`: write `future.timed(…)` in it.
///
/// ```
/// use picometer_std::{FamilyOf, Histogram, Labels, timed};
/// use std::sync::LazyLock;
///
/// #[derive(Labels)]
/// struct Query {
///     table: &'static str,
/// }
///
/// static SECONDS: LazyLock<FamilyOf<Histogram, Query>> = LazyLock::new(|| {
///     FamilyOf::<Histogram, Query>::new("query_seconds", "How long queries take.")
/// });
///
/// #[timed(SECONDS.with(Query { table }))]
/// fn count(table: &'static str) -> Result<u32, std::num::ParseIntError> {
///     let rows: u32 = "12".parse()?;
///     Ok(rows)
/// }
///
/// assert_eq!(count("users"), Ok(12));
/// assert_eq!(SECONDS.with(Query { table: "users" }).count(), 1);
/// ```
///
/// Constant, unsafe and `extern` functions are refused, and functions without a body.
#[proc_macro_attribute]
pub fn timed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::measured(Measure::Timed, arguments, item)
}

/// Counts calls of a function that are under way, in a gauge.
///
/// The argument is an expression for a gauge or a series of gauges; [`timed`](macro@timed) says when it is evaluated.
///
/// ```
/// use picometer_std::{Gauge, Metric, in_progress};
/// use std::sync::LazyLock;
///
/// static RUNNING: LazyLock<Metric<Gauge<i64>>> =
///     LazyLock::new(|| Metric::new("jobs_in_progress", "Jobs that run."));
///
/// #[in_progress(RUNNING)]
/// fn job() -> i64 {
///     RUNNING.get()
/// }
///
/// assert_eq!((job(), RUNNING.get()), (1, 0));
/// ```
#[proc_macro_attribute]
pub fn in_progress(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::measured(Measure::InProgress, arguments, item)
}

/// Counts calls of a function that return an error.
///
/// The argument is an expression for a counter, a series of counters, or a family with labels; [`timed`](macro@timed) says when it
/// is evaluated. `if = |error| …` behind it says which errors are counted.
///
/// ```
/// use picometer_std::{Counter, Metric, count_errors};
/// use std::num::{IntErrorKind, ParseIntError};
/// use std::sync::LazyLock;
///
/// static ERRORS: LazyLock<Metric<Counter>> =
///     LazyLock::new(|| Metric::new("parse_errors_total", "Input that is no number."));
///
/// #[count_errors(ERRORS, if = |e: &ParseIntError| *e.kind() != IntErrorKind::Empty)]
/// fn parse(text: &str) -> Result<u32, ParseIntError> {
///     let number: u32 = text.parse()?;
///     Ok(number + 1)
/// }
///
/// assert!(parse("1").is_ok() && parse("one").is_err() && parse("").is_err());
/// assert_eq!(ERRORS.get(), 1);
/// ```
#[proc_macro_attribute]
pub fn count_errors(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::measured(Measure::CountErrors, arguments, item)
}
