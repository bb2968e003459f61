//! A firmware that does not push.

use smoltcp::iface::{Interface, SocketSet};

/// The buffers of no socket.
#[derive(Debug, Default)]
pub struct Rings;

impl Rings {
    /// Nothing.
    pub const fn new() -> Self {
        Self
    }
}

/// Never pushes.
#[derive(Debug)]
pub struct Pusher;

impl Pusher {
    /// Sockets that it needs.
    pub const SOCKETS: usize = 0;

    /// Adds none.
    pub fn new<'a>(_sockets: &mut SocketSet<'a>, _rings: &'a mut Rings, _seed: u64) -> Self {
        Self
    }

    /// Does nothing.
    pub fn poll(&mut self, _now_ms: u64, _interface: &mut Interface, _sockets: &mut SocketSet<'_>) {}
}
