//! Counters that are looked up by their labels each time.

use picometer_benches::{Case, Role, Suite, Unit};

use super::{OURS, PEER, all};
use crate::inputs::{self, children, random, shuffled};
use crate::libraries::*;

pub(super) fn run(suite: &mut Suite) {
    for threads in [1, 2] {
        one(suite, threads);
        three(suite, threads);
        enums(suite, threads);
    }
}

fn one(suite: &mut Suite, threads: usize) {
    let texts: Vec<String> = random(4_096).map(|bits| format!("route-{:04}", bits % 10)).collect();
    let (name, title) = (format!("str1-{threads}T"), format!("inc through a string label of 10 values, {threads} thread(s)"));
    suite.case(&name, &title, Unit::Nanos("inc"), |case| {
        all!(lookup, case, one(), [threads, texts.iter().map(|text| [text.clone()]).collect()]);
        limits::lookup(case, threads, texts.iter().map(|text| [text.clone()]).collect());
    });
}

pub(super) fn three(suite: &mut Suite, threads: usize) {
    let keys: Vec<[String; 3]> = shuffled(&children(1_000)).into_iter().map(|child| child.0).collect();
    let name = format!("str3-{threads}T");
    let title = format!("inc through 3 string labels, 1,000 children in random order, {threads} thread(s)");
    suite.case(&name, &title, Unit::Nanos("inc"), |case| {
        all!(lookup, case, lookup(), [threads, keys.clone()]);
        limits::lookup(case, threads, keys.clone());
    });
}

pub(super) fn enums(suite: &mut Suite, threads: usize) {
    let name = format!("enum-{threads}T");
    let title = format!("inc through 3 enums of 10 values in random order, {threads} thread(s)");
    suite.case(&name, &title, Unit::Nanos("inc"), |case| {
        all!(typed, case, typed(), [threads]; prometheus_client as "prometheus-client", prometheus as "prometheus",
            measured as "measured", metrics as "metrics", fastmetrics as "fastmetrics", metrics_lib as "metrics-lib",
            opentelemetry as "opentelemetry");
        limits::index(case, threads);
    });
}

fn lookup<const N: usize>(
    case: &mut Case<'_>,
    name: &str,
    role: Role,
    inc: impl Fn([&str; N]) + Sync + 'static,
    threads: usize,
    keys: Vec<[String; N]>,
) {
    case.threads(name, role, threads, move |thread, times| {
        for turn in 0..times {
            inc(keys[(turn as usize + thread * 1_000) % 4_096].each_ref().map(String::as_str));
        }
    });
}

fn typed(case: &mut Case<'_>, name: &str, role: Role, inc: impl Fn([usize; 3]) + Sync + 'static, threads: usize) {
    let keys = inputs::ordinals();
    case.threads(name, role, threads, move |thread, times| {
        for turn in 0..times {
            inc(keys[(turn as usize + thread * 1_000) % 4_096].map(usize::from));
        }
    });
}
