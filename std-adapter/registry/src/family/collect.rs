//! The pages of a family.

use picometer::{Collector, Desc, Encoder, LabelSet, SeriesEncoder, Stop};
use picometer::{Kind, Rows};

use super::Family;
use super::ahead::{Ahead, FEWEST};
use super::expiry::{Cause, HeldByThreads, Ttl, digest};
use super::idle::{Idle, Showing, Sweep};
use super::node::Found;
use super::table::Places;
use crate::cell::{FromConfig, MANY, Observations, are_many, fold_ended};
use crate::epoch::{self, once};
use crate::label::Room;
use crate::label::{Labelled, OVERFLOW};
use crate::registering::{is_later_pass, is_restarting, refuse, vouch};
use crate::shared::is_naming;

/// So many places are shown under one guard.
const CHUNK: usize = 1_024;

/// What all series of a page have in common.
struct Page<'a> {
    desc: &'a Desc<'a>,
    legacy: bool,
    /// How many series were made when the page came to the family.
    came_at: u32,
    /// Of a family with a time to live.
    watch: Option<(Sweep, HeldByThreads)>,
}

impl<C: FromConfig, const N: usize> Collector for Family<C, N> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.collect_as::<Self>(out)
    }
}

impl<C: FromConfig, const N: usize> Family<C, N> {
    /// Collects for a collector of type `T`, which is this family and nothing else.
    pub(crate) fn collect_as<T: 'static>(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        // Checked once: from its first page on a family stays as it is.
        let is_legacy = || self.names.names().iter().all(|name| picometer::Label::try_new(name, "").is_ok());
        let legacy = match once(&self.legacy, || self.check().map(|()| is_legacy())) {
            Ok(legacy) => *legacy,
            Err(error) => return Err(refuse(out, error.clone())),
        };
        let desc = self.options.desc().map_err(|error| refuse(out, error))?;
        if is_restarting(out) {
            self.restart();
            return Ok(());
        }
        vouch::<T>(out, self.names.names().iter().map(|name| &**name).chain(self.options.own_label()));
        self.home.remember(out);
        if out.begin(&desc)? {
            // A series that is made from now on is younger than the page.
            let came_at = out.generation(self.table.made());
            let first = out.resume_at();
            // Names are given without a page, which would show series to a scraper.
            let is_page = !is_naming(out);
            // Once a page, however many pieces and passes it comes in.
            if first == 0 && is_page && !is_later_pass(out) {
                fold_ended();
                self.sweep(Cause::Page);
            }
            // What was removed since the last page, and no reader can see any more.
            epoch::tidy();
            let watch = self.options.ttl.as_ref().filter(|_| is_page).map(Ttl::last);
            self.collect_series(&Page { desc: &desc, legacy, came_at, watch }, first, out)?;
            // One that was set back is shown again with the next lookup that ends in it, or while it is held.
            let overflow = self.overflow.get().filter(|overflow| self.overflowed() > 0 || overflow.has_holders());
            if let Some(overflow) = overflow {
                overflow.cell.encode(&mut SeriesEncoder::new(out, &desc, &OVERFLOW as &dyn LabelSet))?;
            }
        }
        self.options.collect_folded(&desc, out)
    }

    /// The series from a place on that are not younger than the page.
    fn collect_series(&self, page: &Page<'_>, first: usize, out: &mut dyn Encoder) -> Result<(), Stop> {
        // Several guards, none of them for long.
        let count = self.table.place_count() as usize;
        for first in (first..count).step_by(CHUNK) {
            let look = self.table.look();
            self.collect_places(page, &mut look.places(first, CHUNK.min(count - first)), out)?;
        }
        Ok(())
    }

    fn collect_places(&self, page: &Page<'_>, places: &mut Places<'_, C>, out: &mut dyn Encoder) -> Result<(), Stop> {
        let &Page { desc, legacy, came_at, .. } = page;
        if matches!(C::KIND, Kind::Histogram | Kind::Summary) && are_many() {
            return self.collect_observations(page, places, out);
        }
        let are_lines = legacy && matches!(C::KIND, Kind::Counter | Kind::Gauge | Kind::Unknown);
        while places.len() > 0 {
            match if are_lines { out.rows(desc) } else { None } {
                Some(rows) if page.watch.is_some() => self.collect_rows::<false, true>(rows, places, page),
                Some(rows) if self.names.are_bare() => self.collect_rows::<true, false>(rows, places, page),
                Some(rows) => self.collect_rows::<false, false>(rows, places, page),
                None => {}
            }
            // The first, and what has more to it than a line.
            match places.next() {
                Some(Some(node)) if !node.is_younger(came_at, || self.table.made()) => {
                    let labels = Labelled { names: &self.names, legacy, key: node.key() };
                    let showing = page.showing(node);
                    node.cell.encode(&mut SeriesEncoder::new(out, desc, &labels))?;
                    was_shown(showing);
                }
                Some(_) => out.skip(),
                None => {}
            }
        }
        Ok(())
    }

    /// Observations of many threads, read of several series at once. Of few in the beginning, because a page may end soon.
    #[inline(never)]
    fn collect_observations(&self, page: &Page<'_>, places: &mut Places<'_, C>, out: &mut dyn Encoder) -> Result<(), Stop> {
        let mut observations = Observations::new();
        let (mut nodes, mut most) = ([None; MANY], 1);
        while places.len() > 0 {
            let len = places.len().min(most);
            let nodes = nodes.get_mut(..len).unwrap_or(&mut []);
            places.read(nodes);
            let count = observations.read(nodes.iter().map(|node| node.as_ref()?.get().cell.observations()));
            for (at, node) in nodes.iter().take(count).enumerate() {
                match node {
                    Some(node) if !node.is_younger(page.came_at, || self.table.made()) => {
                        let labels = Labelled { names: &self.names, legacy: page.legacy, key: node.key() };
                        let showing = page.showing(*node);
                        let mut series = SeriesEncoder::new(out, page.desc, &labels);
                        // Of a series that may be on its way out they are those of this moment.
                        let read = node.cell.observations().filter(|_| showing.is_none());
                        match read.and_then(|tally| observations.get(at, tally)) {
                            Some((counts, sum)) => node.cell.encode_observed(counts, sum, &mut series)?,
                            None => node.cell.encode(&mut series)?,
                        }
                        was_shown(showing);
                    }
                    Some(_) | None => out.skip(),
                }
            }
            places.pass(count);
            most = (2 * most).min(MANY);
        }
        Ok(())
    }

    /// Series whose labels and numbers are all there is to them, up to the first place that is another. One copy for families that
    /// keep label values alone, and one for those whose series expire, which may do so too.
    #[inline(never)]
    fn collect_rows<const BARE: bool, const WATCHED: bool>(&self, rows: Rows<'_>, places: &mut Places<'_, C>, page: &Page<'_>) {
        // Moved here, so that what it counts is in registers.
        let mut rows = rows;
        let mut room: Room = [0; 512];
        let mut ahead = Ahead::new();
        while places.len() > 0 {
            // A read of few takes as long as one of many, where there are many slabs.
            if rows.lines_left() < FEWEST {
                rows.make_room();
            }
            let (mut count, mut is_whole) = (0, true);
            for place in ahead.read(places, rows.lines_left(), |node| node.is_younger(page.came_at, || self.table.made())) {
                match place {
                    Some((node, number)) => {
                        let is_bare = BARE || (WATCHED && self.names.are_bare());
                        let labels = if is_bare { self.names.rendered_in(node.key(), &mut room) } else { self.names.rendered(node.key()) };
                        let showing = if WATCHED { page.showing(node) } else { None };
                        // Of a series that may be on its way out the number is that of this moment.
                        let number = number.filter(|_| showing.is_none()).or_else(|| node.cell.number());
                        is_whole = labels.zip(number).is_some_and(|(labels, number)| rows.number(labels, number));
                        if !is_whole {
                            break;
                        }
                        was_shown(showing);
                    }
                    None => rows.skip(),
                }
                count += 1;
            }
            places.pass(count);
            // What does not fit is read again, because it may take long to hand on what is before it.
            if !is_whole && !rows.make_room() {
                return;
            }
        }
    }
}

impl Page<'_> {
    /// What a series with a time to live says when it was shown.
    #[inline]
    fn showing<'p, C: FromConfig>(&self, node: Found<'p, C>) -> Option<(&'p Idle, Showing)> {
        let (sweep, held) = self.watch.as_ref()?;
        let idle = node.idle()?;
        Some((idle, idle.showing(sweep, || held.has(node), || digest(&node.cell))?))
    }
}

fn was_shown(showing: Option<(&Idle, Showing)>) {
    if let Some((idle, showing)) = showing {
        idle.was_shown(showing);
    }
}
