//! What a tokio runtime knows of itself.

use picometer::{Collector, Desc, Encoder, Number, Stop};
use tokio::runtime::{Handle, RuntimeMetrics, TryCurrentError};

use crate::registering::vouch;

/// Workers and tasks of a tokio runtime.
///
/// | metric | type | labels |
/// |---|---|---|
/// | `tokio_workers` | gauge | |
/// | `tokio_alive_tasks` | gauge | |
/// | `tokio_global_queue_depth` | gauge | |
/// | `tokio_worker_busy_seconds_total` | counter | `worker` |
/// | `tokio_worker_parks_total` | counter | `worker` |
///
/// All that a runtime says without `--cfg tokio_unstable`. Of several runtimes each goes into a registry nested with a label:
/// `registry.nested("", [("runtime", "io")])`.
///
/// ```
/// use picometer_std::collectors::TokioRuntime;
/// use picometer_std::{Registry, sample_value};
///
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// let registry = Registry::new();
/// registry.register(TokioRuntime::of(runtime.handle()))?;
/// assert_eq!(sample_value(&registry, "tokio_workers", &[]).unwrap(), 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TokioRuntime(RuntimeMetrics);

impl TokioRuntime {
    /// Of this runtime.
    pub fn of(handle: &Handle) -> Self {
        Self(handle.metrics())
    }

    /// Of the runtime that this is called in.
    ///
    /// # Errors
    ///
    /// It is called in none.
    pub fn current() -> Result<Self, TryCurrentError> {
        Handle::try_current().map(|handle| Self::of(&handle))
    }
}

impl Collector for TokioRuntime {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const WORKERS: Desc = Desc::gauge("tokio_workers", "Threads that run tasks.");
        const TASKS: Desc = Desc::gauge("tokio_alive_tasks", "Tasks that have not ended.");
        const QUEUE: Desc = Desc::gauge("tokio_global_queue_depth", "Tasks that wait in the queue of all workers.");
        vouch::<Self>(out, ["worker"]);
        out.family(&WORKERS)?.gauge(&(), self.0.num_workers())?;
        out.family(&TASKS)?.gauge(&(), self.0.num_alive_tasks())?;
        out.family(&QUEUE)?.gauge(&(), self.0.global_queue_depth())?;
        #[cfg(target_has_atomic = "64")]
        self.workers(out)?;
        Ok(())
    }
}

#[cfg(target_has_atomic = "64")]
impl TokioRuntime {
    fn workers(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const BUSY: Desc = Desc::counter("tokio_worker_busy_seconds_total", "Time that a worker was busy with tasks.").unit("seconds");
        const PARKS: Desc = Desc::counter("tokio_worker_parks_total", "How often a worker had nothing to do.");
        let busy = |worker| {
            let nanos = self.0.worker_total_busy_duration(worker).as_nanos();
            Number::scaled(u64::try_from(nanos).unwrap_or(u64::MAX), 1_000_000_000)
        };
        self.by_worker(&BUSY, busy, out)?;
        self.by_worker(&PARKS, |worker| self.0.worker_park_count(worker).into(), out)
    }

    fn by_worker(&self, desc: &Desc<'_>, value: impl Fn(usize) -> Number, out: &mut dyn Encoder) -> Result<(), Stop> {
        let mut family = out.family(desc)?;
        for worker in 0..self.0.num_workers() {
            family.counter(&[("worker", Number::from(worker).text().as_str())], value(worker))?;
        }
        Ok(())
    }
}
