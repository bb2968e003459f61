//! Metrics of another library on a page of this one: for programs that move from one to the other, metric by metric.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use picometer::{Collector, Desc, DescParts, Encoder, Kind, Point, Stop};

use crate::parse::{self, Dialect, Page, Rules};

/// A collector of what another library writes: a function that returns its page as text.
///
/// The text is in any format that [`Dialect::detect`] knows. So it works with each version of each library that writes pages, and
/// depends on none. What is read keeps its names, types, labels, timestamps and exemplars, and is written in the format that the scraper
/// asks for. Names that both libraries have are refused where the bridge is registered.
///
/// A gauge `picometer_bridge_…_up` says whether the text could be read. A function that fails, and a text that no reader takes, are
/// failures of the collector, which `Registry::failures` has with line and column.
///
/// ```
/// use picometer_std::{Bridge, Counter, Metric, Registry, sample_value};
///
/// // With `prometheus`: TextEncoder::new().encode_to_string(&prometheus::gather())
/// // With prometheus-client: encoding::text::encode(&mut text, &registry).map(|()| text)
/// let old =
///     || Ok::<_, std::fmt::Error>("# TYPE jobs_total counter\njobs_total 7\n".to_owned());
///
/// let registry = Registry::new();
/// registry.register(Bridge::new("old", old))?;
/// registry.register(Metric::<Counter>::new("mails_total", "Mails that were sent."))?;
/// assert_eq!(sample_value(&registry, "jobs_total", &[]), Some(7.0));
/// assert_eq!(sample_value(&registry, "picometer_bridge_old_up", &[]), Some(1.0));
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
pub struct Bridge<F> {
    up: String,
    source: F,
    /// What a page shows that is written piece by piece.
    last: Mutex<Option<(Instant, Arc<Page>)>>,
}

/// So long the pieces of a page come from one text.
const FRESH: Duration = Duration::from_secs(1);

impl<F> Bridge<F> {
    /// Returns a bridge to `source`. `name`, of letters, digits and `_`, tells bridges of one registry apart.
    pub fn new(name: &str, source: F) -> Self {
        Self { up: format!("picometer_bridge_{name}_up"), source, last: Mutex::default() }
    }
}

impl<F, E> Bridge<F>
where
    F: Fn() -> Result<String, E>,
    E: fmt::Display,
{
    fn read(&self) -> Result<Arc<Page>, String> {
        let text = (self.source)().map_err(|error| error.to_string())?;
        let families = parse::families(&text, Dialect::detect(&text), Rules::READ);
        families.map(|families| Arc::new(Page::new(families))).map_err(|error| error.in_page(&text).to_string())
    }

    fn page(&self, again: bool) -> Result<Arc<Page>, String> {
        // The lock is not held while the source writes, which may take long or panic.
        let kept = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((when, page)) = kept
            && !again
            && when.elapsed() < FRESH
        {
            return Ok(page);
        }
        let page = self.read()?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), page.clone()));
        Ok(page)
    }
}

impl<F, E> Collector for Bridge<F>
where
    F: Fn() -> Result<String, E> + Send + Sync,
    E: fmt::Display,
{
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let help = "Whether the page of the other library could be read.";
        let parts = DescParts { name: &self.up, help, ..DescParts::new(Kind::Gauge) };
        let up = Desc::try_new(parts).map_err(|error| out.fail(format_args!("the name of the bridge, `{}`: {error}", self.up)))?;
        // The first family of a page that begins is wanted; of one that goes on it was sent.
        let begins = out.begin(&up)?;
        let page = self.page(begins);
        if begins {
            out.metric(&up, &(), &Point::number(u32::from(page.is_ok())))?;
        }
        match page {
            Ok(page) => page.collect(out),
            Err(error) => Err(out.fail(error)),
        }
    }
}

impl<F> fmt::Debug for Bridge<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridge").field("up", &self.up).finish_non_exhaustive()
    }
}
