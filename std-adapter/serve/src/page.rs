//! A page in memory: the one place where servers and files turn metrics into text.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use picometer::http::{Negotiated, Selection};
use picometer::{Collector, Desc, Exposition, FillError};

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

/// Writes a page in place of the one before. Every collector runs in one piece: if the page outgrows its memory, it starts again
/// in twice as much.
pub(crate) fn render(
    metrics: &dyn Collector,
    negotiated: Negotiated,
    selection: &Selection<'_>,
    page: &mut Page,
) -> Result<(), RenderError> {
    page.len = 0;
    if page.bytes.is_empty() {
        // Zeroed by whoever gives it, so that what the page does not need is not touched.
        page.bytes = vec![0; ROOM.load(Ordering::Relaxed)];
    }
    let mut exposition = Exposition::new(metrics, negotiated.format).escaping(negotiated.escaping.unwrap_or_default());
    let wanted = |desc: &Desc<'_>| selection.wants(desc);
    let wanted: Option<&dyn Fn(&Desc<'_>) -> bool> = if selection.is_everything() { None } else { Some(&wanted) };
    loop {
        let filled = catch_unwind(AssertUnwindSafe(|| exposition.fill_some(&mut page.bytes, wanted)));
        match filled.map_err(|_| RenderError::Panicked)? {
            Ok(len) if exposition.is_done() => {
                page.len = len;
                return Ok(());
            }
            // `BufferTooSmall`, or a histogram that was to be cut.
            Ok(_) | Err(FillError::BufferTooSmall { .. } | FillError::TooManyBuckets) => {}
            Err(error) => return Err(RenderError::Unwritable(error)),
        }
        page.bytes.resize(page.bytes.len() * 2, 0);
        ROOM.fetch_max(page.bytes.len(), Ordering::Relaxed);
        exposition.restart();
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
            render(&Many, negotiated, &Selection::default(), &mut page).unwrap();
            let text = str::from_utf8(page.as_slice()).unwrap();
            assert_eq!(text.lines().count(), 1_002);
            assert!(text.ends_with("place{at=\"999\"} 999\n# EOF\n"));
        }
        let size = page.bytes.len();
        static FEW: picometer::Family<picometer::Counter, Only, 1> = picometer::Family::new(&Desc::counter("few_total", ""));
        render(&FEW, Negotiated::default(), &Selection::default(), &mut page).unwrap();
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
        render(&collector, Negotiated::default(), &Selection::default(), &mut Page::default()).unwrap();
        collector.0.store(0, Ordering::Relaxed);
        render(&collector, Negotiated::default(), &Selection::default(), &mut Page::default()).unwrap();
        assert_eq!(collector.0.into_inner(), 1);
    }

    #[test]
    fn a_panic_is_an_error_and_leaves_nothing() {
        let mut page = Page::default();
        render(&Many, Negotiated::default(), &Selection::default(), &mut page).unwrap();
        let result = render(&Panics, Negotiated::default(), &Selection::default(), &mut page);
        assert_eq!(result, Err(RenderError::Panicked));
        assert!(page.as_slice().is_empty());
    }
}
