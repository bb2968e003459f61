//! What the exporter has to say of itself.

use picometer::{Collector, Counter, Desc, Encoder, Gauge, Stop};

/// The codes that are sent. The first of them are on the page from the start.
const CODES: [u16; 12] = [200, 500, 503, 400, 401, 404, 405, 408, 414, 431, 501, 505];
const FROM_THE_START: usize = 3;

/// Counted by the loop, read by the thread that makes a page.
#[derive(Debug, Default)]
pub(super) struct SelfMetrics {
    requests: [Counter<u64>; CODES.len()],
    pub(super) in_flight: Gauge<i64>,
    pub(super) render_errors: Counter<u64>,
    pub(super) response_bytes: Counter<u64>,
    pub(super) connections: Gauge<i64>,
    pub(super) evictions: Counter<u64>,
    pub(super) accept_errors: Counter<u64>,
    pub(super) canceled: Counter<u64>,
    pub(super) late: Counter<u64>,
    pub(super) shared: Counter<u64>,
    pub(super) overdue: Gauge<i64>,
    pub(super) page_bytes: Gauge<i64>,
    pub(super) restarts: Counter<u64>,
    #[cfg(feature = "tls")]
    pub(super) reload_errors: Counter<u64>,
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

macro_rules! descs {
    ($($name:ident = $kind:ident $text:literal, $help:literal;)*) => {
        $(const $name: Desc = Desc::$kind($text, $help);)*
    };
}

descs! {
    REQUESTS = counter "picometer_exporter_requests_total", "Requests that were answered, by status code.";
    IN_FLIGHT = gauge "picometer_exporter_requests_in_flight", "Requests that are being answered.";
    RENDER_ERRORS = counter "picometer_exporter_render_errors_total", "Pages that could not be made.";
    BYTES = counter "picometer_exporter_response_bytes_total", "Bytes of responses, heads included, before encryption.";
    CONNECTIONS = gauge "picometer_exporter_connections", "Connections that are open.";
    EVICTIONS = counter "picometer_exporter_evicted_connections_total", "Connections that were closed for new ones.";
    CANCELED = counter "picometer_exporter_canceled_requests_total", "Requests of clients that left or were cut off before they had their response.";
    LATE = counter "picometer_exporter_late_pages_total", "Requests for a page that was not made in time, because collectors hang.";
    OVERDUE = gauge "picometer_exporter_overdue_pages", "Pages that are still being made, later than any client waited.";
    SHARED = counter "picometer_exporter_shared_pages_total", "Requests that were answered by a page made for others too.";
    PAGE_BYTES = gauge "picometer_exporter_page_bytes", "Bytes of the pages that are being sent.";
    RESTARTS = counter "picometer_exporter_restarts_total", "How often the exporter's thread panicked and began again.";
    ACCEPT_ERRORS = counter "picometer_exporter_accept_errors_total", "Connections that could not be taken, most often for want of file descriptors.";
}
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
        out.family(&IN_FLIGHT)?.gauge(&(), self.in_flight.get())?;
        out.family(&RENDER_ERRORS)?.counter(&(), self.render_errors.get())?;
        out.family(&BYTES)?.counter(&(), self.response_bytes.get())?;
        out.family(&CONNECTIONS)?.gauge(&(), self.connections.get())?;
        out.family(&EVICTIONS)?.counter(&(), self.evictions.get())?;
        out.family(&CANCELED)?.counter(&(), self.canceled.get())?;
        out.family(&LATE)?.counter(&(), self.late.get())?;
        out.family(&OVERDUE)?.gauge(&(), self.overdue.get())?;
        out.family(&SHARED)?.counter(&(), self.shared.get())?;
        out.family(&PAGE_BYTES)?.gauge(&(), self.page_bytes.get())?;
        out.family(&RESTARTS)?.counter(&(), self.restarts.get())?;
        out.family(&ACCEPT_ERRORS)?.counter(&(), self.accept_errors.get())?;
        #[cfg(feature = "tls")]
        out.family(&RELOAD_ERRORS)?.counter(&(), self.reload_errors.get())?;
        Ok(())
    }
}
