//! Statics of a driver, statics of the program and metrics made at run time on one page, through the same cells and the same encoder.

use picometer_std::{Counter, Desc, Exposition, Family, Format, Gauge, Label, Metric, RegisterError, Registry, labels, render};

labels! { pub enum Way as "way" { In = "in", Out = "out" } }

mod driver {
    //! What a crate without a heap exports.
    use picometer::{Counter, Desc, Family, Histogram, Label, Metric, Registry, buckets};

    buckets! { pub FrameBytes: u32 = [64, 512]; }

    pub static FRAMES: Family<Counter<u32>, super::Way, 2> = Family::new(&Desc::counter("frames_total", "Frames."));
    pub static SIZES: Metric<Histogram<FrameBytes, 2>> = Metric::new(&Desc::histogram("frame_bytes", "Sizes.").unit("bytes"));
    pub static METRICS: Registry = Registry::new(&[&FRAMES, &SIZES]).prefix("nic_").labels(&[Label::new("port", "0")]);
}

static BOOTS: picometer::Metric<picometer::Counter> = picometer::Metric::new(&Desc::counter("boots_total", "Starts."));

#[test]
fn statics_and_metrics_made_at_run_time_share_a_page() {
    let registry = Registry::new();
    registry.register(driver::METRICS).unwrap();
    registry.register(&BOOTS).unwrap();
    let requests = registry.register(Family::<Counter, 1>::new("requests_total", "Requests.", ["code"])).unwrap();
    let names = ["board", "zone"].map(String::from);
    let degrees = Family::<Gauge, 2>::new("celsius", "Temperature.", names.each_ref().map(String::as_str));
    let degrees = registry.register(degrees).unwrap();

    driver::FRAMES.with(Way::Out).inc();
    driver::SIZES.observe(100);
    BOOTS.inc();
    requests.with(["200"]).inc_by(7);
    degrees.with(["a", "cpu"]).set(61.5);

    let mut page = Vec::new();
    render(&registry, Format::OpenMetrics100, &mut page);
    let expected = "# HELP nic_frames Frames.\n# TYPE nic_frames counter\n\
        nic_frames_total{port=\"0\",way=\"in\"} 0\nnic_frames_total{port=\"0\",way=\"out\"} 1\n\
        # HELP nic_frame_bytes Sizes.\n# TYPE nic_frame_bytes histogram\n# UNIT nic_frame_bytes bytes\n\
        nic_frame_bytes_bucket{port=\"0\",le=\"64.0\"} 0\nnic_frame_bytes_bucket{port=\"0\",le=\"512.0\"} 1\n\
        nic_frame_bytes_bucket{port=\"0\",le=\"+Inf\"} 1\nnic_frame_bytes_sum{port=\"0\"} 100\nnic_frame_bytes_count{port=\"0\"} 1\n\
        # HELP boots Starts.\n# TYPE boots counter\nboots_total 1\n\
        # HELP requests Requests.\n# TYPE requests counter\nrequests_total{code=\"200\"} 7\n\
        # HELP celsius Temperature.\n# TYPE celsius gauge\ncelsius{board=\"a\",zone=\"cpu\"} 61.5\n# EOF\n";
    assert_eq!(String::from_utf8(page).unwrap(), expected);

    // A buffer at a time, as a microcontroller would write it.
    let mut exposition = Exposition::new(&registry, Format::OpenMetrics100);
    let (mut text, mut buffer) = (String::new(), [0; 64]);
    while !exposition.is_done() {
        let len = exposition.fill(&mut buffer).unwrap();
        text += std::str::from_utf8(&buffer[..len]).unwrap();
    }
    assert_eq!(text, expected);

    // Names are checked across both worlds.
    let clash = registry.register(Metric::<Gauge>::new("nic_frame_bytes_sum", ""));
    assert!(matches!(clash, Err(RegisterError::Collision { .. })));
    let labels = [Label::new("x", "1")];
    assert_eq!(picometer_std::LabelSet::label(&labels, 0), Some(labels[0]));
}
