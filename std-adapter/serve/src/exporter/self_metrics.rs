//! What the exporter has to say of itself.

use picometer::{Collector, Counter, Desc, Encoder, Gauge, Stop};

/// The codes that are sent. The first of them are on the page from the start.
const CODES: [u16; 12] = [200, 500, 503, 400, 401, 404, 405, 408, 414, 431, 501, 505];
const FROM_THE_START: usize = 3;

/// A field, its metric and its family, for each of a list.
macro_rules! self_metrics {
    ($($field:ident: $kind:ident $number:ty = $text:literal, $help:literal;)*) => {
        /// Counted by the loop, read by the thread that makes a page.
        #[derive(Debug, Default)]
        pub(super) struct SelfMetrics {
            requests: [Counter<u64>; CODES.len()],
            $(pub(super) $field: $number,)*
            #[cfg(feature = "tls")]
            pub(super) reload_errors: Counter<u64>,
        }

        impl SelfMetrics {
            fn collect_numbers(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
                $(out.family(&const { Desc::$kind($text, $help) })?.$kind(&(), self.$field.get())?;)*
                Ok(())
            }
        }
    };
}

self_metrics! {
    in_flight: gauge Gauge<i64> = "picometer_exporter_requests_in_flight", "Requests that are being answered.";
    render_errors: counter Counter<u64> = "picometer_exporter_render_errors_total", "Pages that could not be made.";
    response_bytes: counter Counter<u64> = "picometer_exporter_response_bytes_total", "Bytes of responses, heads included, before encryption.";
    connections: gauge Gauge<i64> = "picometer_exporter_connections", "Connections that are open.";
    evictions: counter Counter<u64> = "picometer_exporter_evicted_connections_total", "Connections that were closed for new ones.";
    canceled: counter Counter<u64> = "picometer_exporter_canceled_requests_total", "Requests of clients that left or were cut off before they had their response.";
    late: counter Counter<u64> = "picometer_exporter_late_pages_total", "Requests for a page that was not made in time, because collectors hang.";
    overdue: gauge Gauge<i64> = "picometer_exporter_overdue_pages", "Pages that are still being made, later than any client waited.";
    shared: counter Counter<u64> = "picometer_exporter_shared_pages_total", "Requests that were answered by a page made for others too.";
    page_bytes: gauge Gauge<i64> = "picometer_exporter_page_bytes", "Bytes of the pages that are being sent.";
    restarts: counter Counter<u64> = "picometer_exporter_restarts_total", "How often the exporter's thread panicked and began again.";
    accept_errors: counter Counter<u64> = "picometer_exporter_accept_errors_total", "Connections that could not be taken, most often for want of file descriptors.";
}

impl SelfMetrics {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn answered(&self, status: u16, bytes: u64) {
        if let Some(counter) = CODES.iter().position(|code| *code == status).and_then(|at| self.requests.get(at)) {
            counter.inc();
        }
        self.response_bytes.inc_by(bytes);
    }
}

const REQUESTS: Desc = Desc::counter("picometer_exporter_requests_total", "Requests that were answered, by status code.");
#[cfg(feature = "tls")]
const RELOAD_ERRORS: Desc =
    Desc::counter("picometer_exporter_certificate_reload_errors_total", "Changed certificates that could not be used.");

impl Collector for SelfMetrics {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let mut requests = out.family(&REQUESTS)?;
        for (place, (code, counter)) in CODES.iter().zip(&self.requests).enumerate() {
            let count = counter.get();
            if count > 0 || place < FROM_THE_START {
                requests.counter(&[("code", code.to_string().as_str())], count)?;
            }
        }
        self.collect_numbers(out)?;
        #[cfg(feature = "tls")]
        out.family(&RELOAD_ERRORS)?.counter(&(), self.reload_errors.get())?;
        Ok(())
    }
}
