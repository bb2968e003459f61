//! What compiled the program.

use picometer::{Collector, Desc, Encoder, Label, LabelSet, Stop};

use crate::registering::vouch;

/// An info metric `rust_info`: with which compiler the program was built, for what. What `python_info` is to Python.
///
/// `rust_info{version="1.95.0",major="1",minor="95",patchlevel="0",channel="stable",target="x86_64-unknown-linux-gnu",profile="release"} 1`
///
/// What the compiler does not say of itself is left out.
///
/// ```
/// use picometer_std::collectors::RustInfo;
/// use picometer_std::{Registry, Snapshot};
///
/// let registry = Registry::new();
/// registry.register(RustInfo)?;
/// let snapshot = Snapshot::of(&registry);
/// let info = &snapshot.family("rust").unwrap().samples[0];
/// assert!(info.labels.get("target").is_some());
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RustInfo;

/// As the build script says; empty what it does not know.
const FACTS: [(&str, &str); 7] = [
    ("version", env!("PICOMETER_RUSTC_VERSION")),
    ("major", env!("PICOMETER_RUSTC_MAJOR")),
    ("minor", env!("PICOMETER_RUSTC_MINOR")),
    ("patchlevel", env!("PICOMETER_RUSTC_PATCHLEVEL")),
    ("channel", env!("PICOMETER_RUSTC_CHANNEL")),
    ("target", env!("PICOMETER_TARGET")),
    ("profile", env!("PICOMETER_PROFILE")),
];

impl Collector for RustInfo {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const DESC: Desc = Desc::info("rust_info", "Rust platform information.");
        vouch::<Self>(out, FACTS.into_iter().map(|(name, _)| name));
        out.family(&DESC)?.info(&Known)
    }
}

/// The facts that are known, as labels.
struct Known;

impl LabelSet for Known {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        let (name, value) = FACTS.into_iter().filter(|(_, value)| !value.is_empty()).nth(index)?;
        Some(Label { name, value })
    }
}
