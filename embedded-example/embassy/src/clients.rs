//! The clients at the sockets, the number that waits at the door, and which client leaves for them: the rules of `connection.rs` in
//! the other firmware, for tasks.

use core::cell::Cell;
use core::net::SocketAddrV4;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::Timer;
use picometer_firmware::door::CONNECTIONS;

use crate::now_ms;

/// While one client waits, each of the others has this long to send its request; the more wait the shorter.
const GRACE_MS: u64 = 60;
/// It is no shorter than this, and looked at this often.
const SHORTEST_GRACE_MS: u64 = 3;
/// A client that asks again and again is closed behind a response once another one has waited for so long.
const TURN_PRESSED_MS: u64 = 1_000;
/// A response to a client that reads ever so slowly ends when another client has waited for so long.
const RESPONSE_PRESSED_MS: u64 = 30_000;
/// A FIN that is not acknowledged by then, while another client waits, is given up.
const FIN_PRESSED_MS: u64 = 2_000;

/// All sockets, and the door.
pub(crate) struct Clients {
    sockets: [Client; CONNECTIONS],
    /// How many wait at the door, and since when any has.
    waiting: Cell<usize>,
    waiting_since_ms: Cell<u64>,
    crowded: Signal<NoopRawMutex, ()>,
    turn: Cell<u32>,
}

/// One socket, as its task sees it.
pub(crate) struct Client {
    phase: Cell<Phase>,
    since_ms: Cell<u64>,
    accepted_ms: Cell<u64>,
    guest: Cell<Option<SocketAddrV4>>,
    /// Completes when the client is to leave.
    pub(crate) leave: Signal<NoopRawMutex, ()>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Phase {
    Listening,
    Handshake,
    /// Connected, without a whole request.
    Silent,
    Answering,
    /// Our FIN is on its way.
    Closing,
    /// It is acknowledged: the client has everything.
    Draining,
    /// It was asked to leave, or is reset.
    Leaving,
}

impl Clients {
    pub(crate) fn new() -> Self {
        let client = || Client {
            phase: Cell::new(Phase::Leaving),
            since_ms: Cell::new(0),
            accepted_ms: Cell::new(0),
            guest: Cell::new(None),
            leave: Signal::new(),
        };
        Self {
            sockets: core::array::from_fn(|_| client()),
            waiting: Cell::new(0),
            waiting_since_ms: Cell::new(0),
            crowded: Signal::new(),
            turn: Cell::new(0),
        }
    }

    /// One socket, if there is one of this number.
    pub(crate) fn get(&self, nth: usize) -> &Client {
        self.sockets.get(nth).unwrap_or(&self.sockets[0])
    }

    pub(crate) fn listening(&self) -> usize {
        self.sockets.iter().filter(|client| client.phase.get() == Phase::Listening).count()
    }

    pub(crate) fn guests(&self) -> [Option<SocketAddrV4>; CONNECTIONS] {
        self.sockets.each_ref().map(|client| client.guest.get())
    }

    /// A turn of the network's task begins.
    pub(crate) fn next_turn(&self) {
        self.turn.update(|turn| turn.wrapping_add(1));
    }

    /// The turn of the network's task.
    pub(crate) fn turn(&self) -> u32 {
        self.turn.get()
    }

    /// So many wait at the door.
    pub(crate) fn wait(&self, waiting: usize) {
        if self.waiting.replace(waiting) == 0 && waiting > 0 {
            self.waiting_since_ms.set(now_ms());
            self.crowded.signal(());
        }
    }

    /// Whether a client that had a response has had its turn.
    pub(crate) fn turn_is_over(&self, client: &Client) -> bool {
        self.waits_for(client.accepted_ms.get(), TURN_PRESSED_MS)
    }

    /// Whether another client has waited for so long since then.
    fn waits_for(&self, since_ms: u64, millis: u64) -> bool {
        self.waiting.get() > 0 && now_ms() - self.waiting_since_ms.get().max(since_ms) >= millis
    }

    /// Has the client leave that has been without a whole request for longest, unless one leaves already.
    fn make_room(&self) {
        let now_ms = now_ms();
        let grace_ms = (GRACE_MS / self.waiting.get().max(1) as u64).max(SHORTEST_GRACE_MS);
        let mut oldest: Option<(u64, &Client)> = None;
        for client in &self.sockets {
            let since_ms = client.since_ms.get();
            let quiet_ms = now_ms - since_ms;
            let leaves_since = match client.phase.get() {
                Phase::Listening | Phase::Leaving => return,
                Phase::Closing | Phase::Draining if quiet_ms < grace_ms => return,
                Phase::Handshake | Phase::Silent if quiet_ms >= grace_ms => since_ms,
                Phase::Closing if quiet_ms >= FIN_PRESSED_MS => since_ms,
                Phase::Answering if self.waits_for(since_ms, RESPONSE_PRESSED_MS) => since_ms,
                // It has everything: before any other.
                Phase::Draining => 0,
                Phase::Handshake | Phase::Silent | Phase::Closing | Phase::Answering => continue,
            };
            if oldest.is_none_or(|(oldest, _)| leaves_since < oldest) {
                oldest = Some((leaves_since, client));
            }
        }
        if let Some((_, client)) = oldest {
            client.leave.signal(());
        }
    }
}

impl Client {
    /// The phase begins now.
    pub(crate) fn enter(&self, phase: Phase) {
        if self.phase.replace(phase) != phase {
            self.since_ms.set(now_ms());
        }
    }

    /// It is connected now.
    pub(crate) fn accept(&self) {
        self.enter(Phase::Silent);
        self.accepted_ms.set(now_ms());
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    pub(crate) fn set_guest(&self, guest: Option<SocketAddrV4>) {
        self.guest.set(guest);
    }

    /// Whether the client is to leave now that it was asked to: it may have sent its request in between.
    pub(crate) fn may_leave(&self, clients: &Clients) -> bool {
        self.phase.get() != Phase::Answering || clients.waits_for(self.since_ms.get(), RESPONSE_PRESSED_MS)
    }
}

/// The task that asks clients to leave, as long as others wait.
#[embassy_executor::task]
pub(crate) async fn make_room(clients: &'static Clients) -> ! {
    loop {
        clients.crowded.wait().await;
        while clients.waiting.get() > 0 {
            clients.make_room();
            Timer::after_millis(SHORTEST_GRACE_MS).await;
        }
    }
}
