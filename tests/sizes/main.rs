//! How much memory the types take. A figure that changes is a change that should be meant.

mod heap;

use picometer::http::Responder;
use picometer::{
    BoundedFamily, Counter, CounterWithExemplar, Exposition, Family, Gauge, GaugeHistogram, GaugeHistogramWithExemplars, Histogram,
    HistogramWithExemplars, Metric, NativeHistogram, NativeHistogramWithExemplars, StateSet, Summary, SummaryWithQuantiles, buckets,
    labels, quantiles,
};

include!("types.rs");
include!("table.rs");

/// A type as people write it.
fn plain(tokens: &str) -> String {
    tokens.replace("'static", "'_").replace(" < ", "<").replace(" >", ">").replace(" ,", ",").replace("< '_", "<'_")
}

/// `cargo test -p picometer-tests --test sizes -- --nocapture` prints the table.
#[test]
#[cfg(target_pointer_width = "64")]
fn every_type_takes_what_the_table_says() {
    let mut wrong = Vec::new();
    macro_rules! check {
        ($($what:literal, $type:ty, $narrow:literal, $wide:literal;)*) => {$(
            println!("| {} | `{}` | {} | {} |", $what, plain(stringify!($type)), $narrow, $wide);
            if size_of::<$type>() != $wide {
                wrong.push(format!("{}: {} bytes", $what, size_of::<$type>()));
            }
        )*};
    }
    table!(check);
    native_table!(check);
    assert_eq!(wrong, [""; 0]);
}

/// The figures that the project promises, for 32-bit targets.
#[test]
fn the_table_keeps_the_promises() {
    let mut table = Vec::new();
    macro_rules! collect {
        ($($what:literal, $type:ty, $narrow:literal, $wide:literal;)*) => { $(table.push(($what, $narrow));)* };
    }
    table!(collect);
    let of = |what| table.iter().find(|row| row.0 == what).unwrap().1;
    assert!(of("a counter") <= 8);
    assert_eq!(of("a family of 4 counters") - of("a family of 3 counters"), 4);
    assert!(of("an exposition") <= 256);
}
