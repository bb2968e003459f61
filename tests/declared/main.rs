//! Metrics that are declared anywhere: here, in modules, in functions, and in a driver crate that is only linked.
#![forbid(unsafe_code)]

mod board;
mod linked;
#[path = "../peers/mod.rs"]
mod peers;
mod service;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod workers;

use picometer::{
    BoundedFamily, Counter, CounterFn, Declared, Desc, Exposition, Format, Gauge, GaugeFn, GaugeHistogram, Histogram, Info, Label,
    StateSet, Summary, buckets, declare, labels, metrics,
};
// Nothing of it is called here.
use picometer_example_driver as _;

labels! { enum Way as "direction" { In = "in", Out = "out" } }
labels! { struct Frame { way: Way, port: Port } }
labels! { enum Port as "port" { A = "a", B = "b" } }
buckets! { FrameBytes: u32 = [64, 512]; }

metrics! {
    /// Times the
    /// device started.
    static BOOTS: Counter<u32> = "boots_total";
    /// Frames, by where they go.
    static FRAMES: Family<Counter<u32>, Frame> = "frames_total".namespace("nic").subsystem("port");
    /// How large they are.
    static BYTES: Histogram<FrameBytes> = "frame_bytes".unit("bytes");
    /// How large those are that wait.
    static WAITING: GaugeHistogram<FrameBytes> = "waiting_bytes";
    /// Sizes of answers.
    static ANSWERS: Summary<u32> = "answer_bytes";
    /// Temperature of the board.
    static CELSIUS: GaugeFn<f32> = "board_celsius".read(|| Some(21.5));
    /// Counted by the chip.
    static CHIP: CounterFn<u32> = "chip_events_total".read(|| Some(7));
    /// What was built.
    static BUILD: Info = "build_info".facts(&[Label::new("version", "1")]);
    /// State of the link.
    static LINK: StateSet<Way> = "link";
    /// A name with a dot.
    static DOTTED: Gauge<i32> = "queue.depth".utf8();
    /// Any other cell.
    static OTHER: Metric<picometer::CounterWithExemplar<16, u32>> = "other_total";
    /// In no program.
    #[cfg(any())]
    static NEVER: Counter<u32> = "never_total";
    /// For the old board.
    #[deprecated]
    static OLD: Counter<u32> = "old_total";
}

static PEERS: BoundedFamily<Counter<u32>, 1, 8, 15> = BoundedFamily::new(&Desc::counter("peer_frames_total", "Frames by peer."), &["peer"]);
declare!(PEERS);

mod apart {
    use picometer::Counter;

    picometer::metrics! {
        /// Not touched by anything.
        static UNTOUCHED: Counter<u32> = "untouched_total";
    }
}

fn page() -> String {
    let mut buffer = vec![0; 16 * 1024];
    let len = Exposition::new(&Declared, Format::Text004).fill(&mut buffer).unwrap();
    String::from_utf8(buffer[..len].to_vec()).unwrap()
}

#[test]
fn page_has_every_declaration_of_every_crate() {
    fn counting() {
        metrics! {
            /// In a function.
            static CALLS: Counter<u32> = "calls_total";
        }
        CALLS.inc();
    }
    counting();
    BOOTS.inc();
    FRAMES.with(Frame { way: Way::Out, port: Port::B }).inc();
    BYTES.observe(65);
    PEERS.with(["10.0.2.2"]).inc();
    let page = page();
    for line in [
        "# HELP boots_total Times the device started.",
        "boots_total 1",
        "nic_port_frames_total{direction=\"in\",port=\"a\"} 0",
        "nic_port_frames_total{direction=\"out\",port=\"b\"} 1",
        "frame_bytes_bucket{le=\"512.0\"} 1",
        "waiting_bytes_bucket{le=\"+Inf\"} 0",
        "answer_bytes_count 0",
        "board_celsius 21.5",
        "chip_events_total 7",
        "build_info{version=\"1\"} 1",
        "link{link=\"in\"} 1",
        "queue_depth 0",
        "other_total 0",
        "old_total 0",
        "peer_frames_total{peer=\"10.0.2.2\"} 1",
        "untouched_total 0",
        "calls_total 1",
        // The driver's.
        "i2c_transfers_total{outcome=\"nack\"} 0",
        "i2c_transfer_seconds_count 0",
        "i2c_bus_recoveries_total 0",
    ] {
        assert!(page.lines().any(|found| found == line), "no {line} in\n{page}");
    }
    assert!(!page.contains("never_total"));
    assert_eq!(page.matches("# TYPE boots_total").count(), 1);
}

#[test]
fn entries_say_where_they_are_declared() {
    let files = |ending: &str| Declared::all().filter(|entry| entry.place().is_some_and(|place| place.file().ends_with(ending))).count();
    assert_eq!(files("driver/src/lib.rs"), 3);
    assert_eq!(files("declared/main.rs") + files("declared/service.rs") + 3, Declared::all().count());
}

#[test]
fn declarations_without_clash_pass_the_check() {
    assert_eq!(Declared::check(), Ok(()));
}
