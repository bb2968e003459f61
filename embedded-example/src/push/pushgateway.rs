//! A page for a Pushgateway, which replaces the group of this device.

use picometer::push::{Client, Request};
use picometer::{Exposition, Format, Timestamp};

use crate::metrics::METRICS;

pub(super) const USUAL_PORT: u16 = 9091;
pub(super) const NEEDS_TIME: bool = false;

pub(super) type Body = Exposition<'static>;

const REQUEST: Request<'_> = Request {
    method: "PUT",
    host: "pushgateway",
    path: "/metrics/job/picometer-firmware/instance/10.0.2.15",
    headers: &[("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
};

#[inline(never)]
pub(super) fn begin<const BUFFER: usize>(_: Option<Timestamp>) -> Client<'static, Body, BUFFER> {
    Client::new(REQUEST, Exposition::new(&METRICS, Format::Text004))
}
