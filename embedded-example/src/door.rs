//! A backlog, which smoltcp lacks: who asks to connect while each socket is taken waits here for the next free one.
//!
//! smoltcp answers a SYN that finds no listening socket with a reset, which a client reports as an error. Here the SYN
//! is kept instead and handed in again later. A SYN that finds even the backlog full takes the place of the one that has waited
//! longest. That client's kernel asks again, a second later at first, as with any server. So a crowd that fills the backlog and says
//! nothing shuts no later client out.
//!
//! A SYN that is repeated although its connection exists is dropped: smoltcp would give it to a listening socket rather
//! than to the connection's own, and the confusion that follows resets the connection.

use core::net::SocketAddrV4;

use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, TcpPacket};

use crate::metrics;

/// Clients that are served at the same time: two Prometheus servers, or one and a person with `curl`.
pub const CONNECTIONS: usize = 2;
/// Callers that can wait: with as many silent clients, none of them is turned away and has to ask again. 3.2 KB of RAM.
const CALLERS: usize = 40;
/// The longest SYN that is kept: 14 + 20 bytes of headers and TCP's 20 with up to 24 of options, as macOS sends them.
const SYN_BYTES: usize = 78;

/// Keeps those who ask to connect to a port.
#[derive(Debug)]
pub struct Door<'a> {
    port: u16,
    open: bool,
    guests: [Option<SocketAddrV4>; CONNECTIONS],
    callers: &'a mut Callers,
    first: usize,
    waiting: usize,
}

/// Room for those who wait.
#[derive(Debug)]
pub struct Callers([Caller; CALLERS]);

#[derive(Debug)]
struct Caller {
    syn: [u8; SYN_BYTES],
    length: u8,
}

impl Callers {
    /// Zeroes.
    pub const fn new() -> Self {
        Self([const { Caller { syn: [0; SYN_BYTES], length: 0 } }; CALLERS])
    }
}

impl<'a> Door<'a> {
    /// An open one.
    pub fn new(port: u16, callers: &'a mut Callers) -> Self {
        Self { port, open: true, guests: [None; CONNECTIONS], callers, first: 0, waiting: 0 }
    }

    /// Tells whether a socket is free, and who has the others.
    pub fn set(&mut self, open: bool, guests: [Option<SocketAddrV4>; CONNECTIONS]) {
        self.open = open;
        self.guests = guests;
    }

    /// Whether a frame may pass; if it may not, its sender waits or is here already.
    pub fn admits(&mut self, frame: &[u8]) -> bool {
        let Some(caller) = caller(frame, self.port) else { return true };
        if self.guests.contains(&Some(caller)) {
            return false;
        }
        if self.open {
            return true;
        }
        metrics::CONNECTIONS_DEFERRED.inc();
        self.keep(caller, frame);
        false
    }

