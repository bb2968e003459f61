//! Signals that end the program: the terminal comes first.

use std::io;

/// Signals that ask the program to end, noted until the terminal is as it was.
#[cfg(unix)]
pub(super) struct Signals(std::sync::Arc<std::sync::atomic::AtomicUsize>);

#[cfg(unix)]
impl Signals {
    /// From now on they do not end the program by themselves.
    pub(super) fn caught() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

        let which = std::sync::Arc::default();
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            let number = usize::try_from(signal).unwrap_or(0);
            signal_hook::flag::register_usize(signal, std::sync::Arc::clone(&which), number)?;
        }
        Ok(Self(which))
    }

    pub(super) fn arrived(&self) -> bool {
        self.number() != 0
    }

    /// Ends as the signal would have ended the program, so that its sender sees that; returns where there was none.
    pub(super) fn obey(&self) {
        if self.arrived() {
            // Fails for signals that do not exist.
            let _ = signal_hook::low_level::emulate_default_handler(i32::try_from(self.number()).unwrap_or(0));
        }
    }

    fn number(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// Other systems have none of these.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn caught() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) fn arrived(&self) -> bool {
        false
    }

    pub(super) fn obey(&self) {}
}
