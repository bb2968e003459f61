//! The series that a page comes to next, and their numbers, read in columns.

use picometer::Number;

use super::node::Found;
use super::table::Places;
use crate::cell::{COLUMN, FromConfig, column};

/// So many are read at least: as long as it is not known how long lines are.
pub(super) const FEWEST: usize = 4;
/// No cell is at this place.
const NOWHERE: u32 = u32::MAX;

/// What was read of the places of a table from one on.
pub(super) struct Ahead<'p, C> {
    nodes: [Option<Found<'p, C>>; COLUMN],
    values: [u64; COLUMN],
    /// Where the numbers are, and of which generation.
    cells: [u32; COLUMN],
    generations: [u64; COLUMN],
}

impl<'p, C: FromConfig> Ahead<'p, C> {
    /// Whether the numbers of these cells are read in columns.
    fn has_columns() -> bool {
        C::number_of(0).is_some()
    }

    #[inline]
    pub(super) fn new() -> Self {
        Self { nodes: [None; COLUMN], values: [0; COLUMN], cells: [NOWHERE; COLUMN], generations: [0; COLUMN] }
    }

    /// Reads what comes next, as many as fit a page in small pieces: about so many lines have room there. A series that
    /// `is_younger` is left out. Shows each place: its series, if it has one, and the number of its cell where those are read in
    /// columns.
    #[inline(always)]
    pub(super) fn read(
        &mut self,
        places: &Places<'p, C>,
        lines: usize,
        is_younger: impl Fn(Found<'p, C>) -> bool,
    ) -> impl Iterator<Item = Option<(Found<'p, C>, Option<Number>)>> {
        let len = self.read_nodes(places, lines.clamp(FEWEST, column()));
        // Rarely there is one.
        for node in self.nodes.iter_mut().take(len) {
            *node = node.filter(|node| !is_younger(*node));
        }
        let (nodes, values) = (self.nodes.get(..len).unwrap_or(&[]), self.values.get(..len).unwrap_or(&[]));
        nodes.iter().zip(values).map(|(node, &value)| node.map(|node| (node, C::number_of(value))))
    }

    #[inline(never)]
    fn read_nodes(&mut self, places: &Places<'p, C>, most: usize) -> usize {
        let len = places.len().min(most);
        let (Some(nodes), Some(values)) = (self.nodes.get_mut(..len), self.values.get_mut(..len)) else { return 0 };
        let (Some(cells), Some(generations)) = (self.cells.get_mut(..len), self.generations.get_mut(..len)) else { return 0 };
        places.read(nodes);
        if Self::has_columns() {
            let cell = |node: &Option<Found<'p, C>>| node.and_then(|node| node.get().cell.place()).unwrap_or((NOWHERE, 0));
            let (first, _) = nodes.first().map_or((NOWHERE, 0), cell);
            let mut is_row = true;
            for (((node, place), generation), at) in nodes.iter().zip(&mut *cells).zip(&mut *generations).zip(0..) {
                (*place, *generation) = cell(node);
                is_row &= *place == first.wrapping_add(at);
            }
            C::column(cells, generations, is_row, values);
            // Those that were reset meanwhile, or are being reset, by themselves.
            for (((node, place), generation), value) in nodes.iter().zip(cells).zip(generations).zip(values) {
                if let Some(node) = node.filter(|node| node.get().cell.place() != Some((*place, *generation))) {
                    *value = node.get().cell.bits();
                }
            }
        }
        len
    }
}
