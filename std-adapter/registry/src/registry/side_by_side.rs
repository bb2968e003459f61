//! Registries side by side on one page: each name is on it once, and what they say of themselves is said together.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use picometer::__private::PageNote;
use picometer::{Desc, Encoder, Stop};

use super::failures::{Failed, show_failures};
use crate::label::escaped_metric;
use crate::scrape::is_probe;
use crate::slow::{self, Health};

/// A page that this thread makes, as far as registries are on it.
struct Page {
    number: u64,
    /// Hashes of the samples of the families that were begun before a registry ended.
    samples: Vec<u64>,
    /// Whether one did: what comes then may repeat them.
    is_watched: bool,
    /// The samples, once a family came behind a registry.
    known: HashSet<u64>,
    /// Whether the family that was begun last was left out.
    refused: bool,
    failures: Vec<Failed>,
    health: Vec<Health>,
}

thread_local! {
    /// The innermost last.
    static PAGES: RefCell<Vec<Page>> = const { RefCell::new(Vec::new()) };
    /// Where the last page kept its samples, so that the next one takes no memory.
    static SAMPLES: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
}

/// Pages within pages, of which the outer ones are remembered. One whose collectors panic stays until others take its place.
const MOST: usize = 8;

static NUMBER: AtomicU64 = AtomicU64::new(1);

/// A registry that no other one contains, on a page.
#[derive(Clone, Copy)]
pub(super) struct Beside {
    number: u64,
    /// Whether the page itself is behind the encoder, with nothing in front that it passes by.
    is_direct: bool,
}

fn with<R>(number: u64, then: impl FnOnce(&mut Page) -> R) -> Option<R> {
    let page = |pages: &RefCell<Vec<Page>>| pages.try_borrow_mut().ok()?.iter_mut().rfind(|page| page.number == number).map(then);
    PAGES.try_with(page).ok().flatten()
}

impl Beside {
    /// A registry begins. `None` where it is within another one, or where the encoder is not that of a page.
    pub(super) fn enter(out: &mut dyn Encoder) -> Option<Self> {
        let address = std::ptr::from_ref(out).cast::<()>().addr();
        let note = PageNote::of(out)?;
        let is_direct = note.is_at(address);
        if note.number != 0 {
            with(note.number, Page::watch)?;
            return Some(Self { number: note.number, is_direct });
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let samples = SAMPLES.try_with(Cell::take).unwrap_or_default();
        let (known, failures, health) = (HashSet::new(), Vec::new(), Vec::new());
        let page = Page { number, samples, is_watched: false, known, refused: false, failures, health };
        PAGES
            .try_with(|pages| {
                let mut pages = pages.borrow_mut();
                if pages.len() >= MOST {
                    pages.remove(0);
                }
                pages.push(page);
            })
            .ok()?;
        note.number = number;
        note.admit = Some(admit);
        note.after = Some(show);
        Some(Self { number, is_direct })
    }

    /// Whether the family that was begun last was left out, because the page has its name.
    pub(super) fn was_refused(self) -> bool {
        with(self.number, |page| std::mem::take(&mut page.refused)).unwrap_or(false)
    }

    /// A registry ends. What it says of itself is kept for the end of the page; `health` is given back where it has to be shown here.
    pub(super) fn end(self, failures: &mut Vec<Failed>, health: Vec<Health>) -> Option<Vec<Health>> {
        let mut health = Some(health);
        with(self.number, |page| {
            page.watch();
            if self.is_direct {
                failures.drain(..).for_each(|failed| failed.note(&mut page.failures));
                health.take().into_iter().flatten().for_each(|health| health.note(&mut page.health));
            }
        });
        health
    }
}

impl Page {
    /// From now on families are compared with those before.
    fn watch(&mut self) {
        self.is_watched = true;
    }

    fn admit(&mut self, desc: &Desc<'_>) -> bool {
        let suffixes = desc.kind().suffixes().iter().filter(|suffix| **suffix != "_created");
        if !self.is_watched {
            // A registry keeps its own names apart.
            self.samples.extend(suffixes.map(|suffix| hash(desc, suffix)));
            return true;
        }
        self.known.extend(self.samples.drain(..));
        let mut all = suffixes.map(|suffix| hash(desc, suffix));
        self.refused = all.clone().any(|sample| self.known.contains(&sample));
        if self.refused {
            return false;
        }
        self.known.extend(&mut all);
        true
    }
}

/// Of the name as a scraper sees it that takes no UTF-8. FNV-1a, as names are short.
fn hash(desc: &Desc<'_>, suffix: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    let start = 0xcbf2_9ce4_8422_2325;
    let name = desc.sample(suffix);
    if desc.is_legacy() { name.bytes().fold(start, step) } else { escaped_metric(name.chars()).bytes().fold(start, step) }
}

fn admit(number: u64, desc: &Desc<'_>) -> bool {
    is_probe(desc) || with(number, |page| page.admit(desc)).unwrap_or(true)
}

/// Shows what the registries left.
fn show(number: u64, out: &mut dyn Encoder) -> Result<(), Stop> {
    let taken = PAGES.try_with(|pages| {
        let mut pages = pages.try_borrow_mut().ok()?;
        let at = pages.iter().rposition(|page| page.number == number)?;
        let page = pages.get_mut(at)?;
        Some((std::mem::take(&mut page.failures), std::mem::take(&mut page.health)))
    });
    let (failures, health) = taken.ok().flatten().unwrap_or_default();
    let result = show_failures(failures, out);
    let result = result.and_then(|()| if health.is_empty() { Ok(()) } else { slow::show(&health, out) });
    let _ = PAGES.try_with(|pages| {
        let mut pages = pages.borrow_mut();
        let at = pages.iter().rposition(|page| page.number == number)?;
        let mut samples = pages.remove(at).samples;
        samples.clear();
        SAMPLES.try_with(|kept| kept.set(samples)).ok()
    });
    result
}
