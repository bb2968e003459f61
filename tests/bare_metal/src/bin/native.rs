//! The same with a native histogram and a summary with quantiles, in protobuf, a buffer at a time; no server.
#![no_std]
#![no_main]

use core::hint::black_box;

use picometer::{
    BoundedFamily, Counter, Desc, Exposition, Family, Format, Gauge, Histogram, Info, Label, Metric, NativeHistogram, Registry, Scaled,
    StateSet, SummaryWithQuantiles, buckets, labels, quantiles,
};
use picometer_bare_metal as _;

labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack", Timeout = "timeout" } }
labels! { enum Mode as "mode" { Idle = "idle", Run = "run" } }
buckets! { TransferSeconds: u32 / 1_000_000 = [100, 250, 500, 1_000, 2_500, 5_000]; }

static BOOTS: Metric<Counter<u32>> = Metric::new(&Desc::counter("boots_total", "Times the device started."));
static LEVEL: Metric<Gauge<i32>> = Metric::new(&Desc::gauge("level_millivolts", "Level of the input."));
static TRANSFERS: Family<Counter<u32>, Outcome, 3> = Family::new(&Desc::counter("transfers_total", "Transfers on the bus."));
static SECONDS: Metric<Histogram<TransferSeconds, 6>> = Metric::new(&Desc::histogram("transfer_seconds", "How long transfers take."));
static PEERS: BoundedFamily<Counter<u32>, 1, 4, 15> = BoundedFamily::new(&Desc::counter("peer_frames_total", "Frames."), &["peer"]);
static BUILD: Metric<Info> = Metric::from_cell(&Desc::info("build_info", "The build."), Info::new(&[Label::new("version", "1")]));
static MODE: Metric<StateSet<Mode>> = Metric::new(&Desc::state_set("mode", "What the device does."));
quantiles! { Usual = [0.5, 0.9]; }
static NATIVE: Metric<NativeHistogram<Scaled<u32, 1_000_000>>> = Metric::new(&Desc::histogram("wait_seconds", "Waiting."));
static RECENT: Metric<SummaryWithQuantiles<Usual, u32, 32, 2>> = Metric::new(&Desc::summary("wait_ticks", "Waiting."));
static METRICS: Registry = Registry::new(&[&BOOTS, &LEVEL, &TRANSFERS, &SECONDS, &PEERS, &BUILD, &MODE, &NATIVE, &RECENT]);

/// Where the program starts.
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    let mut buffer = [0; 1_024];
    loop {
        BOOTS.inc();
        LEVEL.set(black_box(-3));
        TRANSFERS.with(black_box(Outcome::Nack)).inc();
        SECONDS.observe(black_box(170));
        NATIVE.observe(Scaled(black_box(170)));
        RECENT.observe(black_box(170));
        RECENT.advance(black_box(60_000));
        PEERS.with([black_box("10.0.2.2")]).inc();
        MODE.set(black_box(Mode::Run));
        let mut page = Exposition::new(&METRICS, Format::Protobuf);
        while !page.is_done() {
            black_box(page.fill(black_box(&mut buffer)).is_ok());
        }
    }
}
