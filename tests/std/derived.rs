//! Labels by type: derives, families of structs, texts of values.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use picometer_std::{
    ClosedFamily, ClosedLabels, Counter, FamilyOf, Gauge, LabelSchema, LabelTexts, LabelValue, Labels, Metric, MetricError, NamedStates,
    RegisterError, Registry, StateSet, labels,
};

use crate::{page, samples};

#[derive(LabelValue)]
#[label(rename_all = "SCREAMING-KEBAB-CASE")]
enum Method {
    Get,
    /// The doc comment is none of the label's business.
    VersionControl,
    #[label(rename = "other \"one\"")]
    Other,
}

#[derive(LabelValue)]
struct Tenant(String);

#[derive(LabelValue)]
struct Wrapped<'a, T> {
    inner: &'a T,
}

/// Every kind of field.
#[derive(Labels)]
#[label(rename_all = "lowercase")]
#[allow(dead_code, reason = "some fields are there to be left out")]
struct Everything<'a> {
    method: Method,
    pub path: &'a str,
    owned: String,
    shared: Arc<str>,
    boxed: Box<str>,
    cow: Cow<'a, str>,
    r#type: char,
    #[label(rename = "statusCode")]
    code: u16,
    negative: i64,
    nonzero: NonZeroU16,
    cached: bool,
    tenant: Option<Tenant>,
    absent: Option<u8>,
    reference: &'a u32,
    #[label(with = ratio)]
    ratio: f64,
    #[label(with = |peers: &Vec<f64>| peers.len().to_string())]
    peers: Vec<f64>,
    address: IpAddr,
    #[label(skip)]
    context: Vec<f64>,
    #[cfg(any())]
    never: f64,
}

fn ratio(ratio: &f64) -> &'static str {
    if *ratio < 0.5 { "low" } else { "high" }
}

fn everything(path: &str) -> Everything<'_> {
    Everything {
        method: Method::VersionControl,
        path,
        owned: "o".into(),
        shared: "s".into(),
        boxed: "b".into(),
        cow: Cow::Borrowed("c"),
        r#type: 'é',
        code: 404,
        negative: -1_000,
        nonzero: NonZeroU16::MAX,
        cached: true,
        tenant: Some(Tenant("t".into())),
        absent: None,
        reference: &7,
        ratio: 0.7,
        peers: vec![0.5; 3],
        address: Ipv4Addr::LOCALHOST.into(),
        context: Vec::new(),
    }
}

#[test]
fn fields_of_all_kinds_are_labels() {
    let family = FamilyOf::<Counter, Everything>::new("a_total", "A.");
    let path = String::from("/users");
    family.with(everything(&path)).inc_by(2);
    let same = everything("/users");
    family.with(&same).inc();
    let names = Everything::NAMES;
    assert_eq!(names[names.len() - 4..], ["reference", "ratio", "peers", "address"]);
    assert_eq!(
        page(&family).lines().last().unwrap(),
        "a_total{method=\"VERSION-CONTROL\",path=\"/users\",owned=\"o\",shared=\"s\",boxed=\"b\",cow=\"c\",type=\"é\",statusCode=\"404\",\
         negative=\"-1000\",nonzero=\"65535\",cached=\"true\",tenant=\"t\",absent=\"\",reference=\"7\",ratio=\"high\",peers=\"3\",\
         address=\"127.0.0.1\"} 3"
    );
    assert!(family.get(everything("/")).is_none() && family.remove(everything("/users")) && family.is_empty());
    assert_eq!(Method::TEXTS, ["GET", "VERSION-CONTROL", "other \"one\""]);
    assert!([Method::Get, Method::VersionControl, Method::Other].iter().enumerate().all(|(at, method)| method.ordinal() == at));
    assert_eq!(Wrapped { inner: &12_u8 }.text_in(&mut [0; 3]), "12");
}

#[derive(Labels)]
struct Optional<'a> {
    tenant: Option<&'a str>,
}

#[test]
fn absent_and_empty_labels_are_one_series() {
    let registry = Registry::new();
    let family = registry.register(FamilyOf::<Counter, Optional>::new("a_total", "A.")).unwrap();
    family.with(Optional { tenant: None }).inc();
    family.with(Optional { tenant: Some("") }).inc();
    family.with(Optional { tenant: Some("x") }).inc();
    assert_eq!((family.len(), family.with(Optional { tenant: None }).get()), (2, 2));
    assert_eq!(picometer_std::sample_value(&registry, "a_total", &[("tenant", "")]), Some(2.0));
}

