//! Counters and gauges whose value is read when they are asked for.

use crate::cell::Cell;
use crate::desc::Kind;
use crate::encode::{SeriesEncoder, Stop};
use crate::number::Number;
use crate::value::{Monotonic, Value};

/// A counter whose value is read from a function, such as a hardware register.
///
/// The function is called at least once per scrape, by the context that writes the page. Where it returns `None` there is nothing to show, and the
/// sample is left out.
///
/// ```
/// use picometer::{CounterFn, Desc, Metric};
///
/// fn dropped_frames() -> u32 {
///     7
/// }
/// static DROPPED: Metric<CounterFn> = Metric::from_cell(
///     &Desc::counter("nic_dropped_frames_total", "Frames dropped."),
///     CounterFn::new(|| Some(dropped_frames())),
/// );
/// ```
pub struct CounterFn<V: Monotonic = u32>(fn() -> Option<V>);

/// A gauge that is measured when it is asked for: free memory, a temperature.
///
/// The function is called at least once per scrape, by the context that writes the page. Where it returns `None`, a sensor that is unplugged, there is
/// nothing to show, and the sample is left out.
///
/// ```
/// use picometer::{Desc, GaugeFn, Metric};
///
/// fn read_sensor() -> Option<f32> {
///     Some(21.5)
/// }
/// static TEMPERATURE: Metric<GaugeFn<f32>> = Metric::from_cell(
///     &Desc::gauge("board_celsius", "Temperature of the board."),
///     GaugeFn::new(read_sensor),
/// );
/// ```
pub struct GaugeFn<V: Value>(fn() -> Option<V>);

macro_rules! callback {
    ($name:ident, $bound:ident) => {
        impl<V: $bound> $name<V> {
            /// Reads its value from a function.
            pub const fn new(read: fn() -> Option<V>) -> Self {
                Self(read)
            }

            /// The value of now.
            pub fn get(&self) -> Option<V> {
                (self.0)()
            }
        }
    };
}

callback!(CounterFn, Monotonic);
callback!(GaugeFn, Value);
shown_as!([V: Monotonic] CounterFn<V>, self => self.get().map(Value::number));
shown_as!([V: Value] GaugeFn<V>, self => self.get().map(Value::number));

/// The number that a callback returned, or an empty place.
pub(crate) fn show(number: Option<Number>, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
    match number {
        Some(number) => series.number(number),
        None => {
            series.nothing();
            Ok(())
        }
    }
}

impl<V: Monotonic> Cell for CounterFn<V> {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        show(self.get().map(Value::number), series)
    }
}

impl<V: Value> Cell for GaugeFn<V> {
    const KIND: Kind = Kind::Gauge;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        show(self.get().map(Value::number), series)
    }
}
