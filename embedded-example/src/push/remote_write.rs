//! Samples for a receiver of Remote Write 1.0. As long as the device does not know the time, it asks for it by a request without any.

use picometer::push::{self, Client, RemoteWrite, RemoteWriteVersion, Request};
use picometer::{FillError, Label, Timestamp};

use crate::metrics::METRICS;

pub(super) const USUAL_PORT: u16 = 9090;
pub(super) const NEEDS_TIME: bool = true;

static TARGET: [Label<'_>; 2] = [Label::new("job", "picometer-firmware"), Label::new("instance", "10.0.2.15")];

const HOST: &str = "prometheus";
const ASK: Request<'_> = Request { method: "GET", host: HOST, path: "/-/ready", headers: &[] };
const PUSH: Request<'_> = Request {
    method: "POST",
    host: HOST,
    path: "/api/v1/write",
    headers: &[
        ("Content-Type", RemoteWriteVersion::V1.content_type()),
        ("Content-Encoding", "snappy"),
        ("X-Prometheus-Remote-Write-Version", RemoteWriteVersion::V1.header()),
    ],
};

/// Samples, or nothing.
#[derive(Debug)]
pub(super) struct Body(Option<RemoteWrite<'static>>);

impl push::Body for Body {
    fn content_length(&mut self) -> Option<u64> {
        Some(self.0.as_mut().map_or(0, RemoteWrite::content_length))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FillError> {
        self.0.as_mut().map_or(Ok(0), |samples| samples.fill(buffer))
    }

    fn is_done(&self) -> bool {
        self.0.as_ref().is_none_or(RemoteWrite::is_done)
    }
}

#[inline(never)]
pub(super) fn begin<const BUFFER: usize>(now: Option<Timestamp>) -> Client<'static, Body, BUFFER> {
    let samples = now.map(|now| RemoteWrite::new(&METRICS, RemoteWriteVersion::V1, now).labels(&TARGET));
    Client::new(if samples.is_some() { PUSH } else { ASK }, Body(samples))
}
