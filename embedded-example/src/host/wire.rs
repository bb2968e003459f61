//! A cable in memory between two smoltcp devices, with as much room as a network chip has, and if asked for with bad
//! contacts.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

use smoltcp::phy::{Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::Instant;

/// Frames that wait in one direction; a LAN9118 holds about as many small ones.
const CAPACITY: usize = 64;

/// A full Ethernet frame, which is what the far end may send.
const ETHERNET_BYTES: usize = 1514;

/// One direction of the cable.
#[derive(Debug)]
struct Lane {
    frames: VecDeque<Vec<u8>>,
    /// Longer frames do not fit the receiver's buffer.
    longest: usize,
    overruns: u32,
    loss_percent: u32,
    random: u32,
    /// Frames come twice or change places, now and then.
    shuffles: bool,
}

/// A look at the cable from outside.
#[derive(Debug)]
pub struct Wire {
    to_chip: Rc<RefCell<Lane>>,
}

/// One end of the cable.
#[derive(Debug)]
pub struct Port {
    receive: Rc<RefCell<Lane>>,
    send: Rc<RefCell<Lane>>,
    mtu: usize,
}

impl Wire {
    /// A cable, the end with the device on it, which takes frames of `chip_mtu` bytes, and the other end.
    /// `loss_percent` of the frames get lost in each direction; the same `seed` loses the same ones.
    pub fn new(chip_mtu: usize, loss_percent: u8, seed: u32) -> (Self, Port, Port) {
        let lane = |longest, seed: u32| {
            let (frames, random, loss_percent) = (VecDeque::new(), seed.wrapping_mul(2).wrapping_add(1), u32::from(loss_percent));
            Rc::new(RefCell::new(Lane { frames, longest, overruns: 0, loss_percent, random, shuffles: false }))
        };
        let (to_chip, to_far) = (lane(chip_mtu, seed), lane(ETHERNET_BYTES, !seed));
        let chip = Port { receive: to_chip.clone(), send: to_far.clone(), mtu: chip_mtu };
        let far = Port { receive: to_far, send: to_chip.clone(), mtu: ETHERNET_BYTES };
        (Self { to_chip }, chip, far)
    }

    /// From now on every tenth frame comes twice and every tenth overtakes the one before it, towards the device.
    #[cfg(test)]
    pub(crate) fn shuffle(&self) {
        self.to_chip.borrow_mut().shuffles = true;
    }

    /// Whether a frame waits for the device.
    pub fn waiting_for_chip(&self) -> bool {
        !self.to_chip.borrow().frames.is_empty()
    }

    /// Frames since the last call for which the device had no room.
    pub fn take_overruns(&self) -> u32 {
        core::mem::take(&mut self.to_chip.borrow_mut().overruns)
    }
}

impl Port {
    /// Whether a frame waits at this end.
    pub fn waiting(&self) -> bool {
        !self.receive.borrow().frames.is_empty()
    }
}

impl Lane {
    fn push(&mut self, frame: Vec<u8>) {
        if self.lose() {
            return;
        }
        if self.frames.len() >= CAPACITY || frame.len() > self.longest {
            self.overruns += 1;
            return;
        }
        let chance = if self.shuffles { self.random() % 10 } else { u32::MAX };
        if chance == 0 && self.frames.len() + 1 < CAPACITY {
            self.frames.push_back(frame.clone());
        }
        let place = self.frames.len().saturating_sub(usize::from(chance == 1));
        self.frames.insert(place, frame);
    }

    fn lose(&mut self) -> bool {
        self.random() % 100 < self.loss_percent
    }

    fn random(&mut self) -> u32 {
        // Marsaglia's xorshift; its low bits are as good as the others.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.random
    }
}

impl Device for Port {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sending;

    fn receive(&mut self, _timestamp: Instant) -> Option<(Received, Sending)> {
        let frame = self.receive.borrow_mut().frames.pop_front()?;
        Some((Received(frame), Sending(self.send.clone())))
    }

    fn transmit(&mut self, _timestamp: Instant) -> Option<Sending> {
        Some(Sending(self.send.clone()))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

/// A frame that came over the wire.
#[derive(Debug)]
pub struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

/// The right to send a frame.
#[derive(Debug)]
pub struct Sending(Rc<RefCell<Lane>>);

impl TxToken for Sending {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.borrow_mut().push(frame);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(port: &mut Port, frame: &[u8]) {
        let token = port.transmit(Instant::ZERO).expect("there is always room to try");
        token.consume(frame.len(), |room| room.copy_from_slice(frame));
    }

    fn receive(port: &mut Port) -> Option<Vec<u8>> {
        port.receive(Instant::ZERO).map(|(frame, _)| frame.0)
    }

    #[test]
    fn frames_arrive_in_order_at_the_other_end() {
        let (wire, mut chip, mut far) = Wire::new(590, 0, 1);
        assert!(!wire.waiting_for_chip());
        send(&mut far, b"one");
        send(&mut far, b"two");
        send(&mut chip, b"back");
        assert!(wire.waiting_for_chip());
        assert_eq!(receive(&mut chip).as_deref(), Some(&b"one"[..]));
        assert_eq!(receive(&mut chip).as_deref(), Some(&b"two"[..]));
        assert_eq!(receive(&mut chip), None);
        assert_eq!(receive(&mut far).as_deref(), Some(&b"back"[..]));
    }

    #[test]
    fn what_the_chip_has_no_room_for_is_counted() {
        let (wire, mut chip, mut far) = Wire::new(590, 0, 1);
        for _ in 0..CAPACITY + 3 {
            send(&mut far, &[0; 60]);
        }
        assert_eq!(wire.take_overruns(), 3);
        assert_eq!(wire.take_overruns(), 0);
        while receive(&mut chip).is_some() {}
        send(&mut far, &[0; 591]);
        send(&mut far, &[0; 590]);
        assert_eq!(wire.take_overruns(), 1);
        assert_eq!(receive(&mut chip).map(|frame| frame.len()), Some(590));
    }

    #[test]
    fn loss_is_about_what_was_asked_for_and_repeatable() {
        let arrived = |percent, seed| {
            let (_, mut chip, mut far) = Wire::new(590, percent, seed);
            let mut arrived = Vec::new();
            for number in 0..10_000_u32 {
                send(&mut far, &number.to_le_bytes());
                arrived.extend(receive(&mut chip));
            }
            arrived
        };
        assert_eq!(arrived(0, 1).len(), 10_000);
        let once = arrived(5, 1);
        assert!((9_400..9_600).contains(&once.len()), "{}", once.len());
        assert_eq!(once, arrived(5, 1));
        assert_ne!(once, arrived(5, 2));
        assert_eq!(arrived(100, 1).len(), 0);
    }
}
