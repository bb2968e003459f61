//! Pages that are kept for clients that ask for the same soon, where the user says so.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::memory::Made;
use crate::respond::Asked;

/// More pages that differ are not asked for again and again.
const MOST: usize = 8;

/// The last pages, each for a while from the moment at which it was begun.
#[derive(Debug)]
pub(super) struct Recent {
    within: Duration,
    pages: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    asked: Asked,
    until: Instant,
    made: Arc<Made>,
}

impl Recent {
    /// Keeps pages for so long; none for zero.
    pub(super) fn new(within: Duration) -> Self {
        Self { within, pages: Vec::new() }
    }

    /// A page that answers this, and is not older than it may be.
    pub(super) fn find(&self, asked: &Asked, now: Instant) -> Option<Arc<Made>> {
        let kept = self.pages.iter().find(|kept| kept.until > now && kept.asked == *asked)?;
        Some(Arc::clone(&kept.made))
    }

    /// Keeps a page that was begun then, in place of what answered the same. What is kept no longer for it.
    pub(super) fn keep(&mut self, asked: Asked, began: Instant, made: &Arc<Made>, now: Instant) -> Option<Arc<Made>> {
        // Later than any clock: as long as there is no other.
        let until = began.checked_add(self.within).unwrap_or_else(|| now + Duration::from_secs(1 << 32));
        if until <= now || !made.is_page() {
            return None;
        }
        let other = self.pages.iter().position(|kept| kept.asked == asked).or((self.pages.len() >= MOST).then_some(0));
        let left = other.map(|at| self.pages.remove(at).made);
        self.pages.push(Kept { asked, until, made: Arc::clone(made) });
        left
    }

    /// A page that is older than it may be.
    pub(super) fn take_old(&mut self, now: Instant) -> Option<Arc<Made>> {
        let at = self.pages.iter().position(|kept| kept.until <= now)?;
        Some(self.pages.remove(at).made)
    }

    /// The oldest page, for memory that others need.
    pub(super) fn take_any(&mut self) -> Option<Arc<Made>> {
        (!self.pages.is_empty()).then(|| self.pages.remove(0).made)
    }

    /// When the next page will be too old.
    pub(super) fn next(&self) -> Option<Instant> {
        self.pages.iter().map(|kept| kept.until).min()
    }

    /// Keeps none any longer.
    pub(super) fn clear(&mut self) {
        self.pages.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;
    use crate::respond::{Answer, RequestParts};

    fn asked(query: &'static str) -> Asked {
        Asked::of(&RequestParts::new("GET", query)).unwrap()
    }

    #[test]
    fn page_is_found_until_it_is_too_old() {
        let (mut memory, mut recent) = (Memory::new(), Recent::new(Duration::from_secs(1)));
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let page = memory.made(Answer::text(200, "a 1\n"));
        assert!(recent.keep(asked("/metrics"), start, &page, at(100)).is_none());
        assert!(recent.find(&asked("/metrics"), at(999)).is_some_and(|found| Arc::ptr_eq(&found, &page)));
        assert!(recent.find(&asked("/metrics?name[]=a"), at(500)).is_none() && recent.find(&asked("/metrics"), at(1_000)).is_none());
        assert_eq!(
            (recent.next(), recent.take_old(at(999)).is_some(), recent.take_old(at(1_000)).is_some()),
            (Some(at(1_000)), false, true)
        );
        // What took longer than that to be made, and what is no page.
        recent.keep(asked("/metrics"), start, &page, at(1_000));
        recent.keep(asked("/metrics"), start, &memory.made(Answer::text(500, "")), start);
        assert!(recent.next().is_none());
        let mut never = Recent::new(Duration::ZERO);
        never.keep(asked("/metrics"), start, &page, start);
        assert!(never.find(&asked("/metrics"), start).is_none());
    }

    #[test]
    fn few_pages_are_kept_and_each_once() {
        let (mut memory, mut recent) = (Memory::new(), Recent::new(Duration::MAX));
        let now = Instant::now();
        for query in ["/metrics?name[]=a", "/metrics?name[]=a"] {
            recent.keep(asked(query), now, &memory.made(Answer::text(200, "")), now);
        }
        assert_eq!(recent.pages.len(), 1);
        for name in 0..100 {
            let query = format!("/metrics?name[]=a{name}");
            let asked = Asked::of(&RequestParts::new("GET", &query)).unwrap();
            recent.keep(asked, now, &memory.made(Answer::text(200, "")), now);
        }
        assert_eq!(std::iter::from_fn(|| recent.take_any()).count(), MOST);
    }
}
