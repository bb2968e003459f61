//! Series by values that are bounded.

use super::*;
use crate::cell::counter::Counter;

type Peers = BoundedFamily<Counter<u32>, 2, 2, 4>;
static DESC: Desc = Desc::counter("frames_total", "");

#[test]
fn values_are_compared_whole() {
    let peers = Peers::new(&DESC, &["a", "b"]);
    peers.with(["ab", "c"]).inc();
    peers.with(["a", "bc"]).inc_by(5);
    assert_eq!((peers.with(["ab", "c"]).get(), peers.with(["a", "bc"]).get(), peers.len()), (1, 5, 2));
}

#[test]
fn what_does_not_fit_is_folded() {
    let peers = Peers::new(&DESC, &["a", "b"]);
    assert!(peers.is_empty());
    peers.with(["1", ""]).inc();
    peers.with(["2", ""]).inc();
    assert!(!peers.with(["2", ""]).is_overflow());
    for value in ["3", "4", "5long"] {
        let series = peers.with([value, ""]);
        assert!(series.is_overflow());
        series.inc();
    }
    assert_eq!((peers.overflowed(), peers.with(["3", ""]).get(), peers.len()), (3, 3, 2));
    assert!(peers.get(["3", ""]).is_none() && peers.get(["1", ""]).is_some());
}

#[test]
fn a_removed_series_is_not_given_away_while_it_is_held() {
    let peers = Peers::new(&DESC, &["a", "b"]);
    let held = peers.with(["1", ""]);
    peers.with(["2", ""]).inc();
    assert!(peers.remove(["1", ""]) && !peers.remove(["1", ""]));
    held.inc();
    assert_eq!((held.get(), peers.len()), (1, 1));
    assert!(peers.with(["3", ""]).is_overflow(), "its slot is not free yet");
    drop(held);
    let again = peers.with(["1", ""]);
    assert!(!again.is_overflow());
    assert_eq!(again.get(), 0, "a series that is made again starts at zero");
    drop(again);
    peers.clear();
    assert!(peers.is_empty());
}
