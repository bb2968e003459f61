//! What stands between any network chip and smoltcp: it counts frames, and has callers wait at the door while every
//! socket is taken.

use smoltcp::phy::{Device, DeviceCapabilities, PacketMeta, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::door::{Callers, Door};
use crate::metrics::{self, Direction};

/// Bytes of the largest frame that the firmware sends or takes: an IPv4 datagram of 576 bytes, which every host must
/// accept, and its Ethernet header.
///
/// A frame of the full 1514 bytes would cost 1.8 KiB more in the two frame buffers and would not fit the send buffers
/// twice; see [`crate::app::SEND_BYTES`]. Longer frames are not for us: TCP peers are told the segment size.
pub const FRAME_BYTES: usize = 14 + 576;

/// A network chip with counters and a door.
#[derive(Debug)]
pub(crate) struct Nic<'d, D> {
    chip: D,
    pub(crate) door: Door<'d>,
}

impl<'d, D: Device> Nic<'d, D> {
    /// With the door to `port` open.
    pub(crate) fn new(chip: D, port: u16, callers: &'d mut Callers) -> Self {
        Self { chip, door: Door::new(port, callers) }
    }
}

impl<'d, D: Device> Device for Nic<'d, D> {
    type RxToken<'a>
        = Incoming<'a, 'd, D::RxToken<'a>>
    where
        Self: 'a;
    type TxToken<'a>
        = Outgoing<D::TxToken<'a>>
    where
        Self: 'a;

    fn receive(&mut self, timestamp: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let door = &mut self.door;
        if door.has_next() {
            return self.chip.transmit(timestamp).map(|answer| (Incoming { frame: None, door }, Outgoing { token: answer }));
        }
        let (frame, answer) = self.chip.receive(timestamp)?;
        Some((Incoming { frame: Some(frame), door }, Outgoing { token: answer }))
    }

    fn transmit(&mut self, timestamp: Instant) -> Option<Self::TxToken<'_>> {
        self.chip.transmit(timestamp).map(|token| Outgoing { token })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.chip.capabilities()
    }
}

/// A frame that came in, just now or, if there is none, before: then it waits at the door.
pub(crate) struct Incoming<'a, 'd, T> {
    frame: Option<T>,
    door: &'a mut Door<'d>,
}

impl<T: RxToken> RxToken for Incoming<'_, '_, T> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        let Self { frame, door } = self;
        let Some(frame) = frame else { return f(door.take_next()) };
        frame.consume(|frame| {
            metrics::FRAMES.with(Direction::Receive).inc();
            metrics::FRAME_BYTES.with(Direction::Receive).inc_by(frame.len() as u32);
            // smoltcp passes over an empty frame; the closure has to be called, its result is owed.
            f(if door.admits(frame) { frame } else { &[] })
        })
    }

    fn meta(&self) -> PacketMeta {
        self.frame.as_ref().map(RxToken::meta).unwrap_or_default()
    }
}

/// A frame about to leave.
pub(crate) struct Outgoing<T> {
    token: T,
}

impl<T: TxToken> TxToken for Outgoing<T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        metrics::FRAMES.with(Direction::Transmit).inc();
        metrics::FRAME_BYTES.with(Direction::Transmit).inc_by(len as u32);
        self.token.consume(len, f)
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.token.set_meta(meta);
    }
}
