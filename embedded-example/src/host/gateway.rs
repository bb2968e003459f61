//! The router at the other end of the wire: each connection that the operating system accepts becomes a connection of
//! a second smoltcp stack to the firmware, and the two are kept in step: bytes, back-pressure, half-closes and resets.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;
use std::vec;
use std::vec::Vec;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry};
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpCidr, Ipv4Cidr};
use socket2::SockRef;

use super::ANY;
use super::wire::Port;
use crate::addressing::{ADDRESS, GATEWAY};
use crate::app::PORT;

/// Connections carried at the same time, as any router carries them: whom the firmware serves is its own affair. Further clients wait
/// in the backlog of the listener.
const LINKS: usize = 64;
/// What one link buffers each way.
const BUFFER_BYTES: usize = 8 * 1024;
/// The ports that routers use for outgoing connections.
const EPHEMERAL_PORTS: std::ops::RangeInclusive<u16> = 49_152..=65_535;

/// The second stack and its connections.
pub(super) struct Gateway {
    port: Port,
    interface: Interface,
    sockets: SocketSet<'static>,
    listener: TcpListener,
    links: Vec<Link>,
    next_port: u16,
}

/// A pair of connections: to the client and to the firmware.
struct Link {
    device: SocketHandle,
    client: Option<Client>,
}

struct Client {
    stream: TcpStream,
    /// The client has closed its half.
    finished: bool,
}

/// How a pass over a link ended.
enum Pass {
    Goes,
    /// The firmware has closed its half, and all bytes are delivered.
    Done,
    /// The client is gone.
    ClientLost,
    /// The firmware has reset the connection.
    DeviceLost,
}

impl Gateway {
    pub(super) fn new(mut port: Port, listener: TcpListener) -> Self {
        let config = Config::new(EthernetAddress([0x02, 0, 0, 0, 0, 1]).into());
        let mut interface = Interface::new(config, &mut port, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            let address = IpCidr::Ipv4(Ipv4Cidr::new(GATEWAY, ADDRESS.prefix_len()));
            addresses.push(address).expect("an interface has room for one address");
        });
        let mut sockets = SocketSet::new(Vec::new());
        let links = (0..LINKS).map(|_| Link { device: sockets.add(socket()), client: None }).collect();
        Self { port, interface, sockets, listener, links, next_port: *EPHEMERAL_PORTS.start() }
    }

    /// Moves what can be moved; returns when it wants to be called again without an event.
    pub(super) fn poll(&mut self, now_ms: u64, registry: &Registry) -> Option<u64> {
        let now = Instant::from_millis(now_ms as i64);
        self.interface.poll(now, &mut self.port, &mut self.sockets);
        let mut asked = false;
        for index in 0..self.links.len() {
            // One answer is enough that no client waits.
            asked = asked || !self.accept(index, registry);
            self.carry(index);
        }
        self.interface.poll(now, &mut self.port, &mut self.sockets);
        self.interface.poll_at(now, &self.sockets).map(|at| at.total_millis() as u64)
    }

    /// Takes a client from the backlog if the link is free; whether another one may wait there.
    fn accept(&mut self, index: usize, registry: &Registry) -> bool {
        let link = &mut self.links[index];
        let socket = self.sockets.get_mut::<Socket<'_>>(link.device);
        // A reset may still have to leave, and the firmware to be told that the last connection is over.
        if link.client.is_some() || socket.is_open() || (socket.state() == State::Closed && socket.remote_endpoint().is_some()) {
            return true;
        }
        // Whatever the error is, it is one client's or passes: out of files, or aborted in the backlog.
        let (mut stream, _) = match self.listener.accept() {
            Ok(accepted) => accepted,
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        };
        if registry.register(&mut stream, ANY, Interest::READABLE | Interest::WRITABLE).is_err() {
            return true;
        }
        // What the firmware sends is to arrive as it was sent; without the option it only arrives later.
        let _ = stream.set_nodelay(true);
        link.client = Some(Client { stream, finished: false });
        let local = self.next_port;
        self.next_port = if local == *EPHEMERAL_PORTS.end() { *EPHEMERAL_PORTS.start() } else { local + 1 };
        socket
            .connect(self.interface.context(), (ADDRESS.address(), PORT), local)
            .expect("the socket is closed, the address and the ports are given");
        true
    }

    fn carry(&mut self, index: usize) {
        let link = &mut self.links[index];
        let Some(client) = &mut link.client else { return };
        let socket = self.sockets.get_mut::<Socket<'_>>(link.device);
        if socket.state() == State::SynSent {
            return;
        }
        match client.carry(socket) {
            Pass::Goes => return,
            Pass::Done => {}
            Pass::ClientLost => socket.abort(),
            // The client is to see a reset too, not an end: closing a socket with this option set sends one.
            Pass::DeviceLost => drop(SockRef::from(&client.stream).set_linger(Some(Duration::ZERO))),
        }
        link.client = None;
    }
}

impl Client {
    /// Carries bytes and the end of them, each way as far as the other side takes them.
    fn carry(&mut self, socket: &mut Socket<'_>) -> Pass {
        while socket.can_recv() {
            let written = socket.recv(|bytes| match self.stream.write(bytes) {
                Ok(n) => (n, Ok(())),
                Err(error) => (0, Err(error.kind())),
            });
            match written {
                Ok(Ok(()) | Err(ErrorKind::Interrupted)) => {}
                Ok(Err(ErrorKind::WouldBlock)) => break,
                Ok(Err(_)) => return Pass::ClientLost,
                Err(_) => return Pass::DeviceLost,
            }
        }
        if socket.state() == State::Closed {
            return Pass::DeviceLost;
        }
        if !socket.may_recv() {
            // The firmware has said all that it will. The operating system has the last bytes and delivers them; a
            // client that does not close its half must not keep the link.
            socket.close();
            return Pass::Done;
        }
        while !self.finished && socket.can_send() {
            let read = socket.send(|room| match self.stream.read(room) {
                Ok(n) => (n, Ok(n)),
                Err(error) => (0, Err(error.kind())),
            });
            match read {
                Ok(Ok(0)) => {
                    self.finished = true;
                    socket.close();
                }
                Ok(Ok(_) | Err(ErrorKind::Interrupted)) => {}
                Ok(Err(ErrorKind::WouldBlock)) => break,
                Ok(Err(_)) => return Pass::ClientLost,
                Err(_) => return Pass::DeviceLost,
            }
        }
        Pass::Goes
    }
}

fn socket() -> Socket<'static> {
    let buffer = || SocketBuffer::new(vec![0; BUFFER_BYTES]);
    let mut socket = Socket::new(buffer(), buffer());
    // Each window of the firmware would take 10 ms otherwise.
    socket.set_ack_delay(None);
    socket.set_nagle_enabled(false);
    socket
}
