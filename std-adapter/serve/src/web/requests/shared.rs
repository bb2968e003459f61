//! Metrics of requests where processes share them: the same families, of cells that others see.
//!
//! What a page shows of a process alone is of one moment; of many processes nothing is.

use picometer::{Collector, Desc, Encoder, Stop};

use super::{BYTES, Descs, SECONDS};
use picometer_registry::{Counter, Family, Histogram};

pub(super) struct Families {
    requests: Family<Counter, 3>,
    duration: Family<Histogram, 2>,
    request_size: Family<Histogram, 2>,
    response_size: Family<Histogram, 2>,
}

impl Families {
    pub(super) fn new(descs: &Descs) -> Self {
        let histogram = |desc: &Desc<'_>, bounds: &[f64]| {
            let family = Family::new(&desc.name().to_string(), desc.help(), ["method", descs.route]);
            family.unit(desc.unit_name()).buckets(bounds)
        };
        Self {
            requests: Family::new(&descs.requests.name().to_string(), descs.requests.help(), ["method", descs.route, "code"]),
            duration: histogram(&descs.duration, &SECONDS),
            request_size: histogram(&descs.request_size, &BYTES),
            response_size: histogram(&descs.response_size, &BYTES),
        }
    }

    /// A request ended; sizes where they are known.
    pub(super) fn ended(&self, method: &str, route: &str, code: &str, seconds: f64, request: Option<u64>, response: Option<u64>) {
        let labels = [method, route];
        self.requests.with([method, route, code]).inc();
        self.duration.with(labels).observe(seconds);
        let [sizes, response_sizes] = [&self.request_size, &self.response_size].map(|family| family.with(labels));
        request.into_iter().for_each(|bytes| sizes.observe(bytes as f64));
        response.into_iter().for_each(|bytes| response_sizes.observe(bytes as f64));
    }
}

impl Collector for Families {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.requests.collect(out)?;
        self.duration.collect(out)?;
        self.request_size.collect(out)?;
        self.response_size.collect(out)
    }
}
