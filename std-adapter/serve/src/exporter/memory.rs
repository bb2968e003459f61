//! The memory of pages: shared while they are sent, counted, and used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::respond::{Answer, Body, Buffers};

/// A page that was made, shared by all who asked for it.
#[derive(Debug)]
pub(super) struct Made {
    answer: Answer,
    bytes: usize,
    held: Arc<AtomicUsize>,
}

impl Drop for Made {
    fn drop(&mut self) {
        // Relaxed: a count for a limit, by which nothing else is read.
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Made {
    /// Whether it is a page, and not the answer in place of one.
    pub(super) fn is_page(&self) -> bool {
        self.answer.status == 200
    }
}

/// What a client is sent.
#[derive(Debug)]
pub(super) enum Response {
    /// Its own, a few bytes.
    Own(Answer),
    Page(Arc<Made>),
}

impl Response {
    /// In place of one, where none is being sent.
    pub(super) fn none() -> Self {
        Self::Own(Answer::text(0, ""))
    }

    pub(super) fn answer(&self) -> &Answer {
        match self {
            Self::Own(answer) => answer,
            Self::Page(made) => &made.answer,
        }
    }
}

/// Memory for pages to come, and how much those have that are being sent.
#[derive(Debug)]
pub(super) struct Memory {
    held: Arc<AtomicUsize>,
    /// What the last page took: a guess at the next.
    last: usize,
    spare: Vec<(Buffers, Instant)>,
}

/// What more threads make at a time would lie idle.
const SPARE: usize = 4;
/// Kept for the next page however long that takes. Larger memory is given back soon, and but one of it is kept.
const SMALL: usize = 1 << 20;
const KEEP_LARGE: Duration = Duration::from_secs(10);

impl Memory {
    pub(super) fn new() -> Self {
        Self { held: Arc::default(), last: 0, spare: Vec::new() }
    }

    /// Bytes of pages that are being sent.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether another page is within the limit, while so many are being made. One at a time always is.
    pub(super) fn fits(&self, limit: usize, rendering: usize) -> bool {
        let held = self.held();
        let expected = self.last.saturating_mul(rendering.saturating_add(1)).saturating_add(held);
        (held == 0 && rendering == 0) || expected <= limit
    }

    pub(super) fn take(&mut self) -> Buffers {
        self.spare.pop().map(|(buffers, _)| buffers).unwrap_or_default()
    }

    /// Takes in a page, to be shared.
    pub(super) fn made(&mut self, answer: Answer) -> Arc<Made> {
        let bytes = answer.body.as_bytes().len();
        if answer.status == 200 {
            self.last = bytes;
        }
        self.held.fetch_add(bytes, Ordering::Relaxed);
        Arc::new(Made { answer, bytes, held: Arc::clone(&self.held) })
    }

    /// Takes back what a client does not need any more.
    pub(super) fn give_back(&mut self, response: Response, now: Instant) {
        let Response::Page(made) = response else { return };
        // Others are still being sent it.
        let Some(mut made) = Arc::into_inner(made) else { return };
        let body = std::mem::replace(&mut made.answer.body, Body::Text("".into()));
        let buffers = match body {
            Body::Page(page) => Buffers { page, ..Buffers::default() },
            Body::Compressed(compressed) => Buffers { compressed, ..Buffers::default() },
            Body::Text(_) => return,
        };
        self.keep(buffers, now);
    }

    /// Keeps memory for the next page.
    pub(super) fn keep(&mut self, buffers: Buffers, now: Instant) {
        let empty = size(&buffers) == 0;
        let another = size(&buffers) > SMALL && self.spare.iter().any(|(spare, _)| size(spare) > SMALL);
        // The two halves of what a compressed page took are put together again.
        if let Some((spare, _)) = self.spare.iter_mut().find(|(spare, _)| fits_together(spare, &buffers)) {
            if spare.page.capacity() == 0 {
                spare.page = buffers.page;
            } else {
                spare.compressed = buffers.compressed;
            }
        } else if !empty && !another && self.spare.len() < SPARE {
            self.spare.push((buffers, now));
        }
    }

    /// Gives back what was not needed for a while; when there will be more of it.
    pub(super) fn shrink(&mut self, now: Instant) -> Option<Instant> {
        self.spare.retain(|(spare, since)| size(spare) <= SMALL || now.saturating_duration_since(*since) < KEEP_LARGE);
        self.spare.iter().filter(|(spare, _)| size(spare) > SMALL).map(|(_, since)| *since + KEEP_LARGE).min()
    }
}

fn size(buffers: &Buffers) -> usize {
    buffers.page.capacity() + buffers.compressed.capacity()
}

fn fits_together(one: &Buffers, other: &Buffers) -> bool {
    (one.page.capacity() == 0 && other.compressed.capacity() == 0) || (one.compressed.capacity() == 0 && other.page.capacity() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(bytes: usize) -> Answer {
        Answer { status: 200, headers: Vec::new(), body: Body::Compressed(vec![0; bytes]) }
    }

    #[test]
    fn bytes_are_held_until_the_last_client_is_done() {
        let (mut memory, now) = (Memory::new(), Instant::now());
        let made = memory.made(page(100));
        let (first, second) = (Response::Page(Arc::clone(&made)), Response::Page(made));
        assert_eq!(memory.held(), 100);
        memory.give_back(first, now);
        assert_eq!(memory.held(), 100);
        drop(second);
        assert_eq!(memory.held(), 0);
    }

    #[test]
    fn one_page_always_fits() {
        let mut memory = Memory::new();
        assert!(memory.fits(0, 0));
        let made = memory.made(page(100));
        assert!(memory.fits(200, 0) && !memory.fits(199, 0) && !memory.fits(200, 1));
        drop(made);
        assert!(memory.fits(0, 0) && !memory.fits(199, 1));
    }

    #[test]
    fn large_memory_is_kept_once_and_for_a_while() {
        let (mut memory, now) = (Memory::new(), Instant::now());
        for size in [2 * SMALL, 2 * SMALL, 100] {
            let made = memory.made(page(size));
            memory.give_back(Response::Page(made), now);
        }
        assert_eq!(memory.spare.iter().map(|(spare, _)| size(spare)).sum::<usize>(), 2 * SMALL + 100);
        assert_eq!(memory.shrink(now), Some(now + KEEP_LARGE));
        assert_eq!(memory.shrink(now + KEEP_LARGE), None);
        assert_eq!(memory.spare.iter().map(|(spare, _)| size(spare)).sum::<usize>(), 100);
    }
}
