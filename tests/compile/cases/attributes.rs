// Attributes of functions.
use picometer_std::*;
use std::sync::LazyLock;

static SECONDS: LazyLock<Metric<Histogram>> = LazyLock::new(|| Metric::new("a_seconds", ""));
static RUNNING: LazyLock<Metric<Gauge<i64>>> = LazyLock::new(|| Metric::new("a", ""));
static ERRORS: LazyLock<Metric<Counter>> = LazyLock::new(|| Metric::new("a_total", ""));

//- a constant function is not measured: it runs when the program is compiled
//^ const
#[timed(SECONDS)] const fn bad() {}
//- an unsafe function is not measured: measure the safe one around it
//^ unsafe
#[in_progress(RUNNING)] unsafe fn bad() {}
//- a function for other languages is not measured: measure one that it calls
//^ extern
#[timed(SECONDS)] pub extern "C" fn bad() {}
//- a function without a body is not measured: write the attribute where it is implemented
//^ bad
trait Bad { #[timed(SECONDS)] fn bad(); }
//- this attribute stands in front of a function
//^ struct
#[timed(SECONDS)] struct Bad;
//- a function that returns nothing has no errors to count
//^ bad
#[count_errors(ERRORS)] fn bad<F: Fn() -> u8>(_: F) where F: Fn() -> u8 {}
//- `Option<u8>` has no errors to count
//^ Option
#[count_errors(ERRORS)] fn bad() -> Option<u8> { None }
//- only the call of this function would be measured, not its future: make it `async`, or return one `async` block
//^ later
#[timed(SECONDS)] fn later() -> impl Future<Output = u8> + Send { std::future::ready(1) }
//+
#[timed(SECONDS)] fn later() -> impl Future<Output = u8> { async { 1 } }
//- `#[timed(SECONDS)]` names what takes the duration
//^ #[timed]
#[timed] fn bad() {}
//- `#[count_errors(COUNTER)]` names the counter
//^ #[count_errors()]
#[count_errors()] fn bad() -> Result<(), ()> { Ok(()) }
//- only `#[count_errors(…)]` has a condition
//^ if
#[timed(SECONDS, if = |_| true)] fn bad() {}
//- does not take durations
//^ ERRORS
#[timed(ERRORS)] fn bad() {}
//- does not count up and down
//^ SECONDS
#[in_progress(SECONDS)] fn bad() {}
//- does not count one at a time
//^ RUNNING
#[count_errors(RUNNING)] fn bad() -> Result<(), ()> { Ok(()) }
//- cannot find value `MISSING` in this scope
//^ MISSING
#[timed(MISSING)] fn bad() {}
//- mismatched types
//^ "text"
#[timed(SECONDS)] #[count_errors(ERRORS)] fn bad() -> Result<u8, ()> { Ok("text") }
//+
#[timed(SECONDS)]
#[in_progress(RUNNING)]
#[count_errors(ERRORS, if = |error: &String| error.is_empty())]
pub(crate) async fn good<T: Copy>(t: T) -> Result<T, String> where T: Send { Ok(t) }
