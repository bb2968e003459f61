//! Serves metrics over Wi-Fi from a Raspberry Pi Pico W, or a Pico 2 W.
//!
//! `WIFI_NETWORK` and `WIFI_PASSWORD` name the network when the program is built.
#![no_std]
#![no_main]
#![deny(unsafe_code)]

use board_common::{network, serve};
use cortex_m_rt as _;
use cyw43::{A4, Aligned, JoinOptions};
use cyw43_firmware::{CYW43_43439A0, CYW43_43439A0_CLM};
use cyw43_pio::{DEFAULT_CLOCK_DIVIDER, PioSpi};
use embassy_executor::Spawner;
use embassy_rp::clocks::RoscRng;
use embassy_rp::gpio::{Level, Output};
use embassy_rp::peripherals::{DMA_CH0, PIO0};
use embassy_rp::{bind_interrupts, dma, pio};
use picometer::http::Endpoint;
use picometer::{Counter, Desc, Info, Label, Metric, Registry};
use static_cell::StaticCell;

static BUILD: Metric<Info> =
    Metric::from_cell(&Desc::info("device_build_info", "What was built."), Info::new(&[Label::new("board", env!("CARGO_PKG_NAME"))]));
static FAILED_JOINS: Metric<Counter<u32>> = Metric::new(&Desc::counter("wifi_failed_joins_total", "Attempts to join the network in vain."));
static METRICS: Registry<'_> = Registry::new(&[&BUILD, &FAILED_JOINS, &board_common::METRICS]);
static SITE: Endpoint<'_> = Endpoint::new(&METRICS).title(env!("CARGO_PKG_NAME"));

static FIRMWARE: &Aligned<A4, [u8]> = &Aligned(*CYW43_43439A0);
static NVRAM: &Aligned<A4, [u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/nvram.bin")));

bind_interrupts!(struct Irqs {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>;
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
});

type Radio = cyw43::SpiBus<Output<'static>, PioSpi<'static, PIO0, 0>>;

#[embassy_executor::task]
async fn radio(runner: cyw43::Runner<'static, Radio>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn net(mut runner: embassy_net::Runner<'static, cyw43::NetDriver<'static>>) -> ! {
    runner.run().await
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let board = embassy_rp::init(Default::default());
    let power = Output::new(board.PIN_23, Level::Low);
    let select = Output::new(board.PIN_25, Level::High);
    let mut pio = pio::Pio::new(board.PIO0, Irqs);
    let dma = dma::Channel::new(board.DMA_CH0, Irqs);
    let (data, clock) = (board.PIN_24, board.PIN_29);
    let spi = PioSpi::new(&mut pio.common, pio.sm0, DEFAULT_CLOCK_DIVIDER, pio.irq0, select, data, clock, dma);
    static STATE: StaticCell<cyw43::State> = StaticCell::new();
    let (device, mut control, runner) = cyw43::new(STATE.init_with(cyw43::State::new), power, spi, FIRMWARE, NVRAM).await;
    spawner.spawn(radio(runner).unwrap());
    control.init(CYW43_43439A0_CLM).await;

    let (stack, runner) = network(device, RoscRng.next_u64());
    spawner.spawn(net(runner).unwrap());
    let (name, password) = (option_env!("WIFI_NETWORK").unwrap_or(""), option_env!("WIFI_PASSWORD").unwrap_or(""));
    while control.join(name, JoinOptions::new(password.as_bytes())).await.is_err() {
        FAILED_JOINS.inc();
    }
    serve(stack, &SITE).await
}
