//! What the types take on this target; a wrong figure does not compile.

use picometer::http::Responder;
use picometer::{
    BoundedFamily, Counter, CounterWithExemplar, Exposition, Family, Gauge, GaugeHistogram, GaugeHistogramWithExemplars, Histogram,
    HistogramWithExemplars, Metric, StateSet, Summary, buckets, labels,
};

#[cfg(feature = "protobuf")]
use picometer::{NativeHistogram, NativeHistogramWithExemplars, SummaryWithQuantiles, quantiles};

include!("../../sizes/types.rs");
include!("../../sizes/table.rs");

macro_rules! check {
    ($($what:literal, $type:ty, $narrow:literal, $wide:literal;)*) => {$(
        // The compiler shows both figures where the lengths of the arrays differ.
        #[cfg(target_pointer_width = "32")]
        const _: [(); $narrow] = [(); size_of::<$type>()];
    )*};
}

table!(check);
#[cfg(feature = "protobuf")]
native_table!(check);
