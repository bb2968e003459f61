//! Serves metrics over Wi-Fi from an ESP32-C3 or ESP32-C6, without ESP-IDF.
//!
//! `WIFI_NETWORK` and `WIFI_PASSWORD` name the network when the program is built.
#![no_std]
#![no_main]
#![deny(unsafe_code)]

use board_common::{network, serve};
use embassy_executor::Spawner;
use esp_hal::rng::Rng;
use esp_hal::timer::timg::TimerGroup;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{AuthenticationMethodConfig, Config, Interface, WifiController};
use picometer::http::Endpoint;
use picometer::{Counter, Desc, Gauge, GaugeFn, Info, Label, Metric, Registry};

static BUILD: Metric<Info> =
    Metric::from_cell(&Desc::info("device_build_info", "What was built."), Info::new(&[Label::new("board", env!("CARGO_PKG_NAME"))]));
static HEAP_FREE: Metric<GaugeFn<u32>> = Metric::from_cell(
    &Desc::gauge("heap_free_bytes", "Heap that the radio has left.").unit("bytes"),
    GaugeFn::new(|| u32::try_from(esp_alloc::HEAP.free()).ok()),
);
static CONNECTED: Metric<Gauge<u32>> = Metric::new(&Desc::gauge("wifi_connected", "Whether the network was joined."));
static FAILED_JOINS: Metric<Counter<u32>> = Metric::new(&Desc::counter("wifi_failed_joins_total", "Attempts to join the network in vain."));
static METRICS: Registry<'_> = Registry::new(&[&BUILD, &HEAP_FREE, &CONNECTED, &FAILED_JOINS, &board_common::METRICS]);
static SITE: Endpoint<'_> = Endpoint::new(&METRICS).title(env!("CARGO_PKG_NAME"));

esp_bootloader_esp_idf::esp_app_desc!();

#[embassy_executor::task]
async fn net(mut runner: embassy_net::Runner<'static, Interface>) -> ! {
    runner.run().await
}

/// Joins the network, again after each loss.
#[embassy_executor::task]
async fn join(mut wifi: WifiController<'static>) -> ! {
    loop {
        if wifi.connect_async().await.is_err() {
            FAILED_JOINS.inc();
            continue;
        }
        CONNECTED.set(1);
        let _ = wifi.wait_for_disconnect_async().await;
        CONNECTED.set(0);
    }
}

#[esp_hal::main]
async fn main(spawner: Spawner) -> ! {
    let board = esp_hal::init(esp_hal::Config::default());
    esp_alloc::heap_allocator!(size: 72 * 1024);
    esp_rtos::start(TimerGroup::new(board.TIMG0).timer0, board.FROM_CPU_INTR0);
    let mut wifi = WifiController::new(board.WIFI, Default::default()).expect("the radio starts");
    let (name, password) = (option_env!("WIFI_NETWORK").unwrap_or(""), option_env!("WIFI_PASSWORD").unwrap_or(""));
    let password = AuthenticationMethodConfig::Wpa2Personal(password.try_into().expect("a password"));
    let station = StationConfig::default().with_ssid(name.try_into().expect("a name")).with_authentication(password);
    wifi.set_config(&Config::Station(station)).expect("a valid configuration");
    spawner.spawn(join(wifi).unwrap());

    let rng = Rng::new();
    let seed = u64::from(rng.random()) << 32 | u64::from(rng.random());
    let (stack, runner) = network(Interface::station(), seed);
    spawner.spawn(net(runner).unwrap());
    serve(stack, &SITE).await
}
