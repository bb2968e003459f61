//! Cells for label values that are known only when the program runs, in fixed memory.

use heapless::String;

use crate::atomic::{AtomicU32, Ordering};
use crate::cell::Zeroed;
use crate::charset;
use crate::collector::Collector;
use crate::desc::{Desc, Kind};
use crate::encode::{Encoder, SeriesEncoder, Stop};
use crate::label::{Label, LabelSet, check_name, is_plain_value};
use crate::rule::expect;
use crate::slot::{Guard, Slot};

/// Metrics of one name whose label values come up while the program runs: peers, task names, topics.
///
/// Holds at most `SLOTS` series of `LABELS` label values of at most `VALUE` bytes each. A series is made when it is first asked
/// for and can be removed. What does not fit shares one cell, because all slots are taken or a value is too long. That cell is
/// exposed with the label `overflow="true"`: sums stay right and the loss is visible.
///
/// Nothing here waits, so interrupts may use it. A context that finds another one in the middle of making a series uses the
/// overflow cell this once. A lookup compares up to `SLOTS` hashes; keep the [`Series`] where it is used often.
///
/// ```
/// use picometer::{BoundedFamily, Counter, Desc};
///
/// static FRAMES: BoundedFamily<Counter<u32>, 1, 8, 15> = BoundedFamily::new(
///     &Desc::counter("peer_frames_total", "Frames by peer."),
///     &["peer"],
/// );
///
/// FRAMES.with(["10.0.2.2"]).inc();
/// assert_eq!(FRAMES.with(["10.0.2.2"]).get(), 1);
/// assert!(FRAMES.with(["a name of more than 15 bytes"]).is_overflow());
/// assert!(FRAMES.remove(["10.0.2.2"]));
/// ```
///
/// These do not compile: a reserved label, the label of the overflow series.
///
/// ```compile_fail
/// # use picometer::{BoundedFamily, Counter, Desc};
/// static BAD: BoundedFamily<Counter, 1, 8, 15> =
///     BoundedFamily::new(&Desc::counter("frames_total", ""), &["__name__"]);
/// ```
/// ```compile_fail
/// # use picometer::{BoundedFamily, Counter, Desc};
/// static BAD: BoundedFamily<Counter, 1, 8, 15> =
///     BoundedFamily::new(&Desc::counter("frames_total", ""), &["overflow"]);
/// ```
pub struct BoundedFamily<C, const LABELS: usize, const SLOTS: usize, const VALUE: usize> {
    desc: &'static Desc<'static>,
    names: &'static [&'static str; LABELS],
    slots: [Place<C, LABELS, VALUE>; SLOTS],
    overflow: C,
    /// How many lookups ended in the overflow cell.
    folded: AtomicU32,
    /// Twice the number of series made, and 1 more while a context makes one.
    made: AtomicU32,
}

/// One place for a series, with what tells quickly that it is another's.
struct Place<C, const LABELS: usize, const VALUE: usize> {
    hash: AtomicU32,
    slot: Slot<Held<C, LABELS, VALUE>>,
}

struct Held<C, const LABELS: usize, const VALUE: usize> {
    values: [String<VALUE>; LABELS],
    plain: bool,
    /// What `made` was meanwhile; odd.
    born: u32,
    cell: C,
}

