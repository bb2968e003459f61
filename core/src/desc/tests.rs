//! Names, and what is refused.

use super::*;
use std::string::ToString;

fn parts(kind: Kind, name: &str) -> DescParts<'_> {
    DescParts { name, ..DescParts::new(kind) }
}

#[test]
fn every_rule_has_its_error() {
    use DescError::*;
    let table = [
        (parts(Kind::Gauge, ""), EmptyName),
        (parts(Kind::Counter, "_total"), EmptyName),
        (parts(Kind::Info, "_info"), EmptyName),
        (parts(Kind::Gauge, "a-b"), BadName),
        (parts(Kind::Gauge, "a\n"), BadName),
        (DescParts { namespace: "a b", ..parts(Kind::Gauge, "a") }, BadNamespace),
        (DescParts { subsystem: "1a", ..parts(Kind::Gauge, "a") }, BadNamespace),
        (parts(Kind::Counter, "a"), CounterWithoutTotal),
        (parts(Kind::Info, "a"), InfoWithoutSuffix),
        (DescParts { unit: "seconds", ..parts(Kind::Gauge, "a") }, UnitNotInName),
        (DescParts { unit: "seconds", ..parts(Kind::Gauge, "aseconds") }, UnitNotInName),
        (DescParts { unit: "seconds", ..parts(Kind::Gauge, "seconds") }, UnitNotInName),
        (DescParts { unit: "total", ..parts(Kind::Counter, "a_total") }, UnitNotInName),
        (DescParts { unit: "x", ..parts(Kind::Info, "x_info") }, UnitNotAllowed),
        (DescParts { unit: "x", ..parts(Kind::StateSet, "a_x") }, UnitNotAllowed),
    ];
    for (parts, error) in table {
        assert_eq!(Desc::try_new(parts).unwrap_err(), error, "{parts:?}");
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn names_are_joined() {
    let desc = Desc::counter("wait_seconds_total", "").namespace("ns").subsystem("sub").unit("seconds");
    assert_eq!(desc.name().to_string(), "ns_sub_wait_seconds_total");
    assert_eq!(desc.family().to_string(), "ns_sub_wait_seconds");
    assert_eq!(desc.sample("_created").to_string(), "ns_sub_wait_seconds_created");
    let inner = Prefix { text: "b_", next: None };
    let outer = Prefix { text: "a_", next: Some(&inner) };
    assert_eq!(desc.with_prefix(&outer).name().to_string(), "a_b_ns_sub_wait_seconds_total");
}

#[test]
fn parts_behind_others_may_start_with_a_digit() {
    let desc = Desc::try_new(DescParts { namespace: "ns", subsystem: "1", ..parts(Kind::Gauge, "2nd") }).unwrap();
    assert_eq!(desc.name().to_string(), "ns_1_2nd");
    assert!(Desc::try_new(DescParts { namespace: "disk", unit: "seconds", ..parts(Kind::Gauge, "seconds") }).is_ok());
}

#[test]
fn utf8_is_declared() {
    let desc = Desc::utf8(Kind::Counter, "http.requests_total", "");
    assert!(!desc.is_legacy());
    assert_eq!(desc.family().to_string(), "http.requests");
    assert!(Desc::utf8(Kind::Gauge, "plain", "").is_legacy());
}
