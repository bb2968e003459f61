//! The page that a thread makes: which families it asks for, until when, and which collector is under way.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Instant;

use picometer::{Desc, Encoder, Kind, Stop};

use crate::atomic::Mutex;

/// One page that is being made, as registries and slow collectors see it.
///
/// Servers [run](Self::run) the making of a page in it. Registries then leave collectors alone that have none of the families asked
/// for, and another thread can ask [which collectors](Self::under_way) the page waits for.
///
/// ```
/// use std::sync::Arc;
/// use picometer_std::{Collector, Encoder, Format, Registry, Scrape, Stop, render};
///
/// struct Database(Arc<Scrape>);
///
/// impl Collector for Database {
///     fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> {
///         // What another thread would see while this waits.
///         assert!(self.0.under_way().iter().all(|name| name.contains("Database")));
///         Ok(())
///     }
/// }
///
/// let scrape = Arc::new(Scrape::new());
/// let registry = Registry::new();
/// registry.register(Database(scrape.clone()))?;
/// scrape.run(|| render(&registry, Format::Text004, &mut Vec::new()));
/// assert!(scrape.under_way().is_empty());
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
pub struct Scrape {
    began: Instant,
    deadline: Option<Instant>,
    /// The families that are asked for; all of them without.
    names: Option<Box<[Box<str>]>>,
    /// The registries that are being collected, the outermost first.
    frames: Mutex<Vec<Arc<Frame>>>,
    /// Families begun so far.
    begun: AtomicU32,
    probing: AtomicBool,
    /// Above zero where an encoder in front counts families, which a probe would disturb.
    unprobed: AtomicU32,
    /// What registries found to be in front of their names, by their addresses.
    prefixes: Mutex<Vec<(usize, Option<Box<str>>)>>,
}

/// Has the names of collectors.
pub(crate) trait Collectors: Send + Sync {
    fn name(&self, place: usize) -> Option<Box<str>>;
}

/// A registry that is being collected.
struct Frame {
    collectors: Arc<dyn Collectors>,
    at: AtomicUsize,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Scrape>>> = const { RefCell::new(None) };
}

impl Scrape {
    /// A page of everything, which may take as long as it takes.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            deadline: None,
            names: None,
            frames: Mutex::default(),
            begun: AtomicU32::new(0),
            probing: AtomicBool::new(false),
            unprobed: AtomicU32::new(0),
            prefixes: Mutex::default(),
        }
    }

    /// The same page, which is of no use any more after `deadline`.
    #[must_use]
    pub fn until(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The same page with only the families that have one of these names, or samples of one.
    #[must_use]
    pub fn only<S: Into<Box<str>>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self { names: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// Makes the page: runs collectors on this thread.
    pub fn run<R>(self: &Arc<Self>, page: impl FnOnce() -> R) -> R {
        /// Puts the page before back, also after a panic.
        struct Back(Option<Arc<Scrape>>);
        impl Drop for Back {
            fn drop(&mut self) {
                let before = self.0.take();
                let _ = CURRENT.try_with(|current| current.replace(before));
            }
        }
        let before = CURRENT.try_with(|current| current.replace(Some(Arc::clone(self)))).ok().flatten();
        let _back = Back(before);
        page()
    }

    /// The page that this thread makes, if it makes one.
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
    }

    /// The names of the collectors that are being collected, the innermost last; none between them. A collector is named by its
    /// first family, or by its type.
    pub fn under_way(&self) -> Vec<Box<str>> {
        let frames = self.frames.lock().clone();
        // Relaxed: a place is a hint for people, and nothing else is read by it.
        frames.iter().filter_map(|frame| frame.collectors.name(frame.at.load(Ordering::Relaxed))).collect()
    }

    /// Since when the page is being made.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Until when it is of use.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// To be called by the filter of the encoder, for each family that begins.
    pub fn note(&self, desc: &Desc<'_>) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        if self.probing.swap(false, Ordering::Relaxed) {
            let name = desc.name().to_string();
            let prefix = name.strip_suffix(PROBE_NAME).map(Into::into);
            if let Some(last) = self.prefixes.lock().last_mut() {
                last.1 = prefix;
            }
        }
    }

    /// Families begun so far, as far as the encoder says.
    pub(crate) fn begun(&self) -> u32 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Collects what must not begin families of its own.
    pub(crate) fn unprobed<R>(scrape: Option<&Self>, collect: impl FnOnce() -> R) -> R {
        scrape.inspect(|scrape| _ = scrape.unprobed.fetch_add(1, Ordering::Relaxed));
        let result = collect();
        scrape.inspect(|scrape| _ = scrape.unprobed.fetch_sub(1, Ordering::Relaxed));
        result
    }

    /// The names asked for as the registry at `address` has them, which is being collected: without what encoders in front of it
    /// put there. `None` if everything is asked for, or if it cannot be known.
    pub(crate) fn asked(&self, address: usize, out: &mut dyn Encoder) -> Result<Option<Vec<&str>>, Stop> {
        let Some(names) = self.names.as_deref().filter(|_| self.unprobed.load(Ordering::Relaxed) == 0) else { return Ok(None) };
        let known = |prefixes: &[(usize, Option<Box<str>>)]| prefixes.iter().find(|(at, _)| *at == address).map(|(_, known)| known.clone());
        let before = known(&self.prefixes.lock());
        let prefix = match before {
            Some(prefix) => prefix,
            None => {
                self.prefixes.lock().push((address, None));
                self.probing.store(true, Ordering::Relaxed);
                let begun = out.begin(&PROBE);
                self.probing.store(false, Ordering::Relaxed);
                begun?;
                let mut prefixes = self.prefixes.lock();
                let found = known(&prefixes).flatten();
                // An encoder that only checks names says nothing; the page's own may come behind it.
                if found.is_none() {
                    prefixes.retain(|(at, _)| *at != address);
                }
                found
            }
        };
        Ok(prefix.map(|prefix| names.iter().filter_map(|name| name.strip_prefix(&*prefix)).collect()))
    }
}

const PROBE_NAME: &str = "picometer_probe";
const PROBE: Desc = Desc::unknown(PROBE_NAME, "");

/// Whether a registry begins this family to find out what is in front of its names.
pub(crate) fn is_probe(desc: &Desc<'_>) -> bool {
    desc.kind() == Kind::Unknown && desc.name().to_string().ends_with(PROBE_NAME)
}

impl Default for Scrape {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrape").field("names", &self.names).field("under_way", &self.under_way()).finish_non_exhaustive()
    }
}

/// A registry is being collected, until this is dropped.
pub(crate) struct Entered(Option<(Arc<Scrape>, Arc<Frame>)>);

/// Begins to collect a registry on this thread.
pub(crate) fn enter(collectors: impl FnOnce() -> Arc<dyn Collectors>) -> Entered {
    let Some(scrape) = Scrape::current() else { return Entered(None) };
    let frame = Arc::new(Frame { collectors: collectors(), at: AtomicUsize::new(usize::MAX) });
    scrape.frames.lock().push(Arc::clone(&frame));
    Entered(Some((scrape, frame)))
}

impl Entered {
    pub(crate) fn scrape(&self) -> Option<&Arc<Scrape>> {
        self.0.as_ref().map(|(scrape, _)| scrape)
    }

    /// The collector at this place is next.
    pub(crate) fn at(&self, place: usize) {
        if let Some((_, frame)) = &self.0 {
            frame.at.store(place, Ordering::Relaxed);
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some((scrape, _)) = &self.0 {
            scrape.frames.lock().pop();
        }
    }
}
