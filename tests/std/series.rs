//! Series of families: how they come, are held, and go.

use picometer_std::{Counter, Family, Gauge, Registry, Snapshot};

use crate::{page, samples};

fn counters<const N: usize>(names: [&str; N]) -> Family<Counter, N> {
    Family::new("a_total", "", names)
}

#[test]
fn a_lookup_makes_a_series_and_get_does_not() {
    let family = counters(["x", "y"]);
    assert_eq!(page(&family), "");
    assert!(family.get(["1", "2"]).is_none() && family.is_empty());
    family.with(["1", "2"]);
    assert_eq!(samples(&family), ["a_total{x=\"1\",y=\"2\"} 0"]);
    assert_eq!(family.get(["1", "2"]).unwrap().get(), 0);
    // Where one value ends and the next begins makes a difference.
    family.with(["ab", "c"]).inc();
    family.with(["a", "bc"]).inc_by(5);
    assert_eq!((family.with(["ab", "c"]).get(), family.with(["a", "bc"]).get(), family.len()), (1, 5, 3));
}

#[test]
fn series_are_exposed_in_the_order_in_which_they_came() {
    let family = counters(["x"]);
    for value in ["z", "a", "m", "B"] {
        family.with([value]);
    }
    let mut seen = Vec::new();
    family.for_each(|[value], _| seen.push(value.to_owned()));
    assert_eq!(seen, ["z", "a", "m", "B"]);
    assert_eq!(samples(&family)[0], "a_total{x=\"z\"} 0");
}

#[test]
fn a_removed_series_is_gone_and_its_handle_counts_unseen() {
    let family = counters(["x"]);
    let kept = family.handle(["1"]);
    let held = family.with(["1"]);
    held.inc();
    assert!(family.remove(["1"]) && !family.remove(["1"]));
    held.inc();
    kept.inc();
    assert_eq!((kept.get(), held.get(), page(&family)), (3, 3, String::new()));
    family.with(["1"]).inc();
    assert_eq!((family.with(["1"]).get(), kept.get()), (1, 3), "a new one starts from zero");
    drop(held);
    family.clear();
    drop(family);
    kept.inc();
    assert_eq!(kept.get(), 4);
}

#[test]
fn parts_of_a_family_are_removed() {
    let fill = || {
        let family = counters(["x", "y"]);
        for (x, y) in [("1", "a"), ("1", "b"), ("2", "a"), ("2", "b")] {
            family.with([x, y]).inc();
        }
        family
    };
    let family = fill();
    assert_eq!((family.remove_matching(&[("x", "1")]), family.len()), (2, 2));
    assert_eq!((family.remove_matching(&[("x", "2"), ("y", "b")]), samples(&family)), (1, vec!["a_total{x=\"2\",y=\"a\"} 1".into()]));
    assert_eq!((family.remove_matching(&[("z", "2")]), family.len()), (0, 1));
    assert_eq!((family.remove_matching(&[]), family.len()), (1, 0), "every series has all of no labels");
    let family = fill();
    family.retain(|[x, y], counter| x != y && y == "b" && counter.get() == 1);
    assert_eq!(family.len(), 2);
    // What is called may use the family.
    family.retain(|[x, _], _| {
        family.with([x, "new"]);
        false
    });
    assert!(family.get(["1", "b"]).is_none());
}

#[test]
fn currying_fixes_the_first_values() {
    let family = counters(["x", "y", "z"]);
    let one = family.curry(["1"]);
    one.with(["2", "3"]).inc();
    family.curry(["1", "2"]).with(["3"]).inc();
    assert_eq!(one.get(["2", "3"]).unwrap().get(), 2);
    assert!(one.remove(["2", "3"]) && family.is_empty());
}

#[test]
fn beyond_the_cap_series_are_folded() {
    let registry = Registry::new();
    let family = registry.register(counters(["x"]).max_series(2)).unwrap();
    for value in ["1", "2", "3", "4", "1"] {
        family.with([value]).inc();
    }
    assert!(family.with(["5"]).is_overflow() && family.get(["5"]).is_none());
    assert_eq!(
        samples(&registry),
        ["a_total{x=\"1\"} 2", "a_total{x=\"2\"} 1", "a_total{overflow=\"true\"} 2", "a_folded_total 3"],
        "sums stay right"
    );
    family.remove(["1"]);
    family.with(["3"]).inc();
    assert_eq!(samples(&registry)[0], "a_total{x=\"3\"} 1", "there is room again");
    let kept = family.handle(["6"]);
    kept.inc();
    assert_eq!(Snapshot::of(&registry).value("a_total", &[("overflow", "true")]), Some(3.0));
}

#[test]
fn a_page_shows_no_series_that_is_younger_than_it_is() {
    let family = counters(["x"]);
    for value in ["1", "2", "3"] {
        family.with([value]).inc();
    }
    let text = crate::in_pieces(&family, picometer_std::Format::Text004, 48, |_, text| {
        // What was sent comes again at a place that is still to be sent.
        family.remove(["1"]);
        family.with(["1"]).inc();
        family.with([text.len().to_string()]).inc();
    });
    let text = text.unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, ["a_total{x=\"1\"} 1", "a_total{x=\"2\"} 1", "a_total{x=\"3\"} 1"]);
}

#[test]
fn constraints_make_one_value_of_many() {
    let family = Family::<Gauge<i64>, 2>::new("a", "", ["x", "y"]).normalize_label("y", |value| value.to_lowercase());
    family.with(["A", "B"]).inc();
    family.with(["A", "b"]).inc();
    assert_eq!(samples(&family), ["a{x=\"A\",y=\"b\"} 2"]);
    assert!(family.get(["A", "B"]).is_some() && family.get(["a", "b"]).is_none() && family.remove(["A", "B"]));
}

#[test]
fn a_hundred_thousand_series() {
    let family = counters(["x"]);
    for value in 0..100_000 {
        family.with([value.to_string()]).inc();
    }
    assert_eq!(family.len(), 100_000);
    assert_eq!(samples(&family).len(), 100_000);
    for value in (0..100_000).step_by(7) {
        assert!(family.remove([value.to_string()]));
    }
    assert!((0..100_000).all(|value| family.get([value.to_string()]).is_some() == (value % 7 != 0)));
}
