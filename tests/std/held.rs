//! Series that are held for long: they live, and all others come and go.

use std::sync::atomic::{AtomicUsize, Ordering};

use picometer_std::{Cell, Family, Format, FromConfig, Kind, Registry, SeriesEncoder, Stop, render};

static ALIVE: AtomicUsize = AtomicUsize::new(0);

struct Counted(AtomicUsize);

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Cell for Counted {
    const KIND: Kind = Kind::Gauge;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        series.number(self.0.load(Ordering::Relaxed) as u64)
    }
}

impl FromConfig for Counted {
    type Config = ();

    fn make((): &()) -> Self {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Self(AtomicUsize::new(7))
    }
}

#[test]
fn held_series_lets_all_others_be_freed() {
    let registry = Registry::new();
    let family = registry.register(Family::<Counted, 1>::new("a", "", ["x"])).unwrap();
    // More than a thread can hold without counting them, and one that is removed meanwhile.
    let held: Vec<_> = (0..10).map(|number| family.with([format!("held {number}")])).collect();
    assert!(family.remove(["held 0"]) && family.remove(["held 9"]));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..20_000 {
                drop(family.with([format!("passing {number}")]));
                family.remove([format!("passing {number}")]);
            }
        });
    });
    for _ in 0..1_000 {
        render(&registry, Format::Text004, &mut Vec::new());
        if ALIVE.load(Ordering::Relaxed) == 10 {
            break;
        }
        std::thread::yield_now();
    }
    assert_eq!(ALIVE.load(Ordering::Relaxed), 10);
    assert!(held.iter().all(|series| series.0.load(Ordering::Relaxed) == 7));
    // A closure of the user's that is at it for long, too.
    family.for_each(|_, _| family.clear());
    drop(held);
    for _ in 0..1_000 {
        render(&registry, Format::Text004, &mut Vec::new());
        if ALIVE.load(Ordering::Relaxed) == 0 {
            break;
        }
        std::thread::yield_now();
    }
    assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
}
