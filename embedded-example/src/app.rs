//! The application: a network interface, its sockets, and a service on each of them.
//!
//! [`App::poll`] does a bounded amount of work and returns when it wants to be polled again; it never waits. Memory
//! is handed in as [`Storage`] and [`Buffers`], so that the board decides where it lives.

use core::net::SocketAddrV4;

use smoltcp::iface::{Config, Interface, PollIngressSingleResult, PollResult, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::Device;
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, IpAddress, IpEndpoint};

use crate::addressing::Addressing;
use crate::connection::{Connection, Service, Standing};
use crate::door::{CONNECTIONS, Callers};
use crate::info;
use crate::metrics::{self, State};
use crate::nic::Nic;
use crate::push::{self, Pusher};
use crate::simulation::Simulation;

/// The port that is served.
pub const PORT: u16 = 80;
/// The largest segment that fits a frame.
pub const SEGMENT_BYTES: usize = crate::nic::FRAME_BYTES - 14 - 20 - 20;
/// What each connection may receive ahead: one segment; a request is taken as it comes.
pub const RECEIVE_BYTES: usize = SEGMENT_BYTES;
/// What each connection may send ahead.
///
/// Two segments: with one, each would wait for the acknowledgement of the one before, which many peers delay by 40 ms.
pub const SEND_BYTES: usize = if cfg!(feature = "bench-page") { 512 } else { 2 * SEGMENT_BYTES };

const SOCKETS: usize = CONNECTIONS + Addressing::SOCKETS + Pusher::SOCKETS;
/// Frames taken in one poll: a flood on the network must not stop the rest of the program.
const BURST: usize = 8;
/// The timers of TCP are looked at this often; the shortest is that of a repetition, of a tenth of a second at least. To ask
/// smoltcp when the next is due would add 900 bytes of flash.
const TIMERS_MS: u64 = 10;
/// Without a word from the peer for so long the connection is over. [`crate::connection`] has shorter limits while
/// another client waits for the socket.
const TIMEOUT: Duration = Duration::from_secs(30);
/// An idle peer is asked for a sign of life this often; one that was switched off is found out by it.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// While one client waits, each of the others has this long to send its request, which follows the handshake at once. The more wait
/// the shorter it is, so that all of them have their turn in half of this time.
const GRACE_MS: u64 = 60;
/// It is no shorter than this.
const SHORTEST_GRACE_MS: u64 = 3;

/// The buffers of the network.
#[derive(Debug)]
pub struct Buffers {
    rings: [Rings; CONNECTIONS],
    callers: Callers,
    push: push::Rings,
}

#[derive(Debug)]
struct Rings {
    receive: [u8; RECEIVE_BYTES],
    send: [u8; SEND_BYTES],
}

impl Buffers {
    /// Zeroes.
    pub const fn new() -> Self {
        let rings = [const { Rings { receive: [0; RECEIVE_BYTES], send: [0; SEND_BYTES] } }; CONNECTIONS];
        Self { rings, callers: Callers::new(), push: push::Rings::new() }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// Room for the sockets. Apart from [`Buffers`], because its initial value is not all zeroes.
pub type Storage<'a> = [SocketStorage<'a>; SOCKETS];

/// Empty storage.
pub fn storage<'a>() -> Storage<'a> {
    // Not `SocketStorage::EMPTY`, a constant whose 312 bytes would be kept in flash to be copied.
    core::array::from_fn(|_| SocketStorage::default())
}

/// What tells one device from another.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// The hardware address.
    pub mac: [u8; 6],
    /// Begins the sequence of random numbers, from which TCP takes its first sequence numbers.
    pub seed: u64,
}

/// The application on a network chip.
#[allow(missing_debug_implementations)]
pub struct App<'a, D: Device, S> {
    nic: Nic<'a, D>,
    interface: Interface,
    sockets: SocketSet<'a>,
    addressing: Addressing,
    pusher: Pusher,
    handles: [SocketHandle; CONNECTIONS],
    connections: [Connection<'a, S>; CONNECTIONS],
    simulation: Simulation,
    /// Since when a client has been waiting for a socket.
    waiting_since_ms: Option<u64>,
    /// The latest time that was seen.
    now_ms: u64,
}

