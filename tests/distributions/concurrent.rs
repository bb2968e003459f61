//! Threads that observe while pages are written in every format. The thread sanitizer runs this (`tests/sanitizers.sh`).

#[path = "../support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use picometer_std::exemplar::SpanContext;
use picometer_std::parse::{self, Dialect, Limits, Rules};
use picometer_std::{
    Escaping, Format, GaugeHistogram, Metric, NativeBuckets, NativeHistogram, Objectives, QuantileSummary, Registry, render_escaped,
    statics,
};
use support::beside;

const WRITERS: u32 = 3;
const TIMES: u32 = 8_000;

statics::quantiles! { Usual = [0.5, 0.99] in 60_000; }

static SPREAD: statics::Metric<statics::NativeHistogram<f64, 24, 8>> =
    statics::Metric::new(&statics::Desc::histogram("spread", "Whose resolution is lowered all the time."));
static RECENT: statics::Metric<statics::SummaryWithQuantiles<Usual, u32, 32, 2>> =
    statics::Metric::new(&statics::Desc::summary("recent", "Of which a clock takes parts away."));

#[test]
fn nothing_is_lost_while_pages_are_written() {
    let registry = Registry::new();
    let buckets = NativeBuckets::new().factor(1.01).max_buckets(20).classic([1.0, 100.0]).unwrap();
    let native = Metric::<NativeHistogram>::new("native", "").config(&buckets).exemplars(|| SpanContext::new(1, 2));
    let native = registry.register(native).unwrap();
    let reset = NativeBuckets::new().factor(1.01).max_buckets(20).min_reset(Duration::from_millis(5));
    let reset = registry.register(Metric::<NativeHistogram>::new("reset", "").config(&reset)).unwrap();
    let objectives = Objectives::default().max_age(Duration::from_millis(50));
    let exact = registry.register(Metric::<QuantileSummary>::new("exact", "").config(&objectives)).unwrap();
    let open = registry.register(Metric::<GaugeHistogram>::new("open", "").buckets([1.0, 100.0])).unwrap();
    registry.register(&SPREAD).unwrap();
    registry.register(&RECENT).unwrap();
    let write = || {
        for step in 0..TIMES {
            let value = f64::from(1 + step % 1_000) * (1.0 + f64::from(step).sqrt());
            native.observe(value);
            reset.observe(value);
            exact.observe(value);
            open.insert(value);
            SPREAD.observe(value);
            RECENT.observe(step);
            if step % 64 == 0 {
                native.observe_with(value, &[("step", "x")]).unwrap();
                RECENT.advance(u64::from(step) * 20);
            }
            open.remove(value);
        }
    };
    let seen = [const { AtomicU64::new(0) }; 3];
    let read = |at: usize| {
        let format = [Format::Protobuf, Format::OpenMetrics200, Format::OpenMetrics100][at];
        let mut page = Vec::new();
        render_escaped(&registry, format, Escaping::AllowUtf8, &mut page);
        let text = |dialect| parse::families(std::str::from_utf8(&page).unwrap(), dialect, Rules::STRICT);
        let families = match format {
            Format::Protobuf => parse::protobuf(&page, Limits::default()),
            Format::OpenMetrics200 => text(Dialect::OpenMetrics200),
            _ => text(Dialect::OpenMetrics100),
        };
        let families = families.unwrap_or_else(|error| panic!("{format:?}: {}", error.in_bytes(&page)));
        assert_eq!(families.len(), 6);
        let exact = families.iter().find(|family| family.name == "exact").unwrap();
        let count = exact.sample("exact_count", &[]).unwrap().value.as_u64().unwrap();
        let before = seen[at].swap(count, Ordering::Relaxed);
        assert!(count >= before, "{count} after {before}");
    };
    beside(&[&|_| read(0), &|_| read(1), &|_| read(2)], || {
        std::thread::scope(|scope| (0..WRITERS).for_each(|_| _ = scope.spawn(write)));
    });
    (0..3).for_each(read);
    assert!(seen.iter().all(|count| count.load(Ordering::Relaxed) > 0));
    let all = u64::from(WRITERS * TIMES);
    let given = u64::from(WRITERS * TIMES.div_ceil(64));
    assert_eq!((native.count(), SPREAD.count(), exact.count(), RECENT.count(), open.count()), (all + given, all, all, all, 0));
    assert!(reset.count() <= all);
}
