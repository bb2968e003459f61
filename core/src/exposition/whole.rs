//! Whole pages at once.

use super::{Exposition, WriteError};
use crate::encode::Stop;
use crate::encode::page::Page;

impl<const BUCKETS: usize> Exposition<'_, BUCKETS> {
    /// Writes the whole page, from its start, whatever was filled before.
    ///
    /// # Errors
    ///
    /// What the writer says, or that it takes no more.
    pub fn write_to<W: embedded_io::Write + ?Sized>(&self, out: &mut W) -> Result<(), WriteError<W::Error>> {
        let mut failure = None;
        let mut drain = |mut bytes: &[u8]| {
            while !bytes.is_empty() {
                // Not `write_all`, which panics where a writer takes nothing.
                match out.write(bytes) {
                    Ok(0) => failure = Some(WriteError::WriteZero),
                    Ok(count) => bytes = bytes.get(count..).unwrap_or(&[]),
                    Err(error) => failure = Some(WriteError::Io(error)),
                }
                if failure.is_some() {
                    return Err(Stop);
                }
            }
            Ok(())
        };
        self.drain_into(&mut drain);
        failure.map_or(Ok(()), Err)
    }

    /// Writes the whole page, from its start, whatever was filled before, by way of `scratch`: each time that is full, and at the
    /// end, `drain` gets what is in it. The way into memory that grows.
    ///
    /// ```
    /// use picometer::{Counter, Desc, Exposition, Format, Metric};
    ///
    /// static BOOTS: Metric<Counter> =
    ///     Metric::new(&Desc::counter("boots_total", "Times the device started."));
    /// let mut page = Vec::new();
    /// Exposition::new(&BOOTS, Format::Text004)
    ///     .drain(&mut [0; 4096], &mut |bytes| page.extend_from_slice(bytes));
    /// assert!(page.ends_with(b"\nboots_total 0\n"));
    /// ```
    pub fn drain(&self, scratch: &mut [u8], drain: &mut dyn FnMut(&[u8])) {
        self.drain_by(scratch, &mut |bytes| {
            drain(bytes);
            Ok(())
        });
    }

    /// How many bytes the page has: exact for a page that is written while no value changes, in protobuf by `write_to`.
    ///
    /// A value that gains a digit between this and the writing makes the page longer. So a length that is *promised* to a client
    /// needs values that are frozen; HTTP has chunked coding for the others.
    pub fn content_length(&self) -> u64 {
        self.count().0
    }

    /// How many bytes its longest line has, or its longest metric in protobuf: the least that [`fill`](Self::fill) can work with.
    ///
    /// A value that grows needs a few bytes more: 20 in all for an integer, 25 for any other. An exemplar or a series that comes
    /// later needs its own length.
    pub fn longest_line(&self) -> usize {
        self.count().1
    }

    fn count(&self) -> (u64, usize) {
        self.drain_into(&mut |_| Ok(()))
    }

    /// Writes the whole page into a drain; its length, and that of its longest line.
    fn drain_into(&self, drain: &mut dyn FnMut(&[u8]) -> Result<(), Stop>) -> (u64, usize) {
        // On a server a few calls of the writer more are not worth the stack.
        let mut scratch = [0; if cfg!(target_pointer_width = "64") { 4_096 } else { 128 }];
        self.drain_by(&mut scratch, drain)
    }

    #[inline]
    fn drain_by(&self, scratch: &mut [u8], drain: &mut dyn FnMut(&[u8]) -> Result<(), Stop>) -> (u64, usize) {
        let mut fresh = *self;
        fresh.restart();
        let mut page = Page::draining(scratch, drain);
        fresh.run(&mut page, None);
        let counted = (page.total(), page.longest_unit());
        // A drain that failed, which is known to the caller, is not asked again.
        if page.halt().is_none() {
            let _ = page.flush();
        }
        counted
    }
}

/// Asynchronous writing, with feature `embedded-io-async`.
#[cfg(feature = "embedded-io-async")]
impl<const BUCKETS: usize> Exposition<'_, BUCKETS> {
    /// Writes the rest of the page by way of `buffer`, without holding anything up while the writer waits.
    ///
    /// # Errors
    ///
    /// What the writer says, that it takes no more, or what [`fill`](Self::fill) says of the buffer.
    pub async fn write_async<W>(&mut self, out: &mut W, buffer: &mut [u8]) -> Result<(), WriteError<W::Error>>
    where
        W: embedded_io_async::Write + ?Sized,
    {
        while !self.is_done() {
            let len = self.fill(buffer).map_err(WriteError::Fill)?;
            let mut bytes = buffer.get(..len).unwrap_or(&[]);
            while !bytes.is_empty() {
                match out.write(bytes).await.map_err(WriteError::Io)? {
                    0 => return Err(WriteError::WriteZero),
                    count => bytes = bytes.get(count..).unwrap_or(&[]),
                }
            }
        }
        Ok(())
    }
}
