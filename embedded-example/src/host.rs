//! The firmware on a PC, without privileges: its network chip is a [`wire`] in memory. The gateway at the other end turns each
//! connection to a port of 127.0.0.1 into a connection to the firmware.
//!
//! Both ends run in one thread, which sleeps in the operating system until a client or a timer wants something.

mod gateway;
pub mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};

use self::gateway::Gateway;
use self::wire::Wire;
use crate::app::{App, Buffers, Identity, storage};
use crate::board::{self, Board};
use crate::door::CONNECTIONS;
use crate::metrics::{self, Direction, Interrupt};
use crate::page;

/// Both tokens mean "look at everything": there are 65 sockets at most.
const ANY: Token = Token(0);

/// A firmware that runs, in a thread of this process. Dropping it ends it.
#[derive(Debug)]
pub struct Host {
    address: SocketAddr,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

/// Ends a [`Host`], from any thread.
#[derive(Debug, Clone)]
pub struct Stopper {
    stop: Arc<AtomicBool>,
    waker: Arc<Waker>,
}

impl Host {
    /// Starts the firmware and serves it on `port` of 127.0.0.1; 0 takes a free one. `loss_percent` of the frames get
    /// lost on the wire, in either direction, the same ones in each run.
    pub fn start(port: u16, loss_percent: u8) -> io::Result<Self> {
        let mut listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port).into())?;
        let address = listener.local_addr()?;
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, ANY, Interest::READABLE)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopper = Stopper { stop: stop.clone(), waker: Arc::new(Waker::new(poll.registry(), ANY)?) };
        let thread = std::thread::Builder::new().name("firmware".into()).spawn(move || run(listener, poll, stop, loss_percent))?;
        Ok(Self { address, stopper, thread: Some(thread) })
    }

    /// Where it is served.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// A handle that ends it.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Ends it.
    pub fn stop(self) {}

    /// Waits until it has ended, by a [`Stopper`] or by a panic.
    pub fn join(mut self) -> std::thread::Result<()> {
        self.thread.take().map_or(Ok(()), JoinHandle::join)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.stopper.stop();
            // A panic has been reported by the thread itself.
            let _ = thread.join();
        }
    }
}

impl Stopper {
    /// Tells the firmware to end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        // No failure of it can be mended here: the thread then ends with its next timer.
        let _ = self.waker.wake();
    }
}

fn run(listener: TcpListener, poll: Poll, stop: Arc<AtomicBool>, loss_percent: u8) {
    let (wire, chip, port) = Wire::new(crate::nic::FRAME_BYTES, loss_percent, 1);
    let identity = Identity { mac: [0x02, 0x70, 0x69, 0x63, 0x6f, 0x03], seed: 1 };
    let (mut storage, mut buffers) = (storage(), Buffers::new());
    let mut pages: [_; CONNECTIONS] = core::array::from_fn(|_| page::page());
    metrics::BOOTS.inc();
    metrics::RESET_REASON.set(metrics::ResetReason::PowerOn);
    let mut app = App::new(chip, identity, &mut storage, &mut buffers, pages.each_mut());
    let gateway = Gateway::new(port, listener);
    board::run(&mut Machine { started: Instant::now(), wire, gateway, poll, events: Events::with_capacity(16), stop }, &mut app);
}

/// The board: the clock, and everything outside of the firmware.
struct Machine {
    started: Instant,
    wire: Wire,
    gateway: Gateway,
    poll: Poll,
    events: Events,
    stop: Arc<AtomicBool>,
}

