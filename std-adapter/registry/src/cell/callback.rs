//! Counters and gauges whose value is read when they are asked for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use picometer::{Cell, Kind, Number, SeriesEncoder, Stop};

use super::FromConfig;
use crate::atomic::RwLock;
use crate::caught::caught;

/// What a callback is kept as.
type Read = dyn Fn() -> Option<Number> + Send + Sync;

/// A function that may be given later and replaced.
#[derive(Default)]
struct Callback {
    read: RwLock<Option<Arc<Read>>>,
    failures: AtomicU64,
}

impl Callback {
    fn set(&self, read: Arc<Read>) {
        *self.read.write() = Some(read);
    }

    /// The value of now. No lock is held meanwhile, so that the function may do what it wants.
    fn get(&self) -> Option<Number> {
        let read = self.read.read().clone()?;
        caught(|| read()).unwrap_or_else(|_| {
            self.failures.fetch_add(1, Ordering::Relaxed);
            None
        })
    }

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        match self.get() {
            Some(number) => series.number(number),
            None => {
                series.nothing();
                Ok(())
            }
        }
    }
}

macro_rules! callback {
    ($(#[$meta:meta])* $name:ident $kind:ident) => {
        $(#[$meta])*
        #[derive(Default)]
        pub struct $name(Callback);

        impl $name {
            /// Reads its value from a function.
            pub fn new<T: Into<Number>>(read: impl Fn() -> Option<T> + Send + Sync + 'static) -> Self {
                let this = Self::default();
                this.set_function(read);
                this
            }

            /// Reads its value from this function from now on. Where it returns `None`, or panics, the sample is left out, and
            /// nothing but this sample.
            pub fn set_function<T: Into<Number>>(&self, read: impl Fn() -> Option<T> + Send + Sync + 'static) {
                self.0.set(Arc::new(move || read().map(Into::into)));
            }

            /// The value of now, if there is one.
            pub fn get(&self) -> Option<Number> {
                self.0.get()
            }

            /// How often the function panicked.
            pub fn failures(&self) -> u64 {
                self.0.failures.load(Ordering::Relaxed)
            }
        }

        impl FromConfig for $name {
            type Config = ();

            const HAS_VALUE: bool = false;

            fn make((): &()) -> Self {
                Self::default()
            }
        }

        impl Cell for $name {
            const KIND: Kind = Kind::$kind;

            fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
                self.0.encode(series)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("failures", &self.failures()).finish_non_exhaustive()
            }
        }
    };
}

callback! {
    /// A counter that another library keeps, read by a function for every page; each series of a family has its own.
    ///
    /// ```
    /// use picometer_std::{CounterFn, Family};
    ///
    /// let read = Family::<CounterFn, 1>::new(
    ///     "disk_reads_total",
    ///     "Reads that were completed.",
    ///     ["device"],
    /// );
    /// read.with(["sda"]).set_function(|| Some(17_u64));
    /// assert_eq!(read.with(["sda"]).get().unwrap().as_u64(), Some(17));
    /// ```
    CounterFn Counter
}

callback! {
    /// A gauge that is measured when it is asked for, by a function; each series of a family has its own.
    ///
    /// A function that fails returns `None`: its sample is left out, and only that. So it is where the function panics.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use picometer_std::{GaugeFn, Metric};
    ///
    /// let queue = std::sync::Arc::new(Mutex::new(vec!["a", "b"]));
    /// let length = Metric::<GaugeFn>::new("queue_length", "Jobs that wait.");
    /// length.set_function(move || Some(queue.lock().ok()?.len()));
    /// assert_eq!(length.get().unwrap().as_f64(), 2.0);
    /// ```
    GaugeFn Gauge
}
