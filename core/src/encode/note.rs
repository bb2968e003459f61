//! What a page lets registries that are made at run time know of it, and keeps of theirs.

use crate::desc::Desc;
use crate::encode::{Encoder, Run, Stop};

/// Shows what is left to be shown on the page of this number.
pub type After = fn(u64, &mut dyn Encoder) -> Result<(), Stop>;

/// The [extension](Run::extension) of the run of a page. There is one for each pass over the collectors.
///
/// Several registries may be on one page, side by side. The first of them leaves functions here: one that is asked for each family,
/// and one that is called behind the collectors, to show what concerns all of them.
#[derive(Debug, Default)]
pub struct PageNote {
    later: bool,
    encoder: usize,
    /// Whether the names of static registries are checked by the outermost of them.
    pub(crate) checked: bool,
    /// What registries know the series of the family so far by, in any order, where places alone do not tell them apart.
    pub series: u64,
    /// Whether the family that shows failures is on the page.
    pub failures: bool,
    /// What the registries know the page by; zero before one was on it.
    pub number: u64,
    /// Whether a family may be on the page of this number.
    pub admit: Option<fn(u64, &Desc<'_>) -> bool>,
    /// Shows what is left to be shown on the page of this number.
    pub after: Option<After>,
}

impl PageNote {
    /// The note of a pass, of which `later` says whether it is behind the first one.
    pub(crate) fn new(later: bool) -> Self {
        Self { later, ..Self::default() }
    }

    /// Whether the page passes over its collectors once more. A collector that drops series when a page begins drops none then.
    pub fn is_later(&self) -> bool {
        self.later
    }

    /// Whether the encoder of the page itself has this address; another one is in front of it.
    pub fn is_at(&self, address: usize) -> bool {
        self.encoder == address
    }

    /// Whether a family may be on the page.
    pub(crate) fn admits(&self, desc: &Desc<'_>) -> bool {
        self.admit.is_none_or(|admit| admit(self.number, desc))
    }

    /// The note of the page that an encoder writes, if it writes one.
    pub fn of(out: &mut dyn Encoder) -> Option<&mut Self> {
        out.run().and_then(Run::extension).and_then(|extension| extension.downcast_mut())
    }
}

/// The collectors of a page begin, into this encoder of it.
pub(crate) fn begin(out: &mut dyn Encoder) {
    let encoder = core::ptr::from_ref(out).cast::<()>().addr();
    PageNote::of(out).into_iter().for_each(|note| note.encoder = encoder);
}

/// The collectors of the page gave all that they have.
pub(crate) fn end(out: &mut dyn Encoder) -> Result<(), Stop> {
    let Some(note) = PageNote::of(out) else { return Ok(()) };
    let number = note.number;
    note.after.take().map_or(Ok(()), |after| after(number, out))
}