impl Board for Machine {
    fn micros(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    fn idle(&mut self, until_ms: u64) -> bool {
        loop {
            let now_ms = self.micros() / 1000;
            let gateway_due = self.gateway.poll(now_ms, self.poll.registry());
            metrics::FRAME_DROPS.with(Direction::Receive).inc_by(self.wire.take_overruns());
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            if self.wire.waiting_for_chip() {
                metrics::INTERRUPTS.with(Interrupt::Ethernet).inc();
                return true;
            }
            if now_ms >= until_ms {
                metrics::INTERRUPTS.with(Interrupt::Timer).inc();
                return true;
            }
            let due_ms = gateway_due.unwrap_or(u64::MAX).min(until_ms);
            let timeout = Duration::from_millis(due_ms.saturating_sub(now_ms));
            // Fails when a signal comes; then there is nothing to see, and the loop looks anyway.
            let _ = self.poll.poll(&mut self.events, Some(timeout));
        }
    }

    fn stack_used(&self) -> Option<u32> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{Shutdown, TcpStream};
    use std::vec::Vec;

    use socket2::SockRef;

    use super::*;
    use crate::testing::{REQUEST, body};

    /// Every family is there from the first header to the last line.
    fn assert_whole(page: &[u8]) {
        let page = std::str::from_utf8(page).expect("text");
        assert!(
            page.starts_with("# HELP device_uptime_seconds ") && page.contains("\npeer_connections_total{peer=\"10.0.2.2\"} "),
            "{page}"
        );
        assert!(page.lines().filter(|line| !line.starts_with('#')).count() >= 60);
    }

    fn host() -> Host {
        Host::start(0, 0).expect("a free port")
    }

    fn connect(host: &Host) -> TcpStream {
        let stream = TcpStream::connect(host.addr()).expect("the listener exists");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("not zero");
        stream
    }

    /// Sends a request, closes that half, and reads to the end.
    fn get(host: &Host) -> Vec<u8> {
        try_get(host).expect("a page")
    }

    fn try_get(host: &Host) -> std::io::Result<Vec<u8>> {
        let mut stream = connect(host);
        stream.write_all(REQUEST)?;
        stream.shutdown(Shutdown::Write)?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        Ok(body(&response))
    }

    /// The same in a crowd, on a busy machine: a client may be stopped between its connection and its request, and give way to
    /// another one. That is a reset before any answer.
    fn get_in_a_crowd(host: &Host) -> Vec<u8> {
        (0..100).find_map(|_| try_get(host).ok()).expect("a page")
    }

    #[test]
    fn serves_and_stops() {
        let host = host();
        let address = host.addr();
        assert_whole(&get(&host));
        host.stop();
        assert_eq!(TcpStream::connect(address).map_err(|error| error.kind()).err(), Some(ErrorKind::ConnectionRefused));
    }

    #[test]
    fn a_taken_port_is_an_error() {
        let host = host();
        let error = Host::start(host.addr().port(), 0).err().map(|error| error.kind());
        assert_eq!(error, Some(ErrorKind::AddrInUse));
    }

    #[test]
    fn many_clients_are_served_in_turn() {
        let host = host();
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..40).map(|_| scope.spawn(|| get_in_a_crowd(&host))).collect();
            for client in clients {
                assert_whole(&client.join().expect("a page"));
            }
        });
    }

    #[test]
    fn a_client_that_resets_leaves_nothing_behind() {
        let host = host();
        for _ in 0..10 {
            let mut stream = connect(&host);
            stream.write_all(REQUEST).expect("connected");
            stream.read_exact(&mut [0; 100]).expect("a page begins");
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket");
        }
        assert_whole(&get(&host));
    }

    #[test]
    fn a_slow_reader_gets_everything() {
        let host = host();
        let mut stream = connect(&host);
        SockRef::from(&stream).set_recv_buffer_size(2048).expect("a socket");
        stream.write_all(REQUEST).expect("connected");
        stream.shutdown(Shutdown::Write).expect("connected");
        let mut response = Vec::new();
        let mut piece = [0; 500];
        loop {
            std::thread::sleep(Duration::from_millis(2));
            match stream.read(&mut piece).expect("no reset") {
                0 => break,
                n => response.extend_from_slice(&piece[..n]),
            }
        }
        assert_whole(&body(&response));
    }
}
