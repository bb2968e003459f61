//! Serves metrics from an nRF52840 over its USB port, which is a network adapter to the host.
#![no_std]
#![no_main]
#![deny(unsafe_code)]

use board_common::{network, serve};
use cortex_m_rt as _;
use embassy_executor::Spawner;
use embassy_nrf::usb::vbus_detect::{self, HardwareVbusDetect};
use embassy_nrf::usb::{self, Driver};
use embassy_nrf::{bind_interrupts, peripherals, rng};
use embassy_usb::class::cdc_ncm::embassy_net::{Device, Runner, State as NetState};
use embassy_usb::class::cdc_ncm::{CdcNcmClass, State};
use embassy_usb::{Builder, UsbDevice};
use picometer::http::Endpoint;
use picometer::{Desc, Info, Label, Metric, Registry};
use static_cell::StaticCell;

static BUILD: Metric<Info> =
    Metric::from_cell(&Desc::info("device_build_info", "What was built."), Info::new(&[Label::new("board", env!("CARGO_PKG_NAME"))]));
static METRICS: Registry<'_> = Registry::new(&[&BUILD, &board_common::METRICS]);
static SITE: Endpoint<'_> = Endpoint::new(&METRICS).title(env!("CARGO_PKG_NAME"));

bind_interrupts!(struct Irqs {
    CLOCK_POWER => vbus_detect::InterruptHandler;
    RNG => rng::InterruptHandler<peripherals::RNG>;
    USBD => usb::InterruptHandler<peripherals::USBD>;
});

type Usb = Driver<'static, HardwareVbusDetect>;
const MTU: usize = 1_514;

#[embassy_executor::task]
async fn bus(mut device: UsbDevice<'static, Usb>) -> ! {
    device.run().await
}

#[embassy_executor::task]
async fn adapter(runner: Runner<'static, Usb, MTU>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn net(mut runner: embassy_net::Runner<'static, Device<'static, MTU>>) -> ! {
    runner.run().await
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut config = embassy_nrf::config::Config::default();
    // USB needs the crystal.
    config.hfclk_source = embassy_nrf::config::HfclkSource::ExternalXtal;
    let board = embassy_nrf::init(config);
    let mut seed = [0; 8];
    rng::Rng::new(board.RNG, Irqs).blocking_fill_bytes(&mut seed);

    let mut config = embassy_usb::Config::new(0xc0de, 0xcafe);
    config.product = Some("picometer");
    static BUFFERS: StaticCell<[[u8; 256]; 4]> = StaticCell::new();
    let [configuration, bos, msos, control] = BUFFERS.init([[0; 256]; 4]);
    let driver = Driver::new(board.USBD, Irqs, HardwareVbusDetect::new(Irqs));
    let mut builder = Builder::new(driver, config, configuration, bos, msos, control);
    static STATE: StaticCell<State<'_>> = StaticCell::new();
    let class = CdcNcmClass::new(&mut builder, STATE.init_with(State::new), [2, 0, 0, 0, 0, 2], 64);
    spawner.spawn(bus(builder.build()).unwrap());
    static NET_STATE: StaticCell<NetState<MTU, 4, 4>> = StaticCell::new();
    let (runner, device) = class.into_embassy_net_device::<MTU, 4, 4>(NET_STATE.init_with(NetState::new), [2, 0, 0, 0, 0, 1]);
    spawner.spawn(adapter(runner).unwrap());

    let (stack, runner) = network(device, u64::from_le_bytes(seed));
    spawner.spawn(net(runner).unwrap());
    serve(stack, &SITE).await
}
