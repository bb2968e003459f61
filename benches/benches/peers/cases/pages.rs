//! Pages of series that one thread counted.

use std::hint::black_box;

use picometer_benches::{Case, Role, Suite, Unit};

use super::{LIMIT, OURS, PEER, all};
use crate::inputs::{Child, children, count, fraction, random};
use crate::libraries::*;
use crate::library::{Give, Page, Shown};

pub(super) fn run(suite: &mut Suite) {
    for series in [1_000, 10_000, 100_000] {
        let title = |series| format!("a page of {series} counters with 3 labels");
        pages(suite, "counters", series, title, "series", |case, all| {
            all!(encode_counters, case, counters(), [all]);
            encode_counters(case, "picometer, compact", OURS, picometer::compact_counters(), all);
            let finished = limit(case, all.len(), "text + number", limits::Counters::new(all));
            let mut copy = Vec::with_capacity(finished.len());
            let run = move || {
                copy.clear();
                copy.extend_from_slice(black_box(&finished));
                copy.len()
            };
            case.time("memcpy", LIMIT, all.len() as u64, run);
        });
    }
    for series in [1_000, 10_000] {
        let title = |series| format!("a page of {series} float gauges with 3 labels");
        pages(suite, "gauges", series, title, "series", |case, all| {
            all!(encode_floats, case, gauges(), [all, 1]);
            limit(case, all.len(), "text + shortest digits", limits::Gauges::new(all));
            limit(case, all.len(), "text + digits that are there", limits::Digits::new(all));
        });
    }
    for series in [1_000, 10_000] {
        let title = |series| format!("a page of {series} histograms with 3 labels and 11 bounds, 14 lines each");
        pages(suite, "histograms", series, title, "histogram", |case, all| {
            all!(encode_floats, case, histograms(), [all, 20]);
            limit(case, all.len(), "text + numbers", limits::Histograms::new(all));
        });
    }
}

/// A case of pages of so many series, of a hundredth of them in a trial.
fn pages(
    suite: &mut Suite,
    what: &str,
    series: usize,
    title: impl FnOnce(usize) -> String,
    per: &'static str,
    columns: impl FnOnce(&mut Case<'_>, &[Child]),
) {
    let series = if suite.is_test() { series / 100 } else { series };
    let all = children(series);
    suite.case(&format!("encode-{what}-{series}"), &title(series), Unit::Nanos(per), |case| columns(case, &all));
}

fn encode_counters(case: &mut Case<'_>, name: &str, role: Role, family: Shown<impl Give<u64>, impl Page>, all: &[Child]) {
    for (child, bits) in all.iter().zip(random(all.len())) {
        (family.give)(child.texts(), count(bits));
    }
    encode(case, name, role, family.page, all.len());
}

fn encode_floats(case: &mut Case<'_>, name: &str, role: Role, family: Shown<impl Give<f64>, impl Page>, all: &[Child], each: usize) {
    for (child, bits) in all.iter().zip(random(all.len())) {
        for value in random(each) {
            (family.give)(child.texts(), 12.0 * fraction(value ^ bits));
        }
    }
    encode(case, name, role, family.page, all.len());
}

/// Pages into one buffer that is used again.
pub(super) fn encode(case: &mut Case<'_>, name: &str, role: Role, page: impl Fn(&mut String) -> usize + 'static, series: usize) {
    let mut buffer = String::new();
    let bytes = page(&mut buffer) as f64 / series as f64;
    case.time(name, role, series as u64, move || page(&mut buffer)).bytes(bytes);
}

/// The page of a limit, which is returned.
pub(super) fn limit(case: &mut Case<'_>, series: usize, name: &str, lines: impl limits::Lines + 'static) -> Vec<u8> {
    let mut buffer = Vec::new();
    let bytes = limits::page(&lines, &mut buffer) as f64 / series as f64;
    let finished = buffer.clone();
    case.time(name, LIMIT, series as u64, move || limits::page(&lines, &mut buffer)).bytes(bytes);
    finished
}
