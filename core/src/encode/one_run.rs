//! The run of an encoder that asks collectors for something else than a page.

use core::any::Any;
use core::fmt::Display;

use crate::encode::Run;

/// One run, from the start to the end, with something for collectors that know its type.
#[derive(Debug)]
pub struct OneRun<E>(pub E);

impl<E: Any> Run for OneRun<E> {
    fn skip(&mut self) {}

    fn resume_at(&mut self) -> usize {
        0
    }

    fn generation(&mut self, now: u32) -> u32 {
        now
    }

    fn next_part(&mut self) {}

    fn rollback(&mut self) {}

    fn fail(&mut self, _: &dyn Display) {}

    fn extension(&mut self) -> Option<&mut dyn Any> {
        Some(&mut self.0)
    }
}