impl<C: Zeroed, const LABELS: usize, const SLOTS: usize, const VALUE: usize> BoundedFamily<C, LABELS, SLOTS, VALUE> {
    /// A family without series.
    ///
    /// # Panics
    ///
    /// Outside a constant, if the description is of another type than the cells, or a label name is empty, reserved, outside the
    /// legacy character set, or there twice; in a constant that is a compile error.
    #[track_caller]
    pub const fn new(desc: &'static Desc<'static>, names: &'static [&'static str; LABELS]) -> Self {
        // In a constant an error at the caller's place, which a block of constants does not have.
        expect(C::FAULT);
        Self::assert_labels();
        Self::with_labels(desc, names)
    }

    #[track_caller]
    const fn assert_labels() {
        assert!(LABELS > 0, "a bounded family has a label");
    }

    #[track_caller]
    const fn with_labels(desc: &'static Desc<'static>, names: &'static [&'static str; LABELS]) -> Self {
        const { Self::assert_labels() };
        assert!(desc.kind() as u8 == C::KIND as u8, "the description is of another type than the metrics");
        assert!(!charset::has_repeats(names), "a label name is there twice");
        assert!(!charset::contains(names, "overflow"), "the label `overflow` belongs to the overflow series");
        let mut at = 0;
        while at < LABELS {
            if let Err(error) = check_name(names[at], false) {
                panic!("{}", error.message());
            }
            let states = matches!(C::KIND, Kind::StateSet) && desc.is_named_like(names[at]);
            assert!(!states, "the label with the name of the family belongs to the states");
            at += 1;
        }
        assert!(!charset::contains(names, C::RESERVED_LABEL), "`le` and `quantile` belong to histograms and summaries");
        let slots = [const { Place { hash: AtomicU32::new(0), slot: Slot::new(Held::NEW) } }; SLOTS];
        Self { desc, names, slots, overflow: C::INIT, folded: AtomicU32::new(0), made: AtomicU32::new(0) }
    }

    /// The series with these label values, made if it is not there; the overflow series if it cannot be.
    pub fn with(&self, values: [&str; LABELS]) -> Series<'_, C, LABELS, VALUE> {
        let found = self.find(values, hash(&values)).or_else(|| self.make(values));
        if found.is_none() {
            self.folded.fetch_add(1, Ordering::Relaxed);
        }
        Series { guard: found, overflow: &self.overflow }
    }

    /// The series with these label values, if it is there.
    pub fn get(&self, values: [&str; LABELS]) -> Option<Series<'_, C, LABELS, VALUE>> {
        let guard = self.find(values, hash(&values));
        guard.map(|guard| Series { guard: Some(guard), overflow: &self.overflow })
    }

    /// Takes a series off the pages. Its slot is free again when the last [`Series`] of it is dropped. Whether it was there.
    pub fn remove(&self, values: [&str; LABELS]) -> bool {
        let hash = hash(&values);
        self.slots.iter().any(|place| place.find(values, hash).is_some_and(|found| found.retire()))
    }

    /// Takes every series off the pages, except what is in the overflow cell.
    pub fn clear(&self) {
        for place in &self.slots {
            place.slot.retire();
        }
    }

    /// How many series there are, without the overflow series.
    pub fn len(&self) -> usize {
        self.slots.iter().filter(|place| place.slot.get().is_some()).count()
    }

    /// Whether there is no series but the overflow series.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many times [`with`](Self::with) answered with the overflow series.
    #[doc(alias("folded"))]
    pub fn overflowed(&self) -> u32 {
        self.folded.load(Ordering::Relaxed)
    }

    /// What it is.
    pub const fn desc(&self) -> &'static Desc<'static> {
        self.desc
    }

    fn find(&self, values: [&str; LABELS], hash: u32) -> Option<Found<'_, C, LABELS, VALUE>> {
        self.slots.iter().find_map(|place| place.find(values, hash))
    }

    /// Makes a series in the first free slot. One context at a time, or two could make the same series.
    fn make(&self, values: [&str; LABELS]) -> Option<Found<'_, C, LABELS, VALUE>> {
        if values.iter().any(|value| value.len() > VALUE) {
            return None;
        }
        let made = self.made.load(Ordering::Relaxed);
        let born = made.wrapping_add(1);
        // Acquire: pairs with the release at the end of the making before this one, whose series `find` has to see.
        if !made.is_multiple_of(2) || self.made.compare_exchange(made, born, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return None;
        }
        let hash = hash(&values);
        // It may have been made between the lookup and here.
        let before = self.find(values, hash);
        let place = if before.is_none() { self.slots.iter().find(|place| place.fill(values, hash, born)) } else { None };
        self.made.store(if place.is_some() { born.wrapping_add(1) } else { made }, Ordering::Release);
        before.or_else(|| place?.find(values, hash))
    }
}

type Found<'a, C, const LABELS: usize, const VALUE: usize> = Guard<'a, Held<C, LABELS, VALUE>>;

impl<C: Zeroed, const LABELS: usize, const VALUE: usize> Place<C, LABELS, VALUE> {
    fn find(&self, values: [&str; LABELS], hash: u32) -> Option<Found<'_, C, LABELS, VALUE>> {
        if self.hash.load(Ordering::Relaxed) != hash {
            return None;
        }
        let guard = self.slot.get()?;
        let same = guard.value().values.iter().zip(values).all(|(held, value)| held.as_str() == value);
        same.then_some(guard)
    }

    fn fill(&self, values: [&str; LABELS], hash: u32, born: u32) -> bool {
        self.slot.fill(|held| {
            for (place, value) in held.values.iter_mut().zip(values) {
                place.clear();
                // It fits: the lengths were compared before.
                let _ = place.push_str(value);
            }
            held.plain = values.into_iter().all(is_plain_value);
            held.born = born;
            held.cell = C::INIT;
            self.hash.store(hash, Ordering::Relaxed);
        })
    }
}

