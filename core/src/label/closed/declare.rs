//! Declares closed label sets without a procedural macro.

use crate::charset;
use crate::label::check_name;

/// Checks a label of a type.
pub(super) const fn checked_label(name: &'static str, utf8: bool, texts: &[&str]) -> &'static str {
    if let Err(error) = check_name(name, utf8) {
        panic!("{}", error.message());
    }
    assert!(!charset::has_repeats(texts), "two values of a label have the same text");
    name
}

/// Declares closed label sets.
///
/// An enum is one label; a struct of such enums, or a tuple of them, is several. Names and values are checked by the compiler.
///
/// ```
/// use picometer::{Counter, Desc, Family, labels};
///
/// labels! {
///     /// What became of a transfer.
///     pub enum Outcome as "outcome" { Ok = "ok", Nack = "nack", Timeout = "timeout" }
/// }
/// labels! { enum Bus as "bus" { I2c0 = "i2c0", I2c1 = "i2c1" } }
/// labels! { struct Transfer { bus: Bus, outcome: Outcome } }
///
/// static TRANSFERS: Family<Counter, Transfer, 6> =
///     Family::new(&Desc::counter("transfers_total", "Transfers on the bus."));
/// TRANSFERS.with(Transfer { bus: Bus::I2c1, outcome: Outcome::Nack }).inc();
/// ```
///
/// Variants may have documentation, `#[cfg]` and other attributes.
///
/// A label name outside the legacy character set is declared as such, and escaped for scrapers that do not ask for UTF-8:
///
/// ```
/// picometer::labels! { enum Method as utf8 "http.method" { Get = "GET", Put = "PUT" } }
/// ```
///
/// These do not compile: a bad name, a value twice.
///
/// ```compile_fail
/// picometer::labels! { enum Bad as "http.method" { Get = "GET" } }
/// ```
/// ```compile_fail
/// picometer::labels! { enum Bad as "method" { Get = "GET", Head = "GET" } }
/// ```
#[macro_export]
macro_rules! labels {
    ($(#[$meta:meta])* $vis:vis enum $name:ident as utf8 $label:literal { $($body:tt)* }) => {
        $crate::labels! { @enum true; $(#[$meta])* $vis enum $name as $label { $($body)* } }
    };
    ($(#[$meta:meta])* $vis:vis enum $name:ident as $label:literal { $($body:tt)* }) => {
        $crate::labels! { @enum false; $(#[$meta])* $vis enum $name as $label { $($body)* } }
    };
    // All attributes of all variants are documentation.
    (@enum $utf8:literal; $(#[$meta:meta])* $vis:vis enum $name:ident as $label:literal {
        $($(#[doc = $doc:literal])* $variant:ident = $text:literal),+ $(,)?
    }) => {
        $crate::labels! { @declared $utf8 [$(#[$meta])*] [$vis] $name $label $([] [$(#[doc = $doc])*] $variant $text;)+ }
    };
    (@enum $utf8:literal; $(#[$meta:meta])* $vis:vis enum $name:ident as $label:literal { $($body:tt)* }) => {
        $crate::labels! { @variants [$utf8 [$(#[$meta])*] [$vis] $name $label] [] [] [] $($body)* }
    };
    // Takes attributes and variants one by one: `cfg` is of the arrays, too, and the others are of the enum alone.
    (@variants $head:tt [$($done:tt)*] [$($cfg:tt)*] [$($other:tt)*] #[cfg $when:tt] $($rest:tt)*) => {
        $crate::labels! { @variants $head [$($done)*] [$($cfg)* #[cfg $when]] [$($other)*] $($rest)* }
    };
    (@variants $head:tt [$($done:tt)*] [$($cfg:tt)*] [$($other:tt)*] #[$($attribute:tt)*] $($rest:tt)*) => {
        $crate::labels! { @variants $head [$($done)*] [$($cfg)*] [$($other)* #[$($attribute)*]] $($rest)* }
    };
    (@variants $head:tt [$($done:tt)*] $cfg:tt $other:tt $variant:ident = $text:literal $(, $($rest:tt)*)?) => {
        $crate::labels! { @variants $head [$($done)* $cfg $other $variant $text;] [] [] $($($rest)*)? }
    };
    (@variants [$($head:tt)*] [$($done:tt)+] [] []) => {
        $crate::labels! { @declared $($head)* $($done)+ }
    };
    (@declared $utf8:literal [$(#[$meta:meta])*] [$vis:vis] $name:ident $label:literal
        $([$($cfg:tt)*] [$($other:tt)*] $variant:ident $text:literal;)+
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name { $($($cfg)* $($other)* $variant),+ }

        impl $crate::LabelTexts for $name {
            const ALL: &'static [Self] = &[$($($cfg)* Self::$variant),+];
            const TEXTS: &'static [&'static str] = &[$($($cfg)* $text),+];

            #[inline]
            fn ordinal(&self) -> usize {
                *self as usize
            }
        }

        impl $crate::LabelEnum for $name {
            const NAME: &'static str = $crate::__private::labels::named($label, $utf8);
        }

        impl $crate::__private::LabelValue for $name {
            type Buffer = ();
            const BUFFER: () = ();

            #[inline]
            fn text_in<'t>(&'t self, (): &'t mut ()) -> &'t str {
                $crate::LabelTexts::text(self)
            }
        }

        const _: () = {
            use $crate::__private::labels;
            labels::not_empty::<{ labels::is_not_empty($label, $utf8) }>($label);
            labels::not_reserved::<{ labels::is_not_reserved($label, $utf8) }>($label);
            labels::in_charset::<{ labels::is_in_charset($label, $utf8) }>($label);
            $($($cfg)* labels::once::<{ labels::is_new(<$name as $crate::LabelTexts>::TEXTS, $name::$variant as usize) }>($text);)+
        };
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$doc:meta])* $fvis:vis $field:ident : $kind:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis struct $name { $($(#[$doc])* $fvis $field: $kind),+ }

        impl $crate::ClosedLabels for $name {
            const COUNT: usize = <($($kind,)+) as $crate::ClosedLabels>::COUNT;
            const LABELS: &'static [$crate::ClosedLabel] = <($($kind,)+) as $crate::ClosedLabels>::LABELS;

            fn index(self) -> usize {
                $crate::ClosedLabels::index(($(self.$field,)+))
            }

            fn at(index: usize) -> ::core::option::Option<Self> {
                <($($kind,)+) as $crate::ClosedLabels>::at(index).map(|($($field,)+)| Self { $($field),+ })
            }
        }
    };
}
