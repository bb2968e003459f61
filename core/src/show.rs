//! How a type shows itself in logs: to people by `Debug`, to defmt by `Format`, with one expression for both.

/// Implements `Debug`, and `defmt::Format` with feature `defmt`, by way of a value that has both.
macro_rules! shown_as {
    ([$($generics:tt)*] $name:ty, $self:ident => $value:expr) => {
        impl<$($generics)*> core::fmt::Debug for $name {
            fn fmt(&$self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&$value, f)
            }
        }

        #[cfg(feature = "defmt")]
        impl<$($generics)*> defmt::Format for $name {
            fn format(&$self, f: defmt::Formatter<'_>) {
                defmt::Format::format(&$value, f);
            }
        }
    };
}