impl<C: Zeroed, const LABELS: usize, const VALUE: usize> Held<C, LABELS, VALUE> {
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const NEW: Self = Self { values: [const { String::new() }; LABELS], plain: false, born: 0, cell: C::INIT };
}

/// FNV-1a over the values and their ends.
fn hash(values: &[&str]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for value in values {
        for &byte in value.as_bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
        hash = (hash ^ 0xff).wrapping_mul(0x0100_0193);
    }
    hash
}

/// One series of a [`BoundedFamily`], which is not given to other label values while this is kept. Everything that its cell can
/// do is called on it directly.
///
/// A series that was removed meanwhile goes on counting and is not exposed.
///
/// ```
/// use picometer::{BoundedFamily, Counter, Desc, Series};
///
/// static SENT: BoundedFamily<Counter, 1, 4, 12> = BoundedFamily::new(
///     &Desc::counter("messages_total", "Messages sent."),
///     &["topic"],
/// );
///
/// let telemetry: Series<'_, Counter, 1, 12> = SENT.with(["telemetry"]);
/// telemetry.inc();
/// telemetry.inc();
/// assert_eq!(SENT.with(["telemetry"]).get(), 2);
/// ```
pub struct Series<'a, C, const LABELS: usize, const VALUE: usize> {
    guard: Option<Found<'a, C, LABELS, VALUE>>,
    overflow: &'a C,
}

impl<C, const LABELS: usize, const VALUE: usize> Series<'_, C, LABELS, VALUE> {
    /// Whether this is the overflow series.
    pub fn is_overflow(&self) -> bool {
        self.guard.is_none()
    }
}

impl<C, const LABELS: usize, const VALUE: usize> core::ops::Deref for Series<'_, C, LABELS, VALUE> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        self.guard.as_ref().map_or(self.overflow, |guard| &guard.value().cell)
    }
}

shown_as!(
    [C, const LABELS: usize, const VALUE: usize] Series<'_, C, LABELS, VALUE>, self =>
    "{} {:?}", if self.is_overflow() { "overflow series" } else { "series" },
    self.guard.as_ref().map_or(&[][..], |guard| &guard.value().values[..])
);

/// The labels of a series that is held by a guard.
struct SeriesLabels<'a, const LABELS: usize, const VALUE: usize> {
    names: &'a [&'static str; LABELS],
    values: &'a [String<VALUE>; LABELS],
    plain: bool,
}

impl<const LABELS: usize, const VALUE: usize> LabelSet for SeriesLabels<'_, LABELS, VALUE> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        let (name, value) = (self.names.get(index)?, self.values.get(index)?);
        Some(Label { name, value })
    }

    fn is_plain(&self) -> bool {
        self.plain
    }
}

impl<C: Zeroed, const LABELS: usize, const SLOTS: usize, const VALUE: usize> Collector for BoundedFamily<C, LABELS, SLOTS, VALUE> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        #[cfg(not(target_os = "none"))]
        if crate::encode::run::is_restarting(out) {
            self.clear();
            self.overflow.restart();
            self.folded.store(0, Ordering::Relaxed);
            return Ok(());
        }
        if !out.begin(self.desc)? {
            return Ok(());
        }
        // A series that is being made is younger than the page.
        let came_at = out.generation(self.made.load(Ordering::Acquire) & !1);
        // Of all counts only those between then and now are young, because the count wraps around and series grow old.
        let is_young = |born: u32| born.wrapping_sub(came_at) <= self.made.load(Ordering::Relaxed).wrapping_sub(came_at);
        for place in self.slots.iter().skip(out.resume_at()) {
            match place.slot.get().filter(|guard| !is_young(guard.value().born)) {
                Some(guard) => {
                    let Held { values, plain, cell, .. } = guard.value();
                    let labels = SeriesLabels { names: self.names, values, plain: *plain };
                    cell.encode(&mut SeriesEncoder { out, desc: self.desc, labels: &labels })?;
                }
                None => out.skip(),
            }
        }
        if self.overflowed() == 0 {
            return Ok(());
        }
        self.overflow.encode(&mut SeriesEncoder { out, desc: self.desc, labels: &[("overflow", "true")] })
    }
}

shown_as!([C, const LABELS: usize, const SLOTS: usize, const VALUE: usize] BoundedFamily<C, LABELS, SLOTS, VALUE>, self => self.desc);

#[cfg(test)]
mod tests;
