//! A world for tests: the application on a wire, and a stack with clients at the other end. A clock goes forward only when both
//! have nothing left to do. The same calls give the same run.

use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use picometer::http::{Endpoint, Responder};
use picometer::{Collector, Desc, Encoder, Stop};
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{ChecksumCapabilities, Device, TxToken};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, IpCidr, IpEndpoint, IpProtocol, IpRepr};
use smoltcp::wire::{Ipv4Cidr, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber};

use crate::addressing::{ADDRESS, GATEWAY};
use crate::app::{App, Buffers, Identity, PORT, storage};
use crate::connection::Service;
use crate::host::wire::{Port, Wire};

const DEVICE: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 15]);
const CLIENTS: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 2]);
pub(crate) const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: device\r\n\r\n";

/// A page of 20 KiB that is the same each time.
static SITE: Endpoint<'_> = Endpoint::new(&Rows);
pub(crate) type Page = Responder<'static>;
pub(crate) const PAGE_BYTES: usize = ROWS * ROW_BYTES + TYPE.len();
const ROWS: usize = 512;
const ROW_BYTES: usize = "rows_total{row=\"0000\"} 123456789\n".len();
const TYPE: &str = "# TYPE rows_total counter\n";

pub(crate) fn page() -> Page {
    Responder::new(&SITE)
}

struct Rows;

impl Collector for Rows {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const DESC: Desc<'_> = Desc::counter("rows_total", "");
        let mut rows = out.family(&DESC)?;
        (0..ROWS).try_for_each(|row| rows.counter(&[("row", std::format!("{row:04}").as_str())], 123_456_789_u32))
    }
}

pub(crate) struct World<S: 'static> {
    pub(crate) now_ms: u64,
    pub(crate) app: App<'static, Port, S>,
    wire: Wire,
    /// The clients' end; frames put here by hand reach the application.
    pub(crate) port: Port,
    interface: Interface,
    sockets: SocketSet<'static>,
    next_port: u16,
    app_due_ms: u64,
    /// Frames to the clients are thrown away: they were switched off.
    pub(crate) deaf: bool,
}

