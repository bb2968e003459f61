//! The network chip as embassy's driver, with a door in front: embassy-net resets a client that finds no listening socket. The driver
//! keeps the client's SYN until a socket listens.

use core::future::poll_fn;
use core::net::SocketAddrV4;
use core::pin::pin;
use core::task::Context;

use embassy_net::Runner;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::AtomicWaker;
use embassy_time::Instant;
use picometer_firmware::app::PORT;
use picometer_firmware::door::{self, CONNECTIONS, Callers, Door};
use picometer_firmware::metrics::{self, Direction, Interrupt};
use picometer_firmware::nic::FRAME_BYTES;

use crate::clients::Clients;
use crate::lan9118::{self, Chip, Sending};

/// A SYN that was let in and made no connection by this turn, because of a bad checksum, say, claims no socket any longer. The
/// task of a socket that took it was woken in the turn that saw it, and so has run before the next but one.
const CLAIM_TURNS: u32 = 2;

static WAKER: AtomicWaker = AtomicWaker::new();

/// The chip's interrupt: frames wait.
pub(crate) extern "C" fn frame() {
    metrics::INTERRUPTS.with(Interrupt::Ethernet).inc();
    lan9118::disarm();
    WAKER.wake();
}

/// The task of embassy's stack. One turn of it stands for one of a main loop, which embassy's programs have not.
#[embassy_executor::task]
pub(crate) async fn run(mut runner: Runner<'static, Nic>, clients: &'static Clients) -> ! {
    let mut runner = pin!(runner.run());
    poll_fn(|context| {
        clients.next_turn();
        let began = Instant::now();
        let polled = runner.as_mut().poll(context);
        metrics::LOOP_SECONDS.observe(began.elapsed().as_micros() as u32);
        polled
    })
    .await
}

/// The chip, the door, and the clients that were let in and are not seen at a socket yet.
pub(crate) struct Nic {
    chip: &'static mut Chip,
    door: Door<'static>,
    clients: &'static Clients,
    claims: [Option<Claim>; CONNECTIONS],
}

/// A client that was let in, and in which turn.
type Claim = (SocketAddrV4, u32);

impl Nic {
    pub(crate) fn new(chip: &'static mut Chip, callers: &'static mut Callers, clients: &'static Clients) -> Self {
        Self { chip, door: Door::new(PORT, callers), clients, claims: [None; CONNECTIONS] }
    }

    /// Opens or closes the door. The task of a socket reports its client when it runs; until then each claim takes one of the
    /// sockets that listen.
    fn see_sockets(&mut self) {
        let mut guests = self.clients.guests();
        let mut listening = self.clients.listening();
        for claim in &mut self.claims {
            let Some((guest, turn)) = *claim else { continue };
            if guests.contains(&Some(guest)) || self.clients.turn().wrapping_sub(turn) >= CLAIM_TURNS {
                *claim = None;
            } else if let Some(place) = guests.iter_mut().find(|place| place.is_none()) {
                *place = Some(guest);
                listening = listening.saturating_sub(1);
            }
        }
        self.door.set(listening > 0, guests);
        self.clients.wait(self.door.waiting());
    }
}

/// Notes a client that is let in.
fn claim(claims: &mut [Option<Claim>], frame: &[u8], turn: u32) {
    if let Some(guest) = door::caller(frame, PORT)
        && let Some(place) = claims.iter_mut().find(|place| place.is_none())
    {
        *place = Some((guest, turn));
    }
}

impl Driver for Nic {
    type RxToken<'a> = Incoming<'a>;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Incoming<'_>, Outgoing<'_>)> {
        WAKER.register(context.waker());
        loop {
            self.see_sockets();
            if self.door.has_next() {
                let Some(answer) = self.chip.sending() else {
                    context.waker().wake_by_ref();
                    return None;
                };
                let frame = self.door.take_next();
                claim(&mut self.claims, frame, self.clients.turn());
                return Some((Incoming(frame), Outgoing(answer)));
            }
            if let Some(length) = self.chip.next() {
                let frame = self.chip.frames(length).0;
                metrics::FRAMES.with(Direction::Receive).inc();
                metrics::FRAME_BYTES.with(Direction::Receive).inc_by(length as u32);
                if self.door.admits(frame) {
                    claim(&mut self.claims, frame, self.clients.turn());
                    let (frame, answer) = self.chip.frames(length);
                    return Some((Incoming(frame), Outgoing(answer)));
                }
            } else if lan9118::arm() {
                // Frames wait, and have no room to be answered: the chip does not say when it has sent.
                context.waker().wake_by_ref();
                return None;
            } else {
                return None;
            }
        }
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Outgoing<'_>> {
        let room = self.chip.sending();
        if room.is_none() {
            context.waker().wake_by_ref();
        }
        room.map(Outgoing)
    }

    fn link_state(&mut self, _context: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME_BYTES;
        capabilities.max_burst_size = Some(1);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(lan9118::MAC)
    }
}

/// A frame from the chip or from the door.
pub(crate) struct Incoming<'a>(&'a mut [u8]);

impl RxToken for Incoming<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// Room for a frame.
pub(crate) struct Outgoing<'a>(Sending<'a>);

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        metrics::FRAMES.with(Direction::Transmit).inc();
        metrics::FRAME_BYTES.with(Direction::Transmit).inc_by(len as u32);
        self.0.send(len, f)
    }
}
