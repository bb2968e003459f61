//! Prometheus metrics in fixed memory: `no_std`, no allocation, text and OpenMetrics, resumable in any buffer.
//!
//! ```
//! use picometer::{Counter, Desc, Exposition, Family, Format, Registry, labels};
//!
//! labels! { pub enum Outcome as "outcome" { Ok = "ok", Nack = "nack" } }
//!
//! static TRANSFERS: Family<Counter<u32>, Outcome, 2> =
//!     Family::new(&Desc::counter("i2c_transfers_total", "Transfers on the bus."));
//! static METRICS: Registry = Registry::new(&[&TRANSFERS]);
//!
//! TRANSFERS.with(Outcome::Nack).inc();
//! let mut page = Exposition::new(&METRICS, Format::Text004);
//! let mut buffer = [0; 64];
//! while !page.is_done() {
//!     let len = page.fill(&mut buffer)?; // As many whole lines as fit.
//!     assert!(buffer[..len].ends_with(b"\n"));
//! }
//! # Ok::<(), picometer::FillError>(())
//! ```
//!
//! # From tasks to types
//!
//! | task | type |
//! |---|---|
//! | begin on a microcontroller | [`guide::boards`], which also says which targets there are |
//! | declare metrics where they are used | [`metrics!`], on the page of [`Declared`] |
//! | count | [`Counter`]; what hardware counts [`CounterFn`] |
//! | show what goes up and down | [`Gauge`], [`GaugeFn`] |
//! | how long, how large | [`Histogram`] with [`buckets!`], [`Summary`]; with feature `protobuf` native histograms, quantiles |
//! | facts, states | [`Info`], [`StateSet`] |
//! | name one of them | [`Metric`] with a [`Desc`] |
//! | one for each value of closed labels | [`Family`] with [`labels!`]; read by a function [`FamilyFn`] |
//! | one for each value that comes up | [`BoundedFamily`], of a fixed number |
//! | point to traces | [`CounterWithExemplar`], [`HistogramWithExemplars`] |
//! | choose what is on a page, and its order | [`Registry`]; they nest |
//! | give values that exist already | [`Collector`] |
//! | write a page into any buffer | [`Exposition`], in a [`Format`] |
//! | serve it over HTTP | [`http::Responder`] |
//! | push it | [`push`] |
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]
#![cfg_attr(target_pointer_width = "64", allow(clippy::useless_conversion, reason = "`Uint` has 32 bits elsewhere"))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(test)]
mod tests {
    /// How often a test tries what it cannot try for everything; an interpreter takes a thousand times as long.
    pub(crate) const MANY: u64 = if cfg!(miri) { 100 } else { 100_000 };
}

#[macro_use]
mod show;

mod atomic;
mod bounded;
mod cell;
mod charset;
mod collector;
mod copy;
mod declared;
mod desc;
mod encode;
mod exposition;
mod family;
pub mod guide;
pub mod http;
mod label;
mod metric;
mod number;
pub mod protobuf;
pub mod push;
mod registry;
mod rule;
mod sequence;
mod slot;
mod tally;
mod time;
mod value;
mod varint;

pub use atomic::Uint;
pub use bounded::{BoundedFamily, Series};
pub use cell::callback::{CounterFn, GaugeFn};
pub use cell::counter::{Counter, NotGrowth};
pub use cell::exemplar::gauge::GaugeHistogramWithExemplars;
#[cfg(all(feature = "protobuf", any(target_has_atomic = "64", feature = "critical-section")))]
pub use cell::exemplar::native::NativeHistogramWithExemplars;
pub use cell::exemplar::{CounterWithExemplar, ExemplarError, HistogramWithExemplars};
pub use cell::gauge::{Gauge, Unknown};
pub use cell::histogram::{Buckets, GaugeHistogram, Histogram, UpperBounds};
pub use cell::info::Info;
#[cfg(all(feature = "protobuf", any(target_has_atomic = "64", feature = "critical-section")))]
pub use cell::native::NativeHistogram;
#[cfg(all(feature = "protobuf", any(target_has_atomic = "64", feature = "critical-section")))]
pub use cell::quantiles::{Quantiles, SummaryWithQuantiles};
pub use cell::state_set::StateSet;
pub use cell::summary::Summary;
pub use cell::{Cell, Zeroed};
pub use collector::Collector;
pub use declared::{Declared, DeclaredTwice, Entry};
pub use desc::{Desc, DescError, DescParts, Kind, Name, Parts};
pub use encode::{
    Bounds, BucketExemplars, Collision, ContentType, Encoder, Escaping, Exemplar, FamilyEncoder, Format, HistogramPoint, Point, PointValue,
    Quantile, Rows, Run, SeriesEncoder, States, Stop, SummaryPoint,
};
#[cfg(feature = "protobuf")]
pub use encode::{NativeBucket, NativeHistogramPoint};
pub use exposition::{Exposition, FillError, WriteError};
pub use family::{Family, FamilyFn};
pub use label::{ClosedLabel, ClosedLabels, Label, LabelEnum, LabelError, LabelSet, LabelTexts, LabelValue};
pub use metric::Metric;
pub use number::{Number, NumberText};
pub use registry::Registry;
pub use time::Timestamp;
pub use value::{Float, Monotonic, Scaled, Value};

#[cfg(feature = "derive")]
#[doc(inline)]
pub use picometer_macros::{ClosedLabels, LabelValue};

/// For the expansions of this crate's macros, and for the packages of `picometer-std`, which have the same tables and messages on the heap.
#[doc(hidden)]
pub mod __private {
    #[cfg(target_has_atomic = "64")]
    pub use crate::atomic::Contended;
    pub use crate::cell::exemplar::check as check_exemplar;
    pub use crate::cell::histogram::rules as bounds;
    #[cfg(all(feature = "protobuf", any(target_has_atomic = "64", feature = "critical-section")))]
    pub use crate::cell::native::{Plan, Read, Scale, Slot, State, Table};
    #[cfg(all(feature = "protobuf", any(target_has_atomic = "64", feature = "critical-section")))]
    pub use crate::cell::quantiles::rules as quantiles;
    pub use crate::copy::copy;
    #[cfg(any(miri, target_family = "wasm", test))]
    pub use crate::declared::Node;
    pub use crate::declared::checks;
    pub use crate::declared::takes::{Makes, Takes};
    #[cfg(not(target_os = "none"))]
    pub use crate::encode::note::{After, PageNote};
    #[cfg(not(target_os = "none"))]
    pub use crate::encode::one_run::OneRun;
    #[cfg(not(target_os = "none"))]
    pub use crate::encode::run::Restarting;
    pub use crate::label::rules as labels;
    /// The traits without the derives of the same names, which `picometer-std` has for itself.
    pub use crate::label::{ClosedLabels, LabelValue};
    pub use crate::push::remote_write::message as remote_write;
    pub use crate::rule::Sentence;
}
