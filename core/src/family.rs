//! A cell for each combination of closed labels.

use core::marker::PhantomData;

use crate::cell::{AnyCell, Zeroed, callback};
use crate::collector::Collector;
use crate::desc::{Desc, Kind};
#[cfg(not(target_os = "none"))]
use crate::encode::run::is_restarting;
use crate::encode::{Encoder, SeriesEncoder, Stop};
use crate::label::{self, ClosedLabel, ClosedLabels, Combination};
use crate::rule::{Sentence, expect};
use crate::value::Value;

/// Metrics of one name that differ in labels whose values are known when the program is compiled.
///
/// An array with one cell for each of the `N` combinations: a lookup is an index, it cannot fail, and every series is there from
/// the start. Costs a pointer and `N` cells.
///
/// ```
/// use picometer::{Counter, Desc, Family, labels};
///
/// labels! { pub enum Outcome as "outcome" { Ok = "ok", Nack = "nack", Late = "late" } }
/// labels! { pub enum Bus as "bus" { I2c0 = "i2c0", I2c1 = "i2c1" } }
///
/// static TRANSFERS: Family<Counter<u32>, (Bus, Outcome), 6> =
///     Family::new(&Desc::counter("i2c_transfers_total", "Transfers."));
///
/// TRANSFERS.with((Bus::I2c1, Outcome::Nack)).inc();
/// ```
///
/// These do not compile: a wrong `N`, a label twice, a label that the type of metric has for itself.
///
/// ```compile_fail
/// # use picometer::{Counter, Desc, Family, labels};
/// labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack" } }
/// static BAD: Family<Counter, Outcome, 3> =
///     Family::new(&Desc::counter("transfers_total", ""));
/// ```
/// ```compile_fail
/// # use picometer::{Counter, Desc, Family, labels};
/// labels! { enum Outcome as "outcome" { Ok = "ok", Nack = "nack" } }
/// static BAD: Family<Counter, (Outcome, Outcome), 4> =
///     Family::new(&Desc::counter("transfers_total", ""));
/// ```
/// ```compile_fail
/// # use picometer::{Summary, Desc, Family, labels};
/// labels! { enum Quantile as "quantile" { Half = "0.5" } }
/// static BAD: Family<Summary, Quantile, 1> = Family::new(&Desc::summary("sizes", ""));
/// ```
pub struct Family<C, L, const N: usize> {
    desc: &'static Desc<'static>,
    cells: [C; N],
    labels: PhantomData<fn() -> L>,
}

impl<C: Zeroed, L: ClosedLabels, const N: usize> Family<C, L, N> {
    /// A family with every cell at its start.
    ///
    /// # Panics
    ///
    /// Outside a constant, if the description is of another type than the cells; in a constant that is a compile error.
    #[track_caller]
    pub const fn new(desc: &'static Desc<'static>) -> Self {
        // In a constant an error at the caller's place, which a block of constants does not have.
        Self::assert_type();
        Self::of_type(desc)
    }

    #[track_caller]
    const fn assert_type() {
        expect(C::FAULT);
        if N != L::COUNT {
            panic!("{}", Self::RIGHT.as_str());
        }
        assert!(N > 0, "a family needs a label combination");
        assert!(label::repeated(L::LABELS).is_none(), "a label name is there twice");
        assert!(!label::has_label(L::LABELS, C::RESERVED_LABEL), "`le` and `quantile` belong to histograms and summaries");
    }

    #[track_caller]
    const fn of_type(desc: &'static Desc<'static>) -> Self {
        const { Self::assert_type() };
        assert!(desc.kind() as u8 == C::KIND as u8, "the description is of another type than the metrics");
        if matches!(C::KIND, Kind::StateSet) {
            let mut at = 0;
            while at < L::LABELS.len() {
                assert!(!desc.is_named_like(L::LABELS[at].name()), "the label with the name of the family belongs to the states");
                at += 1;
            }
        }
        Self { desc, cells: [const { C::INIT }; N], labels: PhantomData }
    }

    const RIGHT: &'static Sentence = &Sentence::new("the N of the family is not the number of its label combinations: write ", L::COUNT);

