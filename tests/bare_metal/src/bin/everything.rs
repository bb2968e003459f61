//! Calls everything that the core offers at run time, with values that the compiler cannot know.
#![no_std]
#![no_main]

use core::hint::black_box;

use picometer::http::{Action, Endpoint, Negotiated, Responder};
use picometer::{
    BoundedFamily, Collector, Counter, CounterFn, CounterWithExemplar, Desc, DescParts, Encoder, Escaping, Exposition, Family, FamilyFn,
    Format, Gauge, GaugeFn, GaugeHistogram, Histogram, HistogramPoint, HistogramWithExemplars, Info, Kind, Label, Metric, Number, Point,
    PointValue, Quantile, Registry, Scaled, StateSet, Stop, Summary, SummaryPoint, Timestamp, Unknown, buckets, labels,
};
use picometer_bare_metal as _;

labels! { enum Bus as "bus" { I2c = "i2c", Spi = "spi" } }
labels! { enum Outcome as utf8 "out.come" { Ok = "ok", Nack = "na\"ck" } }
labels! { struct Event { bus: Bus, outcome: Outcome } }
buckets! { Micros: u32 / 1_000_000 = [100, 1_000]; Level: f32 = [-1.0, 0.5]; Wide: f64 = [0.5, 1.0]; Odd: i64 / 3 = [1, 2]; }
buckets! { Many: u32 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]; }

static COUNTER: Metric<Counter<u32>> = Metric::new(&Desc::counter("a_total", "A \\ \n \"quote\".").namespace("ns").subsystem("sub"));
static COUNTER64: Metric<Counter<u64>> = Metric::new(&Desc::counter("a64_total", ""));
static SECONDS: Metric<Counter<f64>> = Metric::new(&Desc::counter("busy_seconds_total", "").unit("seconds"));
static SCALED: Metric<Counter<Scaled<u32, 1_000>>> = Metric::new(&Desc::counter("scaled_total", ""));
static SIGNED: Metric<Gauge<i32>> = Metric::new(&Desc::gauge("signed", ""));
static SINGLE: Metric<Gauge<f32>> = Metric::new(&Desc::gauge("single", ""));
static DOUBLE: Metric<Gauge<f64>> = Metric::new(&Desc::gauge("double", ""));
static LONG: Metric<Gauge<i64>> = Metric::new(&Desc::gauge("long", ""));
static RAW: Metric<Unknown<u32>> = Metric::new(&Desc::unknown("raw", ""));
static HISTOGRAM: Metric<Histogram<Micros, 2>> = Metric::new(&Desc::histogram("h", ""));
static LEVELS: Metric<Histogram<Level, 2>> = Metric::new(&Desc::histogram("levels", ""));
static WIDE: Metric<Histogram<Wide, 2>> = Metric::new(&Desc::histogram("wide", ""));
static ODD: Metric<Histogram<Odd, 2>> = Metric::new(&Desc::histogram("odd", ""));
static MANY: Metric<Histogram<Many, 18>> = Metric::new(&Desc::histogram("many", ""));
static NOW: Metric<GaugeHistogram<Micros, 2>> = Metric::new(&Desc::gauge_histogram("now", ""));
static SUMMARY: Metric<Summary<u32>> = Metric::new(&Desc::summary("s", ""));
static INFO: Metric<Info> = Metric::from_cell(&Desc::info("build_info", ""), Info::new(&[Label::new("version", "1")]));
static STATES: Metric<StateSet<Bus>> = Metric::new(&Desc::state_set("state", ""));
static READ: Metric<CounterFn> = Metric::from_cell(&Desc::counter("read_total", ""), CounterFn::new(|| black_box(Some(1))));
static SENSE: Metric<GaugeFn<f32>> = Metric::from_cell(&Desc::gauge("sense", ""), GaugeFn::new(|| black_box(None)));
static TRACED: Metric<CounterWithExemplar<32, u32>> = Metric::new(&Desc::counter("traced_total", ""));
static SLOW: Metric<HistogramWithExemplars<Micros, 2, 32>> = Metric::new(&Desc::histogram("slow", ""));
static FAMILY: Family<Counter<u32>, (Bus, Outcome), 4> = Family::new(&Desc::utf8(Kind::Counter, "my.family_total", ""));
static EVENTS: Family<Histogram<Micros, 2>, Event, 4> = Family::new(&Desc::histogram("events", ""));
static ASKED: FamilyFn<Bus, u32> = FamilyFn::new(&Desc::gauge("asked", ""), |bus| black_box(Some(bus as u32)));
static PEERS: BoundedFamily<Counter<u32>, 2, 4, 8> = BoundedFamily::new(&Desc::counter("peers_total", ""), &["peer", "way"]);
static INNER: Registry = Registry::new(&[&COUNTER, &FAMILY, &Custom]).prefix("inner_").labels(&[Label::new("port", "0")]);
static METRICS: Registry = Registry::new(&[
    &COUNTER64, &SECONDS, &SCALED, &SIGNED, &SINGLE, &DOUBLE, &LONG, &RAW, &HISTOGRAM, &LEVELS, &WIDE, &ODD, &MANY, &NOW, &SUMMARY, &INFO,
    &STATES, &READ, &SENSE, &TRACED, &SLOW, &EVENTS, &ASKED, &PEERS, &INNER,
])
.target_info(&[Label::new("device", "d42")]);
static SITE: Endpoint = Endpoint::new(&METRICS).started(|| black_box(Some(Timestamp::from_millis(-1))));