impl<S: Service + 'static> World<S> {
    pub(crate) fn new(loss_percent: u8, seed: u32, service: impl Fn() -> S) -> Self {
        let (wire, chip, mut port) = Wire::new(crate::nic::FRAME_BYTES, loss_percent, seed);
        let identity = Identity { mac: DEVICE.0, seed: seed.into() };
        let (storage, buffers) = (Box::leak(Box::new(storage())), Box::leak(Box::new(Buffers::new())));
        let services = core::array::from_fn(|_| Box::leak(Box::new(service())));
        let app = App::new(chip, identity, storage, buffers, services);
        let mut interface = Interface::new(Config::new(CLIENTS.into()), &mut port, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::Ipv4(Ipv4Cidr::new(GATEWAY, ADDRESS.prefix_len()))).expect("room for one");
        });
        Self { now_ms: 0, app, wire, port, interface, sockets: SocketSet::new(Vec::new()), next_port: 50_000, app_due_ms: 0, deaf: false }
    }

    /// From now on frames to the application come twice or change places, now and then.
    pub(crate) fn shuffle(&mut self) {
        self.wire.shuffle();
    }

    /// Frames for which the application's chip had no room since the last call.
    pub(crate) fn overruns(&mut self) -> u32 {
        self.wire.take_overruns()
    }

    /// A client that begins to connect; it buffers `window` bytes until they are read.
    pub(crate) fn connect(&mut self, window: usize) -> SocketHandle {
        let mut socket = Socket::new(SocketBuffer::new(vec![0; window]), SocketBuffer::new(vec![0; 4096]));
        socket.set_ack_delay(None);
        self.next_port += 1;
        socket.connect(self.interface.context(), (ADDRESS.address(), PORT), self.next_port).expect("a fresh socket");
        self.sockets.add(socket)
    }

    /// Connects a client anew whose connection is over.
    pub(crate) fn connect_again(&mut self, handle: SocketHandle) {
        self.next_port = if self.next_port == u16::MAX { 50_000 } else { self.next_port + 1 };
        let socket = self.sockets.get_mut::<Socket<'_>>(handle);
        socket.connect(self.interface.context(), (ADDRESS.address(), PORT), self.next_port).expect("a closed socket");
    }

    pub(crate) fn client(&mut self, handle: SocketHandle) -> &mut Socket<'static> {
        self.sockets.get_mut(handle)
    }

    pub(crate) fn state(&mut self, handle: SocketHandle) -> State {
        self.client(handle).state()
    }

    /// Lets both sides work until they have nothing to do at this moment.
    fn settle(&mut self) {
        let now = Instant::from_millis(self.now_ms as i64);
        loop {
            if self.deaf {
                while self.port.receive(now).is_some() {}
            } else {
                self.interface.poll(now, &mut self.port, &mut self.sockets);
            }
            self.app_due_ms = self.app.poll(self.now_ms);
            assert!(self.app_due_ms >= self.now_ms);
            if self.due_ms() > self.now_ms && !self.wire.waiting_for_chip() && !self.port.waiting() {
                return;
            }
        }
    }

    /// When one of the sides wants to do something.
    fn due_ms(&mut self) -> u64 {
        let now = Instant::from_millis(self.now_ms as i64);
        let delay = if self.deaf { None } else { self.interface.poll_delay(now, &self.sockets) };
        delay.map_or(u64::MAX, |delay| self.now_ms + delay.total_millis()).min(self.app_due_ms)
    }

    /// Lets both sides work, then goes on to the next moment at which one of them wants to.
    pub(crate) fn step(&mut self) {
        self.settle();
        self.now_ms = self.due_ms();
    }

    /// Steps until something is so, which is looked at whenever both sides have settled; panics if it is not within
    /// `limit_ms`.
    pub(crate) fn until(&mut self, limit_ms: u64, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let end_ms = self.now_ms + limit_ms;
        loop {
            self.settle();
            if is_so(self) {
                return;
            }
            assert!(self.now_ms < end_ms, "{what}: not after {limit_ms} ms");
            // Looking may have made room for more; then no time passes.
            self.now_ms = self.due_ms();
        }
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        let end_ms = self.now_ms + ms;
        while self.now_ms < end_ms {
            self.step();
        }
    }

    /// Sends what a client at `from` would send to connect.
    pub(crate) fn send_syn(&mut self, from: IpEndpoint) {
        let tcp = TcpRepr {
            src_port: from.port,
            dst_port: PORT,
            control: TcpControl::Syn,
            seq_number: TcpSeqNumber(12_345),
            ack_number: None,
            window_len: 4096,
            window_scale: None,
            max_seg_size: None,
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload: &[],
        };
        let ip = IpRepr::new(from.addr, ADDRESS.address().into(), IpProtocol::Tcp, tcp.buffer_len(), 64);
        let ethernet = EthernetRepr { src_addr: CLIENTS, dst_addr: DEVICE, ethertype: EthernetProtocol::Ipv4 };
        let length = ethernet.buffer_len() + ip.buffer_len();
        self.port.transmit(Instant::ZERO).expect("room").consume(length, |frame| {
            let mut frame = EthernetFrame::new_unchecked(frame);
            ethernet.emit(&mut frame);
            let checksums = ChecksumCapabilities::default();
            ip.emit(frame.payload_mut(), &checksums);
            let segment = &mut frame.payload_mut()[ip.header_len()..];
            tcp.emit(&mut TcpPacket::new_unchecked(segment), &ip.src_addr(), &ip.dst_addr(), &checksums);
        });
    }

    /// Sends once there is a connection.
    pub(crate) fn send(&mut self, handle: SocketHandle, bytes: &[u8]) {
        self.until(60_000, "connected", |world| world.client(handle).may_send());
        assert_eq!(self.client(handle).send_slice(bytes), Ok(bytes.len()));
    }

    /// Takes what has arrived.
    pub(crate) fn take(&mut self, handle: SocketHandle) -> Vec<u8> {
        let mut bytes = vec![0; 65_536];
        let length = self.client(handle).recv_slice(&mut bytes).unwrap_or(0);
        bytes.truncate(length);
        bytes
    }

    /// Receives a response with chunked coding to its end, and returns its body.
    pub(crate) fn response(&mut self, handle: SocketHandle, limit_ms: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.until(limit_ms, "whole response", |world| {
            bytes.extend(world.take(handle));
            bytes.ends_with(b"\r\n0\r\n\r\n")
        });
        body(&bytes)
    }
}

/// Takes the chunks apart.
pub(crate) fn body(response: &[u8]) -> Vec<u8> {
    let end_of_head = response.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    assert!(response.starts_with(b"HTTP/1.1 200 "));
    let (mut rest, mut body) = (&response[end_of_head + 4..], Vec::new());
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").expect("a chunk size");
        let size = std::str::from_utf8(&rest[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok()).expect("hexadecimal");
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
        if size == 0 {
            assert!(rest.is_empty());
            return body;
        }
    }
}