    /// The cell of a combination.
    #[inline]
    pub const fn at(&self, place: usize) -> &C {
        // `ClosedLabels::index` is below `N`; the bound is for implementations that break that promise.
        &self.cells[if place < N { place } else { N - 1 }]
    }

    /// The cell of a combination of labels.
    #[inline]
    pub fn with(&self, labels: L) -> &C {
        self.at(labels.index())
    }

    /// What it is.
    pub const fn desc(&self) -> &'static Desc<'static> {
        self.desc
    }

    /// Every combination with its cell.
    pub fn iter(&self) -> impl Iterator<Item = (L, &C)> {
        self.cells.iter().enumerate().filter_map(|(place, cell)| Some((L::at(place)?, cell)))
    }
}

impl<C: Zeroed, L: ClosedLabels, const N: usize> Collector for Family<C, L, N> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        collect(self.desc, L::LABELS, &|place| self.cells.get(place).map(|cell| cell as _), out)
    }
}

/// One copy of the code for all cells, labels and sizes: as many as there are families would be a quarter of a kilobyte each.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn collect<'c>(
    desc: &Desc<'_>,
    labels: &'static [ClosedLabel],
    cell: &dyn Fn(usize) -> Option<&'c dyn AnyCell>,
    out: &mut dyn Encoder,
) -> Result<(), Stop> {
    #[cfg(not(target_os = "none"))]
    if is_restarting(out) {
        (0..).map_while(cell).for_each(AnyCell::restart_any);
        return Ok(());
    }
    if !out.begin(desc)? {
        return Ok(());
    }
    let mut place = out.resume_at();
    let mut labels = Combination::new(labels, place as u32).with_text();
    while let Some(cell) = cell(place) {
        cell.encode_any(&mut SeriesEncoder { out, desc, labels: &labels })?;
        place += 1;
        labels.advance();
    }
    Ok(())
}

shown_as!([C, L, const N: usize] Family<C, L, N>, self => self.desc);

/// A family whose values are read when they are asked for, by one function for all combinations.
///
/// The function is called at least once per series and scrape, by the context that writes the page. A series is left out where it
/// returns `None`.
///
/// ```
/// use picometer::{Desc, FamilyFn, labels};
///
/// labels! { pub enum Way as "direction" { In = "in", Out = "out" } }
///
/// fn frames(way: Way) -> Option<u32> {
///     Some(match way {
///         Way::In => 120,
///         Way::Out => 80,
///     })
/// }
/// static FRAMES: FamilyFn<Way, u32> =
///     FamilyFn::new(&Desc::counter("nic_frames_total", "Frames."), frames);
/// ```
pub struct FamilyFn<L, V> {
    desc: &'static Desc<'static>,
    read: fn(L) -> Option<V>,
}

impl<L: ClosedLabels, V: Value> FamilyFn<L, V> {
    /// A family of counters, gauges or metrics of unknown type; which, the description says.
    ///
    /// # Panics
    ///
    /// Outside a constant, if the description is of another type, or a label name is there twice; in a constant that is a compile
    /// error.
    #[track_caller]
    pub const fn new(desc: &'static Desc<'static>, read: fn(L) -> Option<V>) -> Self {
        Self::assert_type();
        Self::of_type(desc, read)
    }

    #[track_caller]
    const fn assert_type() {
        assert!(label::repeated(L::LABELS).is_none(), "a label name is there twice");
    }

    #[track_caller]
    const fn of_type(desc: &'static Desc<'static>, read: fn(L) -> Option<V>) -> Self {
        const { Self::assert_type() };
        assert!(
            matches!(desc.kind(), Kind::Counter | Kind::Gauge | Kind::Unknown),
            "only counters, gauges and unknown metrics are numbers"
        );
        Self { desc, read }
    }
}

impl<L: ClosedLabels, V: Value> Collector for FamilyFn<L, V> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        if !out.begin(self.desc)? {
            return Ok(());
        }
        (out.resume_at()..L::COUNT).map_while(|place| Some((place, L::at(place)?))).try_for_each(|(place, labels)| {
            let number = (self.read)(labels).map(Value::number);
            let labels = &Combination::new(L::LABELS, place as u32);
            callback::show(number, &mut SeriesEncoder { out, desc: self.desc, labels })
        })
    }
}

shown_as!([L, V] FamilyFn<L, V>, self => self.desc);