/// A collector of a program's own.
struct Custom;

impl Collector for Custom {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let name = black_box("run_time");
        let parts = DescParts { name, unit: black_box(""), ..DescParts::new(black_box(Kind::Gauge)) };
        if let Ok(desc) = Desc::try_new(parts) {
            let mut family = out.family(&desc)?;
            family.gauge(&[("la bel", black_box("va\nlue"))], black_box(1.5_f64))?;
            family.counter(&(), black_box(7_u64))?;
            family.info(&[Label { name: black_box("x"), value: "" }])?;
            let exemplars = None;
            let counts = black_box([1, 2]);
            let sum = black_box(Some(Number::scaled_signed(-5, 7)));
            let histogram = HistogramPoint { counts: &counts, beyond: 3, sum, bounds: &[0.5, 1.0], exemplars };
            family.point(&(), &Point::new(PointValue::Histogram(histogram)).at(Timestamp::new(1, 2)).since(Timestamp::new(3, 4)))?;
            let quantiles = [Quantile { quantile: black_box(0.5).into(), value: 1.into() }];
            family.point(&(), &Point::new(PointValue::Summary(SummaryPoint { quantiles: &quantiles, count: 1, sum: 2.into() })))?;
        }
        Ok(())
    }
}

fn update() {
    COUNTER.inc();
    COUNTER64.inc_by(black_box(3));
    let _ = SECONDS.try_inc_by(black_box(-1.0));
    SCALED.inc_by(Scaled(black_box(5)));
    SIGNED.dec_by(black_box(5));
    SINGLE.inc_by(black_box(0.5));
    DOUBLE.inc_to(black_box(0.5));
    LONG.dec_to(black_box(-5));
    RAW.set(black_box(5));
    HISTOGRAM.observe(black_box(5));
    LEVELS.observe(black_box(5.0));
    WIDE.observe(black_box(5.0));
    ODD.observe(black_box(5));
    MANY.observe(black_box(5));
    NOW.insert(black_box(5));
    NOW.remove(black_box(5));
    SUMMARY.observe(black_box(5));
    STATES.set(black_box(Bus::Spi));
    STATES.insert(black_box(Bus::I2c));
    STATES.remove(black_box(Bus::I2c));
    black_box(STATES.is(black_box(Bus::Spi)));
    let labels = black_box([("trace_id", "abc")]);
    let _ = black_box(TRACED.inc_with(&labels, Some(Timestamp::from_seconds(black_box(1)))));
    let _ = black_box(SLOW.observe_with(black_box(7), &labels, None));
    FAMILY.with(black_box((Bus::I2c, Outcome::Nack))).inc();
    EVENTS.with(black_box(Event { bus: Bus::I2c, outcome: Outcome::Ok })).observe(black_box(9));
    let held = PEERS.with(black_box(["10.0.2.2", "in"]));
    held.inc();
    black_box(PEERS.remove(black_box(["10.0.2.2", "in"])));
    black_box((PEERS.len(), PEERS.overflowed(), PEERS.get(["a", "b"]).is_some()));
    PEERS.clear();
    black_box((HISTOGRAM.count(), HISTOGRAM.sum().as_f64(), NOW.count(), SUMMARY.count(), COUNTER64.get()));
}

struct Sink;

impl embedded_io::ErrorType for Sink {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        black_box(Ok(bytes.len()))
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl embedded_io_async::Write for Sink {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        black_box(Ok(bytes.len()))
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

fn expose() {
    let mut buffer = [0; 256];
    for format in [Format::Text004, Format::Text100, Format::OpenMetrics100] {
        for escaping in Escaping::ALL {
            let mut page =
                Exposition::new(&METRICS, black_box(format)).escaping(black_box(escaping)).started(Timestamp::from_millis(black_box(5)));
            while !page.is_done() && page.fill(black_box(&mut buffer)).is_ok() {}
            black_box((page.content_length(), page.longest_line(), page.write_to(&mut Sink).is_ok()));
            let mut sink = Sink;
            let mut writing = core::pin::pin!(page.write_async(&mut sink, &mut buffer));
            let mut context = core::task::Context::from_waker(core::task::Waker::noop());
            black_box(writing.as_mut().poll(&mut context).is_ready());
        }
    }
    black_box(METRICS.check().is_ok());
}

fn serve() {
    let mut connection = Responder::new(&SITE);
    let request = black_box(b"GET /metrics?name[]=a HTTP/1.1\r\nHost: x\r\nAccept: text/plain;q=0.5\r\n\r\n");
    let mut room = [0; 64];
    let mut now = 0;
    while connection.next() == Action::Open {
        connection.receive(black_box(now), request);
        let len = connection.transmit(black_box(now), black_box(&mut room));
        black_box(room.get(..len));
        black_box((connection.take_served(), connection.failure(), connection.scrape_timeout_millis()));
        now += 1;
    }
    connection.restart();
    black_box(Negotiated::from_accept(black_box("*/*")).content_type());
}

/// Where the program starts; it is only ever linked.
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    loop {
        update();
        expose();
        serve();
    }
}
