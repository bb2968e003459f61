//! Serves metrics over Ethernet from a Nucleo-H743ZI.
#![no_std]
#![no_main]
#![deny(unsafe_code)]

use board_common::{network, serve};
use cortex_m_rt as _;
use embassy_executor::Spawner;
use embassy_stm32::eth::{self, Ethernet, GenericPhy, PacketQueue, Sma};
use embassy_stm32::peripherals::{ETH, ETH_SMA, RNG};
use embassy_stm32::rng::{self, Rng};
use embassy_stm32::{Config, bind_interrupts, rcc};
use picometer::http::Endpoint;
use picometer::{Desc, Info, Label, Metric, Registry};
use static_cell::StaticCell;

static BUILD: Metric<Info> =
    Metric::from_cell(&Desc::info("device_build_info", "What was built."), Info::new(&[Label::new("board", env!("CARGO_PKG_NAME"))]));
static METRICS: Registry<'_> = Registry::new(&[&BUILD, &board_common::METRICS]);
static SITE: Endpoint<'_> = Endpoint::new(&METRICS).title(env!("CARGO_PKG_NAME"));

bind_interrupts!(struct Irqs {
    ETH => eth::InterruptHandler;
    RNG => rng::InterruptHandler<RNG>;
});

type Device = Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>;

#[embassy_executor::task]
async fn net(mut runner: embassy_net::Runner<'static, Device>) -> ! {
    runner.run().await
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut config = Config::default();
    config.rcc.hsi48 = Some(rcc::Hsi48Config::default());
    let board = embassy_stm32::init(config);
    let mut seed = [0; 8];
    Rng::new(board.RNG, Irqs).fill_bytes(&mut seed);

    static PACKETS: StaticCell<PacketQueue<4, 4>> = StaticCell::new();
    let device = Ethernet::new(
        PACKETS.init_with(PacketQueue::new),
        board.ETH,
        Irqs,
        board.PA1,
        board.PA7,
        board.PC4,
        board.PC5,
        board.PG13,
        board.PB13,
        board.PG11,
        [2, 0, 0, 0, 0, 1],
        board.ETH_SMA,
        board.PA2,
        board.PC1,
    );
    let (stack, runner) = network(device, u64::from_le_bytes(seed));
    spawner.spawn(net(runner).unwrap());
    serve(stack, &SITE).await
}