    fn keep(&mut self, endpoint: SocketAddrV4, frame: &[u8]) {
        // A SYN that is repeated takes the place of the one before.
        let place = (0..self.waiting)
            .map(|nth| (self.first + nth) % CALLERS)
            .find(|&place| caller(self.callers.0[place].frame(), self.port) == Some(endpoint));
        let is_new = place.is_none();
        if frame.len() > SYN_BYTES {
            return;
        }
        if is_new && self.waiting == CALLERS {
            let _ = self.take_next();
        }
        let kept = &mut self.callers.0[place.unwrap_or((self.first + self.waiting) % CALLERS)];
        kept.syn[..frame.len()].copy_from_slice(frame);
        kept.length = frame.len() as u8;
        self.waiting += usize::from(is_new);
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether a client waits that may come in now.
    pub fn has_next(&self) -> bool {
        self.open && self.waiting > 0
    }

    /// The SYN of the one who has waited longest, who then no longer waits. Empty if no client waits.
    pub fn take_next(&mut self) -> &mut [u8] {
        if self.waiting == 0 {
            return &mut [];
        }
        let place = self.first;
        self.first = (self.first + 1) % CALLERS;
        self.waiting -= 1;
        let caller = &mut self.callers.0[place];
        &mut caller.syn[..usize::from(caller.length)]
    }
}

impl Default for Callers {
    fn default() -> Self {
        Self::new()
    }
}

impl Caller {
    fn frame(&self) -> &[u8] {
        &self.syn[..usize::from(self.length)]
    }
}

/// The peer that asks to connect to `port` by this frame, if it is such a frame.
pub fn caller(frame: &[u8], port: u16) -> Option<SocketAddrV4> {
    let ethernet = EthernetFrame::new_checked(frame).ok()?;
    if ethernet.ethertype() != EthernetProtocol::Ipv4 {
        return None;
    }
    let ip = Ipv4Packet::new_checked(ethernet.payload()).ok()?;
    if ip.next_header() != IpProtocol::Tcp {
        return None;
    }
    let tcp = TcpPacket::new_checked(ip.payload()).ok()?;
    (tcp.syn() && !tcp.ack() && tcp.dst_port() == port).then(|| SocketAddrV4::new(ip.src_addr(), tcp.src_port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SYN from 10.0.2.2 to port 80, as slirp sends it, without checksums.
    fn syn(from_port: u16) -> [u8; 54] {
        let mut frame = [0; 54];
        frame[12..14].copy_from_slice(&[0x08, 0x00]);
        frame[14] = 0x45;
        frame[17] = 40;
        frame[23] = 6;
        frame[26..30].copy_from_slice(&[10, 0, 2, 2]);
        frame[34..36].copy_from_slice(&from_port.to_be_bytes());
        frame[36..38].copy_from_slice(&80_u16.to_be_bytes());
        frame[46] = 0x50;
        frame[47] = 0x02;
        frame
    }

    fn closed_door(callers: &mut Callers) -> Door<'_> {
        let mut door = Door::new(80, callers);
        door.set(false, [None; CONNECTIONS]);
        door
    }

    #[test]
    fn only_a_first_syn_to_the_port_asks_to_connect() {
        assert_eq!(caller(&syn(4000), 80), Some("10.0.2.2:4000".parse().expect("an endpoint")));
        assert_eq!(caller(&syn(4000), 81), None);
        let changed = |place: usize, value| {
            let mut frame = syn(4000);
            frame[place] = value;
            frame
        };
        assert_eq!(caller(&changed(47, 0x12), 80), None, "SYN-ACK");
        assert_eq!(caller(&changed(23, 17), 80), None, "UDP");
        assert_eq!(caller(&changed(13, 6), 80), None, "ARP");
        for length in 0..54 {
            assert_eq!(caller(&syn(4000)[..length], 80), None, "{length} bytes of it");
        }
    }

    #[test]
    fn an_open_door_lets_everything_pass() {
        let mut callers = Callers::new();
        let mut door = Door::new(80, &mut callers);
        assert!(door.admits(&syn(4000)) && door.admits(&[0; 60]));
        assert_eq!(door.waiting(), 0);
    }

    #[test]
    fn callers_come_in_in_their_order() {
        let mut callers = Callers::new();
        let mut door = closed_door(&mut callers);
        for round in 0..5 {
            for port in 1..=6 {
                assert!(!door.admits(&syn(round * 10 + port)));
            }
            assert!(door.admits(&[0; 60]), "other frames pass");
            assert!(!door.has_next(), "not while the door is closed");
            door.set(true, [None; CONNECTIONS]);
            for port in 1..=6 {
                assert!(door.has_next());
                assert_eq!(door.take_next(), syn(round * 10 + port));
            }
            assert!(!door.has_next());
            assert_eq!(door.take_next(), [0; 0]);
            door.set(false, [None; CONNECTIONS]);
        }
    }

    #[test]
    fn a_repeated_call_is_one_call() {
        let mut callers = Callers::new();
        let mut door = closed_door(&mut callers);
        let mut repeated = syn(1);
        repeated[41] = 9;
        for frame in [syn(1), syn(2), repeated] {
            assert!(!door.admits(&frame));
        }
        assert_eq!(door.take_next(), repeated);
        assert_eq!(door.take_next(), syn(2));
        assert_eq!(door.take_next(), [0; 0]);
    }

    #[test]
    fn who_is_in_does_not_come_in_again() {
        let mut callers = Callers::new();
        let mut door = Door::new(80, &mut callers);
        let mut guests = [None; CONNECTIONS];
        guests[0] = caller(&syn(1), 80);
        for open in [true, false] {
            door.set(open, guests);
            assert!(!door.admits(&syn(1)));
            assert_eq!(door.admits(&syn(2)), open);
        }
        assert_eq!(door.waiting(), 1, "only the other one waits");
    }

    #[test]
    fn full_backlog_keeps_the_last_callers() {
        let mut callers = Callers::new();
        let mut door = closed_door(&mut callers);
        for port in 1..=50 {
            assert!(!door.admits(&syn(port)));
        }
        assert_eq!(door.waiting(), CALLERS);
        let mut long = [0; 90];
        long[..54].copy_from_slice(&syn(1));
        assert!(!door.admits(&long), "kept out, and not kept");
        for port in 11..=50 {
            assert_eq!(door.take_next(), syn(port));
        }
        assert_eq!(door.take_next(), [0; 0]);
    }
}
