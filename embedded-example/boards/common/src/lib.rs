//! What the boards share: metrics, and pages of them over embassy-net.
#![no_std]
#![deny(unsafe_code)]

use embassy_futures::select::select_array;
use embassy_net::driver::Driver;
use embassy_net::tcp::TcpSocket;
use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use panic_halt as _;
use picometer::http::{Action, Endpoint, Event, Responder};
use picometer::{Counter, Desc, GaugeFn, Metric, Registry};
use static_cell::StaticCell;

static UPTIME: Metric<GaugeFn<u32>> = Metric::from_cell(
    &Desc::gauge("device_uptime_seconds", "Time since the start.").unit("seconds"),
    GaugeFn::new(|| Some(Instant::now().as_secs() as u32)),
);
static CONNECTIONS: Metric<Counter<u32>> = Metric::new(&Desc::counter("tcp_connections_total", "Connections accepted."));
static RESPONSES: Metric<Counter<u32>> = Metric::new(&Desc::counter("http_responses_total", "Whole responses."));
/// What each board counts; it registers this beside its own.
pub static METRICS: Registry<'_> = Registry::new(&[&UPTIME, &CONNECTIONS, &RESPONSES]);

/// Connections at once: a browser that opens one ahead leaves two.
const CONNECTIONS_AT_ONCE: usize = 3;

/// A network stack that asks for its address. The board runs the runner in a task of its own.
pub fn network<D: Driver>(driver: D, seed: u64) -> (Stack<'static>, Runner<'static, D>) {
    // One socket more, of DHCP.
    static RESOURCES: StaticCell<StackResources<{ CONNECTIONS_AT_ONCE + 1 }>> = StaticCell::new();
    let resources = RESOURCES.init_with(StackResources::new);
    embassy_net::new(driver, Config::dhcpv4(Default::default()), resources, seed)
}

/// Answers requests on port 80, for ever.
pub async fn serve(stack: Stack<'static>, site: &'static Endpoint<'static>) -> ! {
    select_array([(); CONNECTIONS_AT_ONCE].map(|()| connections(stack, site))).await.0
}

/// Serves one connection after the other.
async fn connections(stack: Stack<'static>, site: &'static Endpoint<'static>) -> ! {
    let (mut received, mut sent) = ([0; 536], [0; 1_100]);
    let mut responder = Responder::<448, 64, 4_096>::with_sizes(site);
    let mut socket = TcpSocket::new(stack, &mut received, &mut sent);
    loop {
        if socket.accept(80).await.is_ok() {
            CONNECTIONS.inc();
            let now = || Instant::now().as_millis();
            let next = responder.serve(&mut socket, now, Timer::after_millis, |event| {
                if let Event::Response(_) = event {
                    RESPONSES.inc();
                }
                Action::Open
            });
            if next.await == Ok(Action::Close) {
                socket.close();
                let _ = with_timeout(Duration::from_millis(500), socket.flush()).await;
            }
        }
        socket.abort();
        let _ = with_timeout(Duration::from_millis(100), socket.flush()).await;
    }
}
