//! Log lines: `defmt` on the board when the feature is on, nothing otherwise.

/// Logs an event for a person who watches the device; takes what `defmt::info!` takes.
#[macro_export]
macro_rules! info {
    ($format:literal $(, $argument:expr)* $(,)?) => {{
        #[cfg(all(feature = "defmt", target_os = "none"))]
        ::defmt::info!($format $(, $argument)*);
        #[cfg(not(all(feature = "defmt", target_os = "none")))]
        { $( let _ = &$argument; )* }
    }};
}

/// Logs something that should not happen often; takes what `defmt::warn!` takes.
#[macro_export]
macro_rules! warning {
    ($format:literal $(, $argument:expr)* $(,)?) => {{
        #[cfg(all(feature = "defmt", target_os = "none"))]
        ::defmt::warn!($format $(, $argument)*);
        #[cfg(not(all(feature = "defmt", target_os = "none")))]
        { $( let _ = &$argument; )* }
    }};
}