impl<'a, D: Device, S: Service> App<'a, D, S> {
    /// Sets up the interface; does not send anything yet.
    pub fn new(
        chip: D,
        identity: Identity,
        storage: &'a mut Storage<'a>,
        buffers: &'a mut Buffers,
        services: [&'a mut S; CONNECTIONS],
    ) -> Self {
        metrics::STATE.set(State::Booting);
        let Buffers { rings, callers, push } = buffers;
        let mut nic = Nic::new(chip, PORT, callers);
        let mut config = Config::new(EthernetAddress(identity.mac).into());
        config.random_seed = identity.seed;
        let mut interface = Interface::new(config, &mut nic, Instant::ZERO);
        let mut sockets = SocketSet::new(&mut storage[..]);
        let addressing = Addressing::new(&mut interface, &mut sockets);
        let pusher = Pusher::new(&mut sockets, push, identity.seed);
        let handles = rings.each_mut().map(|rings| sockets.add(socket(rings)));
        let connections = services.map(|service| Connection::new(service, PORT));
        let simulation = Simulation::new(identity.seed as u32);
        Self { nic, interface, sockets, addressing, pusher, handles, connections, simulation, waiting_since_ms: None, now_ms: 0 }
    }

    /// Handles what came in, and sends what there is to send. Returns the time in milliseconds at which it wants to be polled
    /// again, unless a frame arrives before.
    ///
    /// For a clock that goes back, time stands still until it has caught up.
    pub fn poll(&mut self, now_ms: u64) -> u64 {
        let now_ms = self.now_ms.max(now_ms);
        self.now_ms = now_ms;
        let now = Instant::from_millis(now_ms as i64);
        let simulation_due = self.simulation.poll(now_ms);
        let mut due = simulation_due.min(now_ms + TIMERS_MS);
        for frame in 0.. {
            if frame == BURST {
                due = now_ms;
                break;
            }
            if self.interface.poll_ingress_single(now, &mut self.nic, &mut self.sockets) == PollIngressSingleResult::None {
                break;
            }
            self.serve(now_ms, false);
        }
        self.addressing.poll(&mut self.interface, &mut self.sockets);
        self.pusher.poll(now_ms, &mut self.interface, &mut self.sockets);
        self.note_state();
        // What has come to its end by the clock alone says so in this poll.
        self.serve(now_ms, false);
        for frame in 0.. {
            if frame == BURST {
                due = now_ms;
                break;
            }
            if self.interface.poll_egress(now, &mut self.nic, &mut self.sockets) == PollResult::None {
                break;
            }
        }
        // A socket whose last segment has just left listens again at once.
        self.serve(now_ms, true);
        match self.nic.door.waiting() {
            0 => due,
            _ if self.nic.door.has_next() => now_ms,
            _ => due.min(now_ms + SHORTEST_GRACE_MS),
        }
    }

    /// Lets each connection do its part, then opens or closes the door.
    fn serve(&mut self, now_ms: u64, settled: bool) {
        let waiting_since_ms = if self.nic.door.waiting() > 0 { Some(*self.waiting_since_ms.get_or_insert(now_ms)) } else { None };
        self.waiting_since_ms = waiting_since_ms;
        let (mut open, mut guests) = (false, [None; CONNECTIONS]);
        for ((&handle, connection), guest) in self.handles.iter().zip(&mut self.connections).zip(&mut guests) {
            let socket = self.sockets.get_mut::<Socket<'_>>(handle);
            connection.poll(now_ms, socket, waiting_since_ms, settled);
            open |= socket.is_listening();
            *guest = if socket.is_active() { socket.remote_endpoint().map(address) } else { None };
        }
        if !open && waiting_since_ms.is_some() {
            self.make_room(now_ms);
        }
        self.nic.door.set(open, guests);
    }

    /// Has the client leave that has been without a whole request for longest, unless one leaves already.
    fn make_room(&mut self, now_ms: u64) {
        let grace_ms = (GRACE_MS / self.nic.door.waiting().max(1) as u64).max(SHORTEST_GRACE_MS);
        let mut oldest: Option<(u64, usize)> = None;
        for (nth, (&handle, connection)) in self.handles.iter().zip(&self.connections).enumerate() {
            match connection.standing(now_ms, self.sockets.get(handle), grace_ms) {
                Standing::Leaves => return,
                Standing::MayLeave(since) if oldest.is_none_or(|(oldest, _)| since < oldest) => oldest = Some((since, nth)),
                Standing::MayLeave(_) | Standing::Stays => {}
            }
        }
        if let Some((_, nth)) = oldest
            && let (Some(&handle), Some(connection)) = (self.handles.get(nth), self.connections.get_mut(nth))
        {
            connection.make_room(now_ms, self.sockets.get_mut(handle));
        }
    }

    fn note_state(&mut self) {
        let state = if self.interface.ipv4_addr().is_some() { State::Serving } else { State::WaitingForAddress };
        if !metrics::STATE.is(state) {
            metrics::STATE.set(state);
            if state == State::Serving {
                info!("serving");
            }
        }
    }
}

fn address(endpoint: IpEndpoint) -> SocketAddrV4 {
    let IpAddress::Ipv4(address) = endpoint.addr;
    SocketAddrV4::new(address, endpoint.port)
}

fn socket(rings: &mut Rings) -> Socket<'_> {
    let mut socket = Socket::new(SocketBuffer::new(&mut rings.receive[..]), SocketBuffer::new(&mut rings.send[..]));
    socket.set_timeout(Some(TIMEOUT));
    socket.set_keep_alive(Some(KEEP_ALIVE));
    // The service fills the buffer as far as it can; what is left over is the end of a page and need not wait.
    socket.set_nagle_enabled(false);
    // A request is answered at once, and the acknowledgement goes with the answer.
    socket.set_ack_delay(None);
    socket
}

#[cfg(test)]
mod silent;
#[cfg(test)]
mod tests;
