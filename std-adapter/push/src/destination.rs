//! What receivers have in common: metrics are frozen into batches, and batches are sent.

use std::time::SystemTime;

use picometer::Collector;

use super::error::PushError;

/// What is pushed at once: frozen, with the time at which it was measured.
///
/// ```
/// use picometer_std::push::Batch;
///
/// let batch = Batch { samples: 1, content: b"up 1\n".to_vec() };
/// ```
#[derive(Clone, Debug)]
pub struct Batch<C> {
    /// How many samples or points it has.
    pub samples: usize,
    /// What is sent, in a form of the destination's choice.
    pub content: C,
}

/// Somewhere to push to. [`Periodic`](super::Periodic) pushes to any.
///
/// ```
/// use picometer_std::push::{Batch, Destination, PushError};
/// use picometer_std::{Collector, Format, render};
/// use std::sync::Mutex;
/// use std::time::SystemTime;
///
/// /// Keeps pages in memory.
/// struct Pages(Mutex<Vec<String>>);
///
/// impl Destination for Pages {
///     type Content = String;
///     const NAME: &'static str = "memory";
///
///     fn freeze(
///         &self,
///         source: &dyn Collector,
///         _: SystemTime,
///     ) -> Result<Vec<Batch<String>>, PushError> {
///         let mut page = Vec::new();
///         render(source, Format::Text004, &mut page);
///         Ok(vec![Batch {
///             samples: 1,
///             content: String::from_utf8_lossy(&page).into_owned(),
///         }])
///     }
///     fn send(&self, batch: &Batch<String>) -> Result<u64, PushError> {
///         self.0.lock().unwrap().push(batch.content.clone());
///         Ok(batch.content.len() as u64)
///     }
/// }
/// ```
pub trait Destination: Send + Sync + 'static {
    /// What a batch holds.
    type Content: Send + 'static;
    /// The label of its self-metrics.
    const NAME: &'static str;
    /// How many batches wait while the receiver is down, unless the pusher has another limit. 1 where only the newest counts: then it is
    /// no loss, and no error of [`Running::stop`](super::Running::stop), if a batch replaces an older one.
    const QUEUE: usize = 256;

    /// Collects, and freezes what there is.
    ///
    /// # Errors
    ///
    /// What no repetition will mend, such as a label that the receiver forbids.
    fn freeze(&self, source: &dyn Collector, now: SystemTime) -> Result<Vec<Batch<Self::Content>>, PushError>;

    /// What is to be said when nothing more will come.
    fn farewell(&self, _now: SystemTime) -> Vec<Batch<Self::Content>> {
        Vec::new()
    }

    /// Sends a batch once, and returns how many bytes that were.
    ///
    /// # Errors
    ///
    /// [`PushError::may_retry`] tells whether to try again.
    fn send(&self, batch: &Batch<Self::Content>) -> Result<u64, PushError>;
}
