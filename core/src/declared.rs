//! Metrics that are declared anywhere in the program and its crates, and are on its pages without a list.

#[doc(hidden)]
pub mod checks;
mod macros;
mod section;
pub(crate) mod takes;

pub use section::Entry;
#[cfg(any(miri, target_family = "wasm", test))]
pub use section::Node;

use core::panic::Location;

use crate::collector::Collector;
use crate::encode::{Collision, Encoder, Stop};
use crate::registry::Registry;

/// Every metric of the program that [`metrics!`](crate::metrics) or [`declare!`](crate::declare) declares, in whichever crate.
///
/// The linker makes the list. A crate whose metrics shall be there needs to be linked: `use nic_driver as _;` is enough, on WebAssembly
/// for a crate that is compiled with `codegen-units = 1`. The order
/// is that of the linker, and the same in every run of one program; a [`Registry`](crate::Registry) is the choice where order or
/// selection matter. Costs 8 bytes of flash per metric on a 32-bit target, no RAM and no start-up code.
///
/// ```standalone_crate
/// use picometer::{Counter, Declared, Exposition, Format, metrics};
///
/// metrics! {
///     /// Times the device started.
///     static BOOTS: Counter<u32> = "boots_total";
/// }
///
/// BOOTS.inc();
/// let mut page = [0; 128];
/// let len = Exposition::new(&Declared, Format::Text004).fill(&mut page)?;
/// assert!(page[..len].ends_with(b"# TYPE boots_total counter\nboots_total 1\n"));
/// # Ok::<(), picometer::FillError>(())
/// ```
///
/// A library that is loaded while the program runs (`cdylib`, `dlopen`) has a list of its own. Linkers for microcontrollers that
/// place unknown sections outside of flash, such as lld before version 15, need the script in `picometer.x` of the repository's
/// `embedded-example`.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Declared;

impl Declared {
    /// Every declaration, in the order of the linker.
    ///
    /// ```standalone_crate
    /// # use picometer::Declared;
    /// assert_eq!(Declared::all().count(), 0, "this program declares nothing");
    /// ```
    pub fn all() -> impl Iterator<Item = &'static Entry> {
        section::all()
    }

    /// Looks for declarations that expose samples of one name, as [`Registry::check`](crate::Registry::check) does, and says where
    /// both are. For a test on the host, or the start of the program: it compares every pair, and collects that often.
    ///
    /// Where there is an operating system, the first page checks too, and leaves the later family out.
    ///
    /// # Errors
    ///
    /// The first [`DeclaredTwice`].
    #[allow(clippy::result_large_err, reason = "names are in the error, because there is no heap")]
    pub fn check() -> Result<(), DeclaredTwice> {
        for (at, second) in Self::all().enumerate() {
            Registry::new(&[&second.collector()]).check().map_err(|collision| DeclaredTwice::new(collision, second, second))?;
            for first in Self::all().take(at) {
                let pair: [&dyn Collector; 2] = [&first.collector(), &second.collector()];
                Registry::new(&pair).check().map_err(|collision| DeclaredTwice::new(collision, first, second))?;
            }
        }
        Ok(())
    }
}

impl Collector for Declared {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        // As a registry, which is checked by its first page where there is an operating system.
        static ALL: Registry<'static> = Registry::new(&[&Entries]);
        ALL.collect(out)
    }
}

/// What stands in the list.
struct Entries;

impl Collector for Entries {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        section::all().try_for_each(|entry| entry.collector().collect(out))
    }
}

/// Error returned by [`Declared::check`]: two declarations that no page can show both of.
///
/// ```standalone_crate
/// use picometer::{Counter, Declared, Gauge, metrics};
///
/// metrics! {
///     /// Jobs done.
///     static DONE: Counter<u32> = "jobs_total";
///     /// Jobs that wait.
///     static WAITING: Gauge<u32> = "jobs";
/// }
///
/// let error = Declared::check().unwrap_err();
/// assert!(error.to_string().contains("; declared at "));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeclaredTwice {
    collision: Collision,
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    places: [Option<&'static Location<'static>>; 2],
}

impl DeclaredTwice {
    fn new(collision: Collision, first: &'static Entry, second: &'static Entry) -> Self {
        Self { collision, places: [first.place(), second.place()] }
    }

    /// What they have in common.
    pub fn collision(&self) -> &Collision {
        &self.collision
    }

    /// Where the first is declared, which is the block of [`metrics!`](crate::metrics) that it stands in; `None` on bare metal, where places are not kept.
    pub fn first(&self) -> Option<&'static Location<'static>> {
        self.places[0]
    }

    /// Where the second is declared. The same as the first, if one declaration has a label or a name twice.
    pub fn second(&self) -> Option<&'static Location<'static>> {
        self.places[1]
    }
}

impl core::fmt::Display for DeclaredTwice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.collision.fmt(f)?;
        match self.places {
            [Some(first), Some(second)] => write!(f, "; declared at {first} and {second}"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for DeclaredTwice {}

__speaks!(DeclaredTwice);
