//! A part of what a collector has: what `name[]` in the query of a scrape asks for.

use std::collections::HashSet;
use std::fmt::{self, Write};

use picometer::{Collector, Desc, Encoder, Stop};

use crate::select::Select;

/// Only those families of a collector that are asked for by name, in the order and with the units that they have there.
///
/// A name is that of a family, with or without `_total`, or that of one of its samples. Without names
/// there is nothing.
///
/// ```
/// use picometer_std::{Counter, Format, Metric, Registry, Restricted, render};
///
/// let registry = Registry::new();
/// registry.register(Metric::<Counter>::new("jobs_total", "Jobs done."))?;
/// registry.register(Metric::<Counter>::new("retries_total", "Retries."))?;
///
/// let mut page = Vec::new();
/// render(&Restricted::new(&registry, ["retries"]), Format::Text004, &mut page);
/// assert!(page.starts_with(b"# HELP retries_total"));
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
#[doc(alias("restricted_registry"))]
pub struct Restricted<'a> {
    source: &'a dyn Collector,
    names: HashSet<Box<str>, foldhash::fast::RandomState>,
}

impl<'a> Restricted<'a> {
    /// The part of `source` that these names ask for.
    pub fn new<S: AsRef<str>>(source: &'a dyn Collector, names: impl IntoIterator<Item = S>) -> Self {
        Self { source, names: names.into_iter().map(|name| name.as_ref().into()).collect() }
    }

    /// Whether one of the names is that of this family or of its samples; `text` is for putting names together.
    fn wants(&self, desc: &Desc<'_>, text: &mut String) -> bool {
        if self.names.is_empty() {
            return false;
        }
        let mut is_asked = |name: &dyn fmt::Display| {
            text.clear();
            // Writing to a string does not fail.
            let _ = write!(text, "{name}");
            self.names.contains(text.as_str())
        };
        is_asked(&desc.name()) || desc.kind().suffixes().iter().any(|suffix| is_asked(&desc.sample(suffix)))
    }
}

impl Collector for Restricted<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let mut text = String::new();
        let begin = |out: &mut dyn Encoder, desc: &Desc<'_>| if self.wants(desc, &mut text) { out.begin(desc).map(Some) } else { Ok(None) };
        self.source.collect(&mut Select::new(out, begin))
    }
}

impl fmt::Debug for Restricted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Restricted").field(&self.names).finish()
    }
}