#[derive(Labels)]
struct Generic<'a, 'b, T: ?Sized, U, const K: usize>
where
    U: Clone,
{
    first: &'a T,
    second: &'b str,
    third: Option<U>,
    fourth: Level<K>,
}

struct Level<const K: usize>;

impl<const K: usize> LabelValue for Level<K> {
    type Buffer = ();
    const BUFFER: () = ();

    fn text_in<'t>(&'t self, (): &'t mut ()) -> &'t str {
        ["none", "one", "two"].get(K).copied().unwrap_or("many")
    }
}

#[test]
fn generic_structs_are_labels() {
    let family = FamilyOf::<Counter, Generic<str, u8, 2>>::new("a_total", "A.");
    let (first, second) = (String::from("f"), String::from("s"));
    family.with(Generic { first: first.as_str(), second: &second, third: Some(3), fourth: Level::<2> }).inc();
    assert!(page(&family).ends_with("a_total{first=\"f\",second=\"s\",third=\"3\",fourth=\"two\"} 1\n"));
}

macro_rules! declares {
    ($vis:vis $name:ident { $($field:ident: $kind:ty = $text:literal),* } $value:ident { $($variant:ident),* } $rule:literal) => {
        #[derive(Labels)]
        $vis struct $name { $(#[label(rename = $text)] $vis $field: $kind),* }
        #[derive(Clone, Copy, LabelValue)]
        #[label(rename_all = $rule)]
        $vis enum $value { $($variant),* }
    };
}
declares! { pub(crate) Made { one: Colour = "colour", two: Option<u64> = "two_" } Colour { DarkRed, Green } "camelCase" }

#[test]
fn derives_read_what_macros_write() {
    let family = FamilyOf::<Gauge<i64>, Made>::new("a", "A.");
    family.with(Made { one: Colour::DarkRed, two: Some(u64::MAX) }).set(1);
    family.with(Made { one: Colour::Green, two: None }).set(1);
    assert!(page(&family).contains("a{colour=\"darkRed\",two_=\"18446744073709551615\"} 1\n"));
}

/// Names of the standard library mean other things here, and the crate has another name.
mod elsewhere {
    #![allow(dead_code, non_camel_case_types, reason = "names that an expansion must not meet")]

    use ::picometer_std as renamed;

    mod core {}
    mod std {}
    mod picometer_std {}
    struct Option;
    struct Some;
    struct None;
    struct str;
    trait FnOnce {}
    trait AsRef {}

    #[derive(Clone, Copy, renamed::LabelValue)]
    #[label(crate = renamed)]
    pub(crate) enum Kind {
        Here,
    }

    #[derive(renamed::Labels)]
    #[label(crate = "renamed")]
    pub(crate) struct Place {
        pub(crate) kind: Kind,
        #[label(with = self::with)]
        pub(crate) then: f32,
    }

    #[derive(Clone, Copy, renamed::ClosedLabels)]
    #[label(crate = renamed)]
    pub(crate) struct Closed {
        pub(crate) kind: Kind,
        pub(crate) index: bool,
    }

    fn with(_: &f32) -> &'static ::core::primitive::str {
        "then"
    }
}

#[test]
fn expansions_meet_no_names_of_the_user() {
    let family = FamilyOf::<Counter, elsewhere::Place>::new("a_total", "A.");
    family.with(elsewhere::Place { kind: elsewhere::Kind::Here, then: 1.0 }).inc();
    assert!(page(&family).ends_with("a_total{kind=\"here\",then=\"then\"} 1\n"));
    assert_eq!(elsewhere::Closed::COUNT, 2);
}

labels! { enum Bus as "bus" { I2c = "i2c", Spi = "spi" } }

/// Of the core, as firmware names it.
#[derive(Clone, Copy, Debug, PartialEq, picometer::LabelValue)]
enum Outcome {
    Ok,
    Nack,
    #[label(rename = "timed out")]
    Timeout,
}

#[derive(Clone, Copy, Debug, PartialEq, picometer::ClosedLabels)]
struct Transfer {
    #[label(rename = "i2c.bus", utf8)]
    bus: Bus,
    outcome: Outcome,
    r#async: bool,
}

#[test]
fn closed_labels_are_an_index() {
    assert_eq!(Transfer::COUNT, 12);
    for place in 0..Transfer::COUNT {
        assert_eq!(Transfer::at(place).unwrap().index(), place);
    }
    assert_eq!((Transfer::at(12), Transfer::at(usize::MAX)), (None, None));
    let family = ClosedFamily::<Counter, Transfer>::new("transfers_total", "Transfers.");
    family.with(Transfer { bus: Bus::Spi, outcome: Outcome::Timeout, r#async: true }).inc();
    let page = page(&family);
    assert_eq!(page.lines().count(), 2 + 12);
    assert!(page.ends_with("transfers_total{i2c_bus=\"spi\",outcome=\"timed out\",async=\"true\"} 1\n"), "{page}");

    static TRANSFERS: picometer::Family<picometer::Counter, Transfer, { Transfer::COUNT }> =
        picometer::Family::new(&picometer::Desc::counter("transfers_total", "Transfers."));
    TRANSFERS.with(Transfer { bus: Bus::I2c, outcome: Outcome::Nack, r#async: false }).inc();
    assert_eq!(TRANSFERS.at(2).get(), 1);
}

#[derive(Labels)]
struct Mixed {
    bus: Bus,
    outcome: Outcome,
}

#[test]
fn enums_of_the_core_are_values_of_services() {
    let family = FamilyOf::<Counter, Mixed>::new("a_total", "A.");
    family.with(Mixed { bus: Bus::Spi, outcome: Outcome::Timeout }).inc();
    assert_eq!(family.untyped().with((Bus::Spi, Outcome::Timeout)).get(), 1);
    let state = Metric::<StateSet<Outcome>>::new("outcome", "The last one.");
    state.set(Outcome::Nack);
    assert!(page(&state).contains("outcome{outcome=\"nack\"} 1\n"), "{}", page(&state));
}

#[derive(Labels)]
struct Coded {
    code: u32,
}

#[test]
fn ten_thousand_values_are_as_many_series() {
    let family = FamilyOf::<Counter, Coded>::new("a_total", "A.");
    for code in (0..10_000).chain(0..10_000) {
        family.with(Coded { code }).inc();
    }
    assert_eq!(family.len(), 10_000);
    assert!(samples(&family).into_iter().eq((0..10_000).map(|code| format!("a_total{{code=\"{code}\"}} 2"))));
}

#[test]
fn threads_find_the_series_of_their_labels() {
    let family = FamilyOf::<Counter, Everything>::new("a_total", "A.");
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                for path in ["/", "/a", "/b"].into_iter().cycle().take(300) {
                    family.with(everything(path)).inc();
                }
            });
        }
    });
    assert!(["/", "/a", "/b"].into_iter().all(|path| family.with(everything(path)).get() == 6_400));
}

