//! The asynchronous twin writes the same page, into writers that wait, take little, take nothing or fail.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embedded_io::ErrorKind;
use picometer::{Exposition, FillError, Format, WriteError};

use crate::fixture::{Fixture, text};

/// Takes at most some bytes at a time, and lets everybody else go first each time. Then it fails, or takes nothing any more.
struct Slow {
    taken: Vec<u8>,
    most: usize,
    end: usize,
    at_end: Result<usize, ErrorKind>,
}

impl Slow {
    fn new(most: usize) -> Self {
        Self { taken: Vec::new(), most, end: usize::MAX, at_end: Ok(0) }
    }
}

impl embedded_io_async::ErrorType for Slow {
    type Error = ErrorKind;
}

impl embedded_io_async::Write for Slow {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let mut waited = false;
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        if self.taken.len() >= self.end {
            return self.at_end;
        }
        let bytes = &bytes[..bytes.len().min(self.most)];
        self.taken.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// Writes what is left of a page; the result, and how often the writer kept it waiting.
fn write(page: &mut Exposition<'_>, out: &mut Slow, buffer: &mut [u8]) -> (Result<(), WriteError<ErrorKind>>, usize) {
    let mut writing = pin!(page.write_async(out, buffer));
    let mut waits = 0;
    loop {
        match writing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => return (result, waits),
            Poll::Pending => waits += 1,
        }
    }
}

#[test]
fn an_asynchronous_writer_gets_the_same_page() {
    Fixture::filled().with_registry(|registry| {
        for (format, most, size) in [(Format::Text004, 1, 256), (Format::OpenMetrics100, 7, 300), (Format::Text100, 10_000, 10_000)] {
            let (mut page, mut out) = (Exposition::new(registry, format), Slow::new(most));
            let whole = text(&page);
            let (result, waits) = write(&mut page, &mut out, &mut vec![0; size]);
            assert_eq!(result, Ok(()));
            assert_eq!(String::from_utf8(out.taken).unwrap(), whole);
            assert!(page.is_done() && waits >= whole.len().div_ceil(most.min(size)), "it waited {waits} times");
            // A page that is whole has nothing more to write.
            assert_eq!(write(&mut page, &mut Slow::new(1), &mut []).0, Ok(()));
        }
    });
}

#[test]
fn what_a_writer_says_comes_back() {
    Fixture::filled().with_registry(|registry| {
        let (fails, full) = (Err(ErrorKind::ConnectionReset), Ok(0));
        for (at_end, expected) in [(fails, WriteError::Io(ErrorKind::ConnectionReset)), (full, WriteError::WriteZero)] {
            let mut out = Slow { end: 500, at_end, ..Slow::new(100) };
            let mut page = Exposition::new(registry, Format::OpenMetrics100);
            assert_eq!(write(&mut page, &mut out, &mut [0; 256]).0, Err(expected));
            assert!(!page.is_done() && text(&page).as_bytes().starts_with(&out.taken));
        }
    });
}

#[test]
fn a_buffer_that_is_too_small_is_told_and_a_larger_one_goes_on() {
    Fixture::filled().with_registry(|registry| {
        let (mut page, mut out) = (Exposition::new(registry, Format::Text004), Slow::new(50));
        let (whole, least) = (text(&page), page.longest_line());
        let error = WriteError::Fill(FillError::BufferTooSmall { needed: least });
        assert_eq!(write(&mut page, &mut out, &mut vec![0; least - 1]).0, Err(error));
        assert_eq!(write(&mut page, &mut out, &mut vec![0; least]).0, Ok(()));
        assert_eq!(String::from_utf8(out.taken).unwrap(), whole);
    });
}
