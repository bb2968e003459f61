//! What a library has to show to be compared: each of its functions makes a metric, and returns what a case calls.
//!
//! `counter()` returns the increment of a counter that is held, `set()` and `add()` updates of a gauge, `histogram(bounds)` an
//! observation; `one()` and `lookup()` increment a counter that is looked up by strings, `typed()` one by three enums of ten values,
//! given as numbers. `counters()`, `gauges()` and `histograms()` return a [`Shown`].

/// Gives a value to a child of a family, which is made if it is not there.
pub(crate) trait Give<V>: Fn([&str; 3], V) + Send + Sync + 'static {}
impl<V, F: Fn([&str; 3], V) + Send + Sync + 'static> Give<V> for F {}

/// Writes a page into a buffer that is used again where the library can; how many bytes it has.
pub(crate) trait Page: Fn(&mut String) -> usize + Send + Sync + 'static {}
impl<F: Fn(&mut String) -> usize + Send + Sync + 'static> Page for F {}

/// Removes a child; whether it was there.
pub(crate) type Remove = Box<dyn Fn([&str; 3]) -> bool + Send + Sync>;

/// Children of a family that are given values, and are then shown on pages.
pub(crate) struct Shown<G, P> {
    pub(crate) give: G,
    pub(crate) page: P,
    /// `None` where the library has no such function, or no case calls it.
    #[allow(dead_code, reason = "the bench `scale` calls it")]
    pub(crate) remove: Option<Remove>,
}

impl<G, P: Page> Shown<G, P> {
    pub(crate) fn new<V>(give: G, page: P) -> Self
    where
        G: Give<V>,
    {
        Self { give, page, remove: None }
    }

    pub(crate) fn removed_by(self, remove: impl Fn([&str; 3]) -> bool + Send + Sync + 'static) -> Self {
        Self { remove: Some(Box::new(remove)), ..self }
    }
}
