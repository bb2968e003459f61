//! Rules whose breach the compiler reports under the user's token.
//!
//! A panic in a constant is reported where the call begins, which is the whole block where a macro wrote the call. An argument whose
//! type lacks a trait is reported at the argument. So each rule is a trait that arguments have where the rule is kept.

/// Makes for each rule a trait, and a function that compiles if the rule is kept.
macro_rules! rules {
    ($($check:ident $rule:ident [$($argument:tt)*] $message:literal $label:literal;)*) => {$(
        #[diagnostic::on_unimplemented(message = $message, label = $label)]
        #[allow(missing_docs, reason = "named in errors only")]
        pub trait $rule<const KEPT: bool> {}

        $($argument)*

        /// Compiles if the rule is kept.
        pub const fn $check<const KEPT: bool>(_: impl $rule<KEPT> + Copy) {}
    )*};
}

/// The same of arrays whose elements have a type that is given, so that literals have it.
macro_rules! array_rules {
    ($($check:ident $rule:ident $message:literal $label:literal;)*) => {$(
        #[diagnostic::on_unimplemented(message = $message, label = $label)]
        #[allow(missing_docs, reason = "named in errors only")]
        pub trait $rule<const KEPT: bool> {}

        impl<V, const N: usize> $rule<true> for [V; N] {}

        /// Compiles if the rule is kept.
        pub const fn $check<V: Copy, const N: usize, const KEPT: bool>(_: [V; N])
        where
            [V; N]: $rule<KEPT>,
        {
        }
    )*};
}

pub(crate) use {array_rules, rules};
