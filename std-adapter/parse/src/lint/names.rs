//! Names, units, types and help of one family.

use picometer::Kind;

use super::{Found, Rule};
use crate::model::{Family, type_name};

/// Units that names should have.
const BASE: [&str; 11] = ["amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "ratio", "seconds", "volts", "hertz"];

/// Units that are not, and what is used instead.
const OTHER: [(&str, &str); 14] = [
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("bits", "bytes"),
    ("percent", "ratio"),
    ("fahrenheit", "celsius"),
    ("inches", "meters"),
    ("feet", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("pounds", "grams"),
    ("ounces", "grams"),
    ("calories", "joules"),
];

const PREFIXES: [&str; 19] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mebi", "giga", "gibi", "tera", "tebi",
    "peta", "pebi", "exa",
];

const ABBREVIATIONS: [&str; 18] =
    ["s", "ms", "us", "ns", "sec", "secs", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d", "hz", "kib", "mib"];

/// The base unit instead of this word, if it is another unit.
fn instead_of(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let base = |unit: &str| BASE.iter().copied().find(|base| *base == unit || base.strip_suffix('s') == Some(unit));
    // A picometer or kilometer may be the name of a thing; many of them are a measure.
    let unit = |rest: &str| base(rest).filter(|_| rest != "meter");
    let prefixed = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix).and_then(unit));
    prefixed.or_else(|| OTHER.iter().find(|(other, _)| *other == word).map(|&(_, base)| base))
}

pub(super) fn check(family: &Family, line: u32, units: bool, found: &mut Found<'_>) {
    let Family { name, kind, help, unit, samples } = family;
    let mut add = |rule, text: String| found.add(rule, family, line, text);
    if help.is_empty() {
        add(Rule::NoHelp, "the help text is missing".into());
    }
    // The suffix of a counter was taken off its name.
    let total = samples.iter().any(|sample| sample.name.ends_with("_total"));
    match kind {
        Kind::Counter if !samples.is_empty() && !total => {
            add(Rule::CounterWithoutTotal, "the name of a counter should end in `_total`".into());
        }
        Kind::Counter | Kind::Unknown => {}
        _ if name.ends_with("_total") => add(Rule::TotalWithoutCounter, "only the name of a counter should end in `_total`".into()),
        _ => {}
    }
    let owns = |suffix: &str| match kind {
        Kind::Unknown => true,
        Kind::Histogram | Kind::GaugeHistogram => true,
        Kind::Summary => suffix != "_bucket",
        _ => false,
    };
    for suffix in ["_bucket", "_count", "_sum"] {
        if name.ends_with(suffix) && !owns(suffix) {
            add(Rule::ReservedSuffix, format!("`{suffix}` is the suffix of a histogram or summary"));
        }
    }
    if name.contains(':') {
        add(Rule::Colon, "`:` is for the names of recording rules".into());
    }
    if is_camel_case(name) {
        add(Rule::CamelCase, "the name should be in snake_case".into());
    }
    let words: Vec<&str> = name.split('_').collect();
    for word in ["counter", "gauge", "histogram", "summary", "untyped"] {
        if words.contains(&word) && type_name(*kind) == word {
            add(Rule::TypeInName, format!("the name should not repeat the type, `{word}`"));
        }
    }
    let spaced = snake(name);
    for word in spaced.split('_') {
        if let Some(base) = instead_of(word) {
            add(Rule::BaseUnit, format!("use the base unit `{base}` instead of `{word}`"));
        }
    }
    if let Some(word) = words.iter().skip(1).find(|word| ABBREVIATIONS.contains(&word.to_ascii_lowercase().as_str())) {
        add(Rule::UnitAbbreviation, format!("the unit `{word}` should be written out"));
    }
    if units
        && unit.is_empty()
        && !matches!(kind, Kind::Info | Kind::StateSet)
        && let Some(unit) = words.last().filter(|word| words.len() > 1 && BASE.contains(word))
    {
        add(Rule::NoUnit, format!("the unit `{unit}` is not declared"));
    }
    labels(family, line, found);
}

fn labels(family: &Family, line: u32, found: &mut Found<'_>) {
    let mut seen: Vec<&str> = Vec::new();
    for (name, _) in family.samples.iter().flat_map(|sample| &sample.labels) {
        // Most samples have the labels of the first.
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        if is_camel_case(name) {
            found.add(Rule::CamelCase, family, line, format!("the label `{name}` should be in snake_case"));
        }
        let owned = match name {
            "le" => matches!(family.kind, Kind::Histogram | Kind::GaugeHistogram | Kind::Unknown),
            "quantile" => matches!(family.kind, Kind::Summary | Kind::Unknown),
            _ => !name.starts_with("__"),
        };
        if !owned {
            found.add(Rule::ReservedLabel, family, line, format!("the label `{name}` is reserved"));
        }
    }
}

fn is_camel_case(name: &str) -> bool {
    name.as_bytes()
        .windows(2)
        .any(|pair| pair.first().is_some_and(u8::is_ascii_lowercase) && pair.last().is_some_and(u8::is_ascii_uppercase))
}

/// `bootTimeMillis` as `boot_Time_Millis`.
fn snake(name: &str) -> String {
    let mut spaced = String::new();
    let mut lower = false;
    for c in name.chars() {
        if lower && c.is_ascii_uppercase() {
            spaced.push('_');
        }
        lower = c.is_ascii_lowercase();
        spaced.push(c);
    }
    spaced
}
