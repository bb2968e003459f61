//! One socket: its clients one after the other, served by the core's responder.

use core::future::poll_fn;
use core::mem::MaybeUninit;
use core::net::SocketAddrV4;
use core::pin::pin;
use core::task::Poll;

use embassy_futures::poll_once;
use embassy_futures::select::{Either, select};
use embassy_net::tcp::{State, TcpSocket};
use embassy_net::{IpAddress, Stack};
use embassy_time::{Duration, Timer};
use picometer::http::{Action, Endpoint, Event, Limits, Responder};
use picometer_firmware::app::{PORT, RECEIVE_BYTES, SEND_BYTES};
use picometer_firmware::door::CONNECTIONS;
use picometer_firmware::metrics::{self, Ending};
use picometer_firmware::page::Page;
use static_cell::{ConstStaticCell, StaticCell};

use crate::clients::{Client, Clients, Phase};
use crate::{METRICS, now_ms};

static SITE: Endpoint<'_> = Endpoint::new(&METRICS).title("picometer-firmware-embassy").limits(Limits {
    head_millis: 8_000,
    idle_millis: 75_000,
    send_millis: 16_000,
});

/// Without a word from the peer for so long the connection is over.
const TIMEOUT: Duration = Duration::from_secs(30);
/// An idle peer is asked for a sign of life this often.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// For a FIN to be acknowledged and answered.
const END: Duration = Duration::from_secs(30);
/// For a reset to leave: it cannot while the peer's hardware address is unknown.
const RESET: Duration = Duration::from_secs(1);

/// What a socket needs.
pub(crate) struct Place {
    rings: &'static mut Rings,
    page: &'static mut Page,
}

struct Rings {
    receive: [u8; RECEIVE_BYTES],
    send: [u8; SEND_BYTES],
}

/// The places of all sockets, once.
pub(crate) fn places() -> Option<[Place; CONNECTIONS]> {
    static RINGS: ConstStaticCell<[Rings; CONNECTIONS]> =
        ConstStaticCell::new([const { Rings { receive: [0; RECEIVE_BYTES], send: [0; SEND_BYTES] } }; CONNECTIONS]);
    static PAGES: StaticCell<[MaybeUninit<Page>; CONNECTIONS]> = StaticCell::new();
    let rings = RINGS.try_take()?;
    let pages = PAGES.try_uninit()?.write([const { MaybeUninit::uninit() }; CONNECTIONS]);
    let mut pages = pages.iter_mut();
    let mut rings = rings.iter_mut();
    let mut place = || Some(Place { rings: rings.next()?, page: pages.next()?.write(page()) });
    Some([place()?, place()?])
}

/// On the stack of its own, and free again when the program runs.
#[inline(never)]
fn page() -> Page {
    Responder::with_sizes(&SITE)
}

/// The task of a socket.
#[embassy_executor::task(pool_size = CONNECTIONS)]
pub(crate) async fn serve(stack: Stack<'static>, clients: &'static Clients, nth: usize, place: Place) -> ! {
    let client = clients.get(nth);
    let Place { rings, page } = place;
    loop {
        // A socket that is dropped forgets its peer, without a reset: each client has a new one.
        let mut socket = TcpSocket::new(stack, &mut rings.receive, &mut rings.send);
        socket.set_timeout(Some(TIMEOUT));
        socket.set_keep_alive(Some(KEEP_ALIVE));
        socket.set_nagle_enabled(false);
        client.leave.reset();
        if accept(&mut socket, client).await {
            let ending = connection(&mut socket, clients, client, page).await;
            metrics::CONNECTIONS_ENDED.with(ending).inc();
        } else {
            reset(&mut socket, client).await;
        }
        client.set_guest(None);
    }
}

/// Waits for a client; false for one that does not complete its handshake and is asked to leave.
async fn accept(socket: &mut TcpSocket<'_>, client: &Client) -> bool {
    // Polled once, it listens.
    let _ = poll_once(socket.accept(PORT));
    let socket = &*socket;
    let connected = poll_fn(|context| {
        client.set_guest(guest(socket));
        match socket.state() {
            State::Listen => client.enter(Phase::Listening),
            State::SynReceived => client.enter(Phase::Handshake),
            State::Closed => return Poll::Ready(false),
            _ => return Poll::Ready(true),
        }
        // Wakes at every change of the state.
        let _ = pin!(socket.wait_write_ready()).poll(context);
        Poll::Pending
    });
    let mut connected = pin!(connected);
    loop {
        match select(&mut connected, client.leave.wait()).await {
            Either::First(connected) => return connected,
            Either::Second(()) if client.phase() == Phase::Handshake => return false,
            Either::Second(()) => {}
        }
    }
}

fn guest(socket: &TcpSocket<'_>) -> Option<SocketAddrV4> {
    let peer = socket.remote_endpoint()?;
    let IpAddress::Ipv4(address) = peer.addr;
    Some(SocketAddrV4::new(address, peer.port))
}

/// Serves a client to its end.
async fn connection(socket: &mut TcpSocket<'_>, clients: &Clients, client: &Client, page: &mut Page) -> Ending {
    client.accept();
    metrics::CONNECTIONS.inc();
    if let Some(guest) = guest(socket) {
        metrics::peer_connected(guest.ip().octets());
    }
    let mut answered = false;
    let end = {
        let on = |event| match event {
            Event::Response(served) => {
                answered = true;
                metrics::responded(&served);
                let over = clients.turn_is_over(client);
                client.enter(Phase::Silent);
                if over { Action::Close } else { Action::Open }
            }
            _ => {
                client.enter(Phase::Answering);
                Action::Open
            }
        };
        let mut served = pin!(page.serve(socket, now_ms, Timer::after_millis, on));
        loop {
            match select(&mut served, client.leave.wait()).await {
                Either::First(end) => break Some(end),
                Either::Second(()) if client.may_leave(clients) => break None,
                Either::Second(()) => {}
            }
        }
    };
    match end {
        Some(Ok(Action::Close)) => close(socket, client).await,
        // It had a response, and nothing is under way: its kernel answers the FIN at once.
        None if answered && client.phase() == Phase::Silent => close(socket, client).await,
        Some(Ok(_)) | None => {
            reset(socket, client).await;
            Ending::Aborted
        }
        Some(Err(_)) => {
            reset(socket, client).await;
            Ending::Lost
        }
    }
}

/// Ends in order: all is acknowledged, and the client closes too.
async fn close(socket: &mut TcpSocket<'_>, client: &Client) -> Ending {
    client.enter(Phase::Closing);
    socket.close();
    let ended = async {
        let _ = socket.flush().await;
        client.enter(Phase::Draining);
        // What comes after our FIN has no reader, but would fill the window and keep the peer's FIN out.
        while let Ok(1..) = socket.read(&mut [0; 32]).await {}
    };
    let _ = select(ended, select(Timer::after(END), client.leave.wait())).await;
    if client.phase() == Phase::Draining {
        return Ending::Closed;
    }
    reset(socket, client).await;
    Ending::Aborted
}

/// Resets, and waits until that has left.
async fn reset(socket: &mut TcpSocket<'_>, client: &Client) {
    client.enter(Phase::Leaving);
    socket.abort();
    let _ = select(socket.flush(), Timer::after(RESET)).await;
}
