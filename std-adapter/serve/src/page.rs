//! A page in memory: the one place where servers and files turn metrics into text.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use picometer::http::Negotiated;
use picometer::{Collector, Desc, Exposition, FillError};
use picometer_registry::Scrape;

/// The text of a page, in memory that the next page is written into again.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Initialised once, so that a page is not zeroed before it is written.
    bytes: Vec<u8>,
    len: usize,
}

impl Page {
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// How many bytes of memory it keeps.
    #[cfg(feature = "exporter")]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        self.bytes.truncate(self.len);
        self.bytes
    }
}

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RenderError {
    Panicked,
    Unwritable(FillError),
}

impl std::fmt::Display for RenderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Panicked => f.write_str("a collector panicked; the program's standard error says where"),
            Self::Unwritable(error) => error.fmt(f),
        }
    }
}

const FIRST_SIZE: usize = 4096;

/// What the longest page so far took. Servers that keep no memory between requests start with as much, and write the page once.
static ROOM: AtomicUsize = AtomicUsize::new(FIRST_SIZE);

/// Writes a page in place of the one before: the families that have one of these names, sorted, or all of them without names.
pub(crate) fn render(metrics: &dyn Collector, negotiated: Negotiated, names: &[Box<str>], page: &mut Page) -> Result<(), RenderError> {
    let scrape = if names.is_empty() { Scrape::new() } else { Scrape::new().only(names.iter().cloned()) };
    render_in(&Arc::new(scrape), metrics, negotiated, names, page)
}

/// [`render`] in a scrape that others look at. Every collector runs in one piece: if the page outgrows its memory, it starts again
/// in twice as much.
pub(crate) fn render_in(
    scrape: &Arc<Scrape>,
    metrics: &dyn Collector,
    negotiated: Negotiated,
    names: &[Box<str>],
    page: &mut Page,
) -> Result<(), RenderError> {
    page.len = 0;
    if page.bytes.is_empty() {
        // Zeroed by the caller, so that what the page does not need is not touched.
        page.bytes = vec![0; ROOM.load(Ordering::Relaxed)];
    }
    let mut exposition = Exposition::new(metrics, negotiated.format).escaping(negotiated.escaping.unwrap_or_default());
    let room = RefCell::new(String::new());
    let wanted = |desc: &Desc<'_>| {
        scrape.note(desc);
        names.is_empty() || is_named(names, desc, &mut room.borrow_mut())
    };
    loop {
        let filled = catch_unwind(AssertUnwindSafe(|| scrape.run(|| exposition.fill_some(&mut page.bytes, Some(&wanted)))));
        match filled {
            Ok(Ok(len)) if exposition.is_done() => {
                page.len = len;
                return Ok(());
            }
            // `BufferTooSmall`, or a histogram that was to be cut.
            Ok(Ok(_) | Err(FillError::BufferTooSmall { .. } | FillError::TooManyBuckets)) => {}
            Ok(Err(error)) => return Err(RenderError::Unwritable(error)),
            Err(panic) => {
                drop_quietly(panic);
                return Err(RenderError::Panicked);
            }
        }
        let twice = page.bytes.len() * 2;
        // Given back first: both at once would be three times as much.
        page.bytes = Vec::new();
        page.bytes = vec![0; twice];
        ROOM.fetch_max(twice, Ordering::Relaxed);
        exposition.restart();
    }
}

/// Whether a family has one of the sorted names, or samples of one. As fast as a search for each of the few names that it has.
fn is_named(names: &[Box<str>], desc: &Desc<'_>, room: &mut String) -> bool {
    let mut is = |name: picometer::Name<'_>| {
        room.clear();
        // Into memory that grows, which does not fail.
        let _ = std::fmt::Write::write_fmt(room, format_args!("{name}"));
        names.binary_search_by(|known| (**known).cmp(room)).is_ok()
    };
    is(desc.name()) || desc.kind().suffixes().iter().any(|suffix| is(desc.sample(suffix)))
}

/// Drops what a panic carried, which may panic itself.
pub(crate) fn drop_quietly(panic: Box<dyn Any + Send>) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        // A leak of a few bytes, where a third one would end the thread.
        std::mem::forget(another);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use picometer::{Encoder, Format, Stop, labels};

    struct Many;

    impl Collector for Many {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            let mut family = out.family(const { &Desc::gauge("place", "") })?;
            (0..1_000_u32).try_for_each(|place| family.gauge(&[("at", place.to_string().as_str())], place))
        }
    }

    struct Panics;

    impl Collector for Panics {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            Many.collect(out)?;
            std::panic::resume_unwind(Box::new("on purpose"))
        }
    }

    labels! { enum Only as "only" { One = "1" } }

    #[test]
    fn a_page_outgrows_its_memory_and_keeps_what_it_got() {
        let mut page = Page::default();
        let negotiated = Negotiated { format: Format::OpenMetrics100, escaping: None };
        for _ in 0..2 {
            render(&Many, negotiated, &[], &mut page).unwrap();
            let text = str::from_utf8(page.as_slice()).unwrap();
            assert_eq!(text.lines().count(), 1_002);
            assert!(text.ends_with("place{at=\"999\"} 999\n# EOF\n"));
        }
        let size = page.bytes.len();
        static FEW: picometer::Family<picometer::Counter, Only, 1> = picometer::Family::new(&Desc::counter("few_total", ""));
        render(&FEW, Negotiated::default(), &[], &mut page).unwrap();
        assert_eq!(page.as_slice(), b"# TYPE few_total counter\nfew_total{only=\"1\"} 0\n");
        assert_eq!(page.bytes.len(), size);
    }

    #[test]
    fn a_page_in_new_memory_is_written_once_if_one_was_as_long() {
        struct Counted(AtomicUsize);

        impl Collector for Counted {
            fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
                self.0.fetch_add(1, Ordering::Relaxed);
                Many.collect(out)
            }
        }

        let collector = Counted(AtomicUsize::new(0));
        render(&collector, Negotiated::default(), &[], &mut Page::default()).unwrap();
        collector.0.store(0, Ordering::Relaxed);
        render(&collector, Negotiated::default(), &[], &mut Page::default()).unwrap();
        assert_eq!(collector.0.into_inner(), 1);
    }

    #[test]
    fn names_are_those_of_families_and_samples() {
        let names: Vec<Box<str>> = ["a", "h_sum", "z_total"].map(Into::into).into();
        let is = |desc: Desc<'_>| is_named(&names, &desc, &mut String::new());
        assert!(
            is(Desc::gauge("a", ""))
                && is(Desc::counter("a_total", ""))
                && is(Desc::histogram("h", ""))
                && is(Desc::counter("z_total", ""))
        );
        assert!(!is(Desc::gauge("b", "")) && !is(Desc::gauge("h", "")) && !is(Desc::gauge("z", "")) && !is(Desc::gauge("aa", "")));
    }

    #[test]
    fn a_panic_is_an_error_and_leaves_nothing() {
        let mut page = Page::default();
        render(&Many, Negotiated::default(), &[], &mut page).unwrap();
        let result = render(&Panics, Negotiated::default(), &[], &mut page);
        assert_eq!(result, Err(RenderError::Panicked));
        assert!(page.as_slice().is_empty());
    }
}
