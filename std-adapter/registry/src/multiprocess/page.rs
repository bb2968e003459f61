//! The page of a process that is a worker, too.

use picometer::{Desc, Encoder, Stop};

use picometer_multiprocess::{Collector, JoinError};

use crate::registry::Registry;
use crate::select::Select;
use crate::shared::publish_declared;

/// One page of a program that may or may not share: what a registry has, and where it shares, for the families that are shared
/// the sums of all workers. Collectors that are not shared show what they show.
///
/// ```
/// use picometer_std::multiprocess::Page;
/// use picometer_std::{Counter, Metric, Registry, Snapshot};
///
/// let registry = Registry::new();
/// registry.register(Metric::<Counter>::new("jobs_total", "Jobs done."))?.inc();
/// let page = Page::new(&registry)?;
/// assert_eq!(Snapshot::of(&page).value("jobs_total", &[]), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Page {
    registry: Registry,
    workers: Option<Collector>,
}

impl Page {
    /// The page of a registry. The directory is the one that this process shares in: [`join`](super::join), or
    /// `PROMETHEUS_MULTIPROC_DIR`.
    ///
    /// # Errors
    ///
    /// The directory that the environment names cannot be used.
    pub fn new(registry: &Registry) -> Result<Self, JoinError> {
        let workers = Collector::of_this_process()?.map(|workers| workers.processes(true));
        publish_declared();
        Ok(Self { registry: registry.clone(), workers })
    }

    /// Whether the page shows processor time, memory, descriptors and start of every live worker, with a label `pid`; it does unless
    /// told otherwise. Where hundreds of workers come and go, those are most of its series.
    ///
    /// ```
    /// use picometer_std::Registry;
    /// use picometer_std::multiprocess::Page;
    ///
    /// let page = Page::new(&Registry::new())?.processes(false);
    /// # Ok::<(), picometer_std::multiprocess::JoinError>(())
    /// ```
    #[must_use]
    pub fn processes(mut self, shown: bool) -> Self {
        self.workers = self.workers.map(|workers| workers.processes(shown));
        self
    }
}

impl picometer::Collector for Page {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        match &self.workers {
            Some(workers) => {
                let shown = workers.show(out)?;
                // Families that workers share are on the page already.
                let begin =
                    |out: &mut dyn Encoder, desc: &Desc<'_>| if shown.has(&desc.name()) { Ok(None) } else { out.begin(desc).map(Some) };
                picometer::Collector::collect(&self.registry, &mut Select::new(out, begin))
            }
            None => picometer::Collector::collect(&self.registry, out),
        }
    }
}
