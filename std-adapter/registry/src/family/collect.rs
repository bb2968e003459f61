//! The pages of a family.

use picometer::{Collector, Desc, Encoder, LabelSet, SeriesEncoder, Stop};
#[cfg(target_pointer_width = "64")]
use picometer::{Kind, Rows};

use super::Family;
#[cfg(target_pointer_width = "64")]
use super::node::Found;
#[cfg(target_pointer_width = "64")]
use super::table::Places;
use crate::cell::Make;
#[cfg(target_pointer_width = "64")]
use crate::epoch::{self, once};
use crate::failure::failed_metric;
use crate::label::Room;
use crate::label::{Labelled, OVERFLOW};

impl<C: Make, const N: usize> Collector for Family<C, N> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        // Checked once: from its first page on a family stays as it is.
        let is_legacy = || self.names.names().iter().all(|name| picometer::Label::try_new(name, "").is_ok());
        let legacy = match once(&self.legacy, || self.check().map(|()| is_legacy())) {
            Ok(legacy) => *legacy,
            Err(error) => return Err(failed_metric(error.clone())),
        };
        let desc = self.options.desc().map_err(failed_metric)?;
        #[cfg(all(feature = "multiprocess", target_os = "linux"))]
        self.home.remember();
        self.expire();
        if out.begin(&desc)? {
            // A series that is made from now on is younger than the page.
            let came_at = out.came_at(self.table.made());
            // What was removed since the last page, and nobody can see any more.
            epoch::tidy();
            self.collect_series(&desc, legacy, came_at, out)?;
            if let Some(overflow) = self.overflow.get() {
                overflow.cell.encode(&mut SeriesEncoder::new(out, &desc, &OVERFLOW as &dyn LabelSet))?;
            }
        }
        self.options.collect_folded(&desc, out)
    }
}

impl<C: Make, const N: usize> Family<C, N> {
    /// The series that are not younger than the page.
    fn collect_series(&self, desc: &Desc<'_>, legacy: bool, came_at: u32, out: &mut dyn Encoder) -> Result<(), Stop> {
        let look = self.table.look();
        let mut places = look.places(out.pass());
        while let Some(node) = places.next() {
            let next = Some(node);
            #[cfg(target_pointer_width = "64")]
            let next = match out.rows(desc).filter(|_| legacy && matches!(C::KIND, Kind::Counter | Kind::Gauge | Kind::Unknown)) {
                Some(mut rows) if self.names.are_bare() => self.collect_rows::<true>(&mut rows, next, &mut places, came_at),
                Some(mut rows) => self.collect_rows::<false>(&mut rows, next, &mut places, came_at),
                None => next,
            };
            // The first, and what has more to it than a line.
            match next {
                Some(Some(node)) if !node.is_younger(came_at, || self.table.made()) => {
                    let labels = Labelled { names: &self.names, legacy, key: node.key() };
                    node.cell.encode(&mut SeriesEncoder::new(out, desc, &labels))?;
                }
                Some(_) => out.vacant(),
                None => {}
            }
        }
        Ok(())
    }

    /// Series whose labels and numbers are all there is to them; the first place that is another, if there is one.
    #[cfg(target_pointer_width = "64")]
    #[inline(never)]
    fn collect_rows<'p, const BARE: bool>(
        &self,
        rows: &mut Rows<'_>,
        mut next: Option<Option<Found<'p, C>>>,
        places: &mut Places<'p, C>,
        came_at: u32,
    ) -> Option<Option<Found<'p, C>>> {
        let mut room: Room = [0; 512];
        while let Some(place) = next {
            match place.filter(|node| !node.is_younger(came_at, || self.table.made())) {
                Some(node) => {
                    let labels = if BARE { self.names.rendered_in(node.key(), &mut room) } else { self.names.rendered(node.key()) };
                    match (labels, node.cell.number()) {
                        (Some(labels), Some(number)) if rows.number(labels, number) => {}
                        _ => break,
                    }
                }
                None => rows.vacant(),
            }
            next = places.next();
        }
        next
    }
}
