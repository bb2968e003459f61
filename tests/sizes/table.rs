// How much memory the types take: what, type, bytes where a pointer has 4, bytes where it has 8. Included here, where the second is
// checked, and by tests/bare_metal, where the first is.
//
// `rows` is a macro, called with every row.
macro_rules! table {
    ($rows:ident) => {
        $rows! {
            "a counter", Metric<Counter<u32>>, 8, 16;
            "a gauge of a float", Metric<Gauge<f32>>, 8, 16;
            "a counter of 64 bits", Metric<Counter<u64>>, 16, 16;
            "a family of 3 counters", Family<Counter<u32>, Three, 3>, 16, 24;
            "a family of 4 counters", Family<Counter<u32>, Four, 4>, 20, 24;
            "a state set", Metric<StateSet<Three>>, 8, 16;
            "a summary of integers", Metric<Summary<u32>>, 20, 32;
            "a histogram of 6 integer bounds", Metric<Histogram<Six, 6>>, 44, 80;
            "a gauge histogram of 6 integer bounds", Metric<GaugeHistogram<Six, 6>>, 84, 152;
            "a histogram of 6 integer bounds with exemplars of 48 bytes", Metric<HistogramWithExemplars<Six, 6, 48>>, 548, 584;
            "a gauge histogram of 6 integer bounds with exemplars of 48 bytes", Metric<GaugeHistogramWithExemplars<Six, 6, 48>>, 588, 656;
            "a counter with an exemplar of 48 bytes", Metric<CounterWithExemplar<48, u32>>, 80, 88;
            "a bounded family of 8 counters by 15 bytes", BoundedFamily<Counter<u32>, 1, 8, 15>, 340, 480;
            "an exposition", Exposition<'static>, 176, 400;
            "a connection of the responder", Responder<'static>, 896, 1168;
        }
    };
}

// Those of feature `protobuf`.
#[allow(unused_macros, reason = "programs without protobuf have no such types")]
macro_rules! native_table {
    ($rows:ident) => {
        $rows! {
            "a native histogram of 64 places", Metric<NativeHistogram<f32, 64>>, 576, 576;
            "a native histogram of 160 places", Metric<NativeHistogram<f64, 160>>, 1344, 1344;
            "a native histogram of 64 places with 4 exemplars of 48 bytes", Metric<NativeHistogramWithExemplars<4, 48, f32, 64>>, 864, 864;
            "a summary with quantiles, 3 windows of 64 places", Metric<SummaryWithQuantiles<Usual, u32, 64, 3>>, 1720, 1728;
        }
    };
}
