// What may be shared, and for how long it is there.
use picometer::*;

static COUNTER: Desc = Desc::counter("a_total", "");

//- `std::cell::Cell<u32>` cannot be shared between threads safely
//^2 Mine
struct Mine(std::cell::Cell<u32>);
impl Collector for Mine {
    fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> { Ok(()) }
}
//- `*mut u32` cannot be sent between threads safely
//^3 Mine
struct Mine(*mut u32);
unsafe impl Sync for Mine {}
impl Collector for Mine {
    fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> { Ok(()) }
}
//- `Rc<()>` cannot be shared between threads safely
//^2 Mine
struct Mine(std::rc::Rc<()>);
impl Cell for Mine {
    const KIND: Kind = Kind::Gauge;
    fn encode(&self, _: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> { Ok(()) }
}
//- `peers` does not live long enough
//^2 peers
fn series() {
    let series = {
        let peers = BoundedFamily::<Counter, 1, 4, 8>::new(&COUNTER, &["a"]);
        peers.with(["x"])
    };
    series.inc();
}
//- temporary value dropped while borrowed
//^ Registry::new(&[])
fn page() {
    let page = Exposition::new(&Registry::new(&[]), Format::Text004);
    page.is_done();
}
//- of struct `picometer::Series` are private
//^ guard
// Only a family makes series.
fn series(counter: &Counter) -> Series<'_, Counter, 1, 8> { Series { guard: None, overflow: counter } }
//- cannot return value referencing local variable `name`
//^ Desc::try_new(DescParts { name: &name, ..DescParts::new(Kind::Gauge) }).unwrap()
fn desc() -> Desc<'static> {
    let name = String::from("a");
    Desc::try_new(DescParts { name: &name, ..DescParts::new(Kind::Gauge) }).unwrap()
}
//- `Value` is a "sealed trait"
//^2 Mine
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Mine(u128);
impl Value for Mine {
    const ZERO: Self = Mine(0);
    const ONE: Self = Mine(1);
    fn number(self) -> Number { 1.into() }
}
//+
// All that is meant to be shared is, and so is what it lends.
fn shared<T: Send + Sync>(_: &T) {}
fn all(series: Series<'_, Counter, 1, 8>, peers: BoundedFamily<Counter, 1, 4, 8>, page: Exposition<'_>) {
    shared(&(series, peers, page));
    shared(&(Counter::<f64>::new(), Gauge::<i32>::new(), Summary::<f32>::new(), CounterFn::new(|| Some(1_u32))));
    shared(&CounterWithExemplar::<32>::new());
    static EMPTY: Registry = Registry::new(&[]);
    static SITE: http::Endpoint = http::Endpoint::new(&EMPTY);
    shared(&http::Responder::new(&SITE));
}