#[test]
fn options_of_a_family_are_those_of_a_typed_one() {
    let family = FamilyOf::<Counter, Coded>::new("tries_total", "A.").namespace("a").subsystem("b").max_series(2).compact();
    let family = family.normalize_label("code", |code| format!("{}xx", &code[..1]));
    (200..600).for_each(|code| family.with(Coded { code }).inc());
    let page = page(&family);
    assert!(page.contains("a_b_tries_total{code=\"2xx\"} 100\n") && page.contains("a_b_tries_folded_total 200\n"), "{page}");

    let family = FamilyOf::<Counter, Coded>::new("a_total", "A.").ttl(Duration::ZERO);
    family.with(Coded { code: 1 }).inc();
    assert!(crate::page(&family).contains("a_total{code=\"1\"} 1\n"));
    assert!(!crate::page(&family).contains("code"), "it was shown, and not used");
}

#[derive(Labels)]
struct Reserved {
    overflow: u8,
    states: u8,
}

#[test]
fn labels_that_are_taken_are_errors_of_registration() {
    let refused = |error| match error {
        RegisterError::Metric(error) => error,
        other => panic!("{other}"),
    };
    let registry = Registry::new();
    let capped = registry.register(FamilyOf::<Counter, Reserved>::new("a_total", "A.").max_series(3)).map(drop);
    assert_eq!(refused(capped.unwrap_err()), MetricError::ReservedLabel("overflow".into()));
    let states = registry.register(FamilyOf::<NamedStates, Reserved>::new("states", "A.").states(["x"])).map(drop);
    assert_eq!(refused(states.unwrap_err()), MetricError::ReservedLabel("states".into()));
    let outer = registry.nested("", [("overflow", "x")]).unwrap().register(FamilyOf::<Counter, Reserved>::new("b_total", "B.")).map(drop);
    assert_eq!(refused(outer.unwrap_err()), MetricError::RepeatedLabel("overflow".into()));
    let family = registry.register(FamilyOf::<Counter, Reserved>::new("a_total", "A.")).unwrap();
    let same = registry.get_or_register(FamilyOf::<Counter, Reserved>::new("a_total", "A.")).unwrap();
    assert!(Arc::ptr_eq(&family, &same));
    assert!(registry.get_or_register(FamilyOf::<Counter, Coded>::new("a_total", "A.")).is_err(), "it has other labels");
}
