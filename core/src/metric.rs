//! A named cell.

use crate::cell::{AnyCell, Cell, Zeroed};
use crate::collector::Collector;
use crate::desc::Desc;
#[cfg(not(target_os = "none"))]
use crate::encode::run::is_restarting;
use crate::encode::{Encoder, SeriesEncoder, Stop};
use crate::rule::expect;

/// A cell with a name: the usual form of a metric without labels.
///
/// Made in a `static`; it costs a pointer to its description, which stays in flash, and the cell. Everything that the cell can do
/// is called on it directly.
///
/// ```
/// use picometer::{Counter, Desc, Metric, Registry};
///
/// static BOOTS: Metric<Counter<u32>> =
///     Metric::new(&Desc::counter("device_boots_total", "Times the device started."));
/// static METRICS: Registry = Registry::new(&[&BOOTS]);
/// BOOTS.inc();
/// ```
///
/// A description of another type does not compile:
///
/// ```compile_fail
/// use picometer::{Counter, Desc, Metric};
///
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::gauge("boots", "Times the device started."));
/// ```
pub struct Metric<C> {
    desc: &'static Desc<'static>,
    cell: C,
}

impl<C: Cell> Metric<C> {
    /// Names a cell that starts at nothing.
    ///
    /// # Panics
    ///
    /// Outside a constant, if the description is of another type than the cell; in a constant that is a compile error.
    #[track_caller]
    pub const fn new(desc: &'static Desc<'static>) -> Self
    where
        C: Zeroed,
    {
        // In a constant an error at the caller's place, which the constant of the cell does not have.
        expect(C::FAULT);
        Self::from_start(desc)
    }

    #[track_caller]
    const fn from_start(desc: &'static Desc<'static>) -> Self
    where
        C: Zeroed,
    {
        Self::from_cell(desc, C::INIT)
    }

    /// Names a cell that was made already: an [`Info`](crate::Info), a [`GaugeFn`](crate::GaugeFn).
    ///
    /// # Panics
    ///
    /// Outside a constant, if the description is of another type than the cell; in a constant that is a compile error.
    #[track_caller]
    pub const fn from_cell(desc: &'static Desc<'static>, cell: C) -> Self {
        assert!(desc.kind() as u8 == C::KIND as u8, "the description is of another type than the metric");
        Self { desc, cell }
    }

    /// What it is.
    pub const fn desc(&self) -> &'static Desc<'static> {
        self.desc
    }
}

impl<C> core::ops::Deref for Metric<C> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        &self.cell
    }
}

impl<C: Cell> Collector for Metric<C> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        collect(self.desc, &self.cell, out)
    }
}

/// One copy of the code for all cells.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn collect(desc: &Desc<'_>, cell: &dyn AnyCell, out: &mut dyn Encoder) -> Result<(), Stop> {
    #[cfg(not(target_os = "none"))]
    if is_restarting(out) {
        cell.restart_any();
        return Ok(());
    }
    if out.begin(desc)? { cell.encode_any(&mut SeriesEncoder { out, desc, labels: &() }) } else { Ok(()) }
}

shown_as!([C] Metric<C>, self => self.desc);
