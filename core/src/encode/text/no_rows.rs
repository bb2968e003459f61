//! Numbers of one family in one go, on targets where flash counts more than speed: no encoder takes them.

use core::convert::Infallible;
use core::marker::PhantomData;

use crate::number::Number;

/// Takes the numbers of a family whose labels are [rendered](crate::LabelSet::rendered). On this target no encoder makes one.
///
/// ```
/// use picometer::{Desc, Encoder, Number};
///
/// fn zone(out: &mut dyn Encoder, desc: &Desc<'_>) -> bool {
///     out.rows(desc).is_some_and(|mut rows| rows.number(r#"zone="cpu""#, Number::from(21)))
/// }
/// ```
pub struct Rows<'a>(Infallible, PhantomData<&'a mut ()>);

impl Rows<'_> {
    /// Writes the line of a place, if it fits; whether it did.
    pub fn number(&mut self, _: &str, _: Number) -> bool {
        match self.0 {}
    }

    /// A place without a metric.
    pub fn skip(&mut self) {
        match self.0 {}
    }

    /// How many lines have room that are as long as the longest of the page so far.
    pub fn lines_left(&self) -> usize {
        match self.0 {}
    }

    /// Hands on what is written; whether there is more room than before.
    pub fn make_room(&mut self) -> bool {
        match self.0 {}
    }
}

shown_as!([] Rows<'_>, self => "no rows");
