//! What each connection serves: the one place that joins the metrics to the network.

use picometer::http::{Action, Endpoint, Limits, Responder, ResponseStats};

use crate::connection::Service;
use crate::metrics::METRICS;

/// The longest line of a request that is read whole, and the piece in which a page is written. Prometheus' `Accept` takes
/// 350 bytes of it.
pub const BUFFER: usize = 448;

static SITE: Endpoint<'_> = Endpoint::new(&METRICS).title("picometer-firmware").limits(Limits { head_millis: 8_000, ..Limits::DEFAULT });

/// What answers on a connection.
pub type Page = Responder<'static, BUFFER, 64, 4096>;

/// What answers on one connection.
pub fn page() -> Page {
    // Not a constant: that would be copied out of flash.
    Responder::with_sizes(&SITE)
}

impl<const BUFFER: usize, const QUERY: usize, const HEAD: usize> Service for Responder<'_, BUFFER, QUERY, HEAD> {
    fn receive(&mut self, now_ms: u64, bytes: &[u8]) -> usize {
        self.receive(now_ms, bytes)
    }

    fn transmit(&mut self, now_ms: u64, room: &mut [u8]) -> usize {
        self.transmit(now_ms, room)
    }

    fn next(&self) -> Action {
        self.next()
    }

    fn is_answering(&self) -> bool {
        self.is_answering()
    }

    fn take_served(&mut self) -> Option<ResponseStats> {
        self.take_served()
    }

    fn restart(&mut self) {
        self.restart();
    }
}
