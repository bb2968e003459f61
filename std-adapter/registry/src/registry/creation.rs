//! Since when counters, histograms and summaries count: shown for all of a registry, or for none.

use std::sync::atomic::{AtomicU8, Ordering};

use picometer::{Desc, Encoder, Kind, LabelSet, Point, Rows, Run, Stop, Timestamp};

use crate::cell::now;

/// The switch of a registry.
#[derive(Debug)]
pub(super) struct Moments {
    /// When the registry was made; none where the clock of the system stands before the epoch.
    made: Option<Timestamp>,
    state: AtomicU8,
}

const AS_GIVEN: u8 = 0;
const SHOWN: u8 = 1;
const HIDDEN: u8 = 2;

impl Moments {
    pub(super) fn new() -> Self {
        Self { made: now(), state: AtomicU8::new(AS_GIVEN) }
    }

    pub(super) fn set(&self, shown: bool) {
        // A word that stands for itself: a page that is being made takes the old one or the new one.
        self.state.store(if shown { SHOWN } else { HIDDEN }, Ordering::Relaxed);
    }

    /// The encoder with the switch in front, where it was set.
    pub(super) fn in_front<'e>(&self, out: &'e mut dyn Encoder) -> Result<InFront<'e>, &'e mut dyn Encoder> {
        match self.state.load(Ordering::Relaxed) {
            SHOWN => Ok(InFront { out, moment: self.made }),
            HIDDEN => Ok(InFront { out, moment: None }),
            _ => Err(out),
        }
    }
}

/// Gives points that know no moment the one of the registry, or takes all moments away.
pub(super) struct InFront<'e> {
    out: &'e mut dyn Encoder,
    moment: Option<Timestamp>,
}

impl Encoder for InFront<'_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.out.begin(desc)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let counts = matches!(desc.kind(), Kind::Counter | Kind::Histogram | Kind::Summary);
        match (self.moment, point.created()) {
            (Some(made), None) if counts => self.out.metric(desc, labels, &point.since(made)),
            (None, Some(_)) => {
                let bare = Point::new(point.value);
                let bare = point.timestamp().map_or(bare, |timestamp| bare.at(timestamp));
                self.out.metric(desc, labels, &bare)
            }
            _ => self.out.metric(desc, labels, point),
        }
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        self.out.run()
    }

    /// Rows are lines without moments.
    fn rows(&mut self, desc: &Desc<'_>) -> Option<Rows<'_>> {
        if self.moment.is_some() { None } else { self.out.rows(desc) }
    }
}
