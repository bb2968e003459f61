//! How a type shows itself in logs: to people by `Debug`, to defmt by `Format`, with one expression for both.

/// Implements `Debug`, and `defmt::Format` with feature `defmt`, by way of a value that has both, or of a text with such values in it.
macro_rules! shown_as {
    ([$($generics:tt)*] $name:ty, $self:ident => $text:literal, $($value:expr),+) => {
        impl<$($generics)*> core::fmt::Debug for $name {
            fn fmt(&$self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::write!(f, $text, $($value),+)
            }
        }

        #[cfg(feature = "defmt")]
        impl<$($generics)*> defmt::Format for $name {
            fn format(&$self, f: defmt::Formatter<'_>) {
                defmt::write!(f, $text, $($value),+);
            }
        }
    };
    ([$($generics:tt)*] $name:ty, $self:ident => $value:expr) => {
        impl<$($generics)*> core::fmt::Debug for $name {
            fn fmt(&$self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&$value, f)
            }
        }

        #[cfg(feature = "defmt")]
        impl<$($generics)*> defmt::Format for $name {
            fn format(&$self, f: defmt::Formatter<'_>) {
                // Not `Format::format` of the value: what derives it does not implement that, and panics.
                defmt::write!(f, "{}", $value);
            }
        }
    };
}

/// Implements `Debug` of an error as the sentence that `Display` writes: `main`, `unwrap` and `?` show errors by `Debug`.
///
/// Parameters of a generic type are named with their bounds in front: `__speaks!([E: Display] WriteError<E>)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __speaks {
    ([$($generics:tt)*] $error:ty) => {
        impl<$($generics)*> ::core::fmt::Debug for $error {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(self, f)
            }
        }
    };
    ($error:ty) => { $crate::__speaks!([] $error); };
}
