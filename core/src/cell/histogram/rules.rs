//! What the expansion of [`buckets!`](crate::buckets) checks, so that a mistake is an error under the bounds.

/// A rule that bounds break.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// There is none.
    Empty,
    /// One is not a number, or infinite.
    NotFinite,
    /// One is not above the one in front of it.
    NotRising,
}

impl Fault {
    /// What is wrong.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "a histogram needs a bucket besides +Inf",
            Self::NotFinite => "bucket bounds must be finite; +Inf comes by itself",
            Self::NotRising => "bucket bounds must rise",
        }
    }
}

/// Whether bounds with this fault, if they have one, keep a rule.
pub const fn keep(fault: Option<Fault>, rule: Fault) -> bool {
    match fault {
        Some(fault) => fault as u8 != rule as u8,
        None => true,
    }
}

macro_rules! bounds {
    ($($check:ident $rule:ident $message:literal $label:literal;)*) => {$(
        #[diagnostic::on_unimplemented(message = $message, label = $label)]
        #[allow(missing_docs, reason = "named in errors only")]
        pub trait $rule<const KEPT: bool> {}

        impl<V, const N: usize> $rule<true> for [V; N] {}

        /// Compiles if the rule is kept. The type is given, so that literals have it.
        pub const fn $check<V: Copy, const N: usize, const KEPT: bool>(_: [V; N])
        where
            [V; N]: $rule<KEPT>,
        {
        }
    )*};
}

bounds! {
    not_empty NotEmpty "a histogram needs a bucket besides +Inf" "write a bound";
    finite Finite "bucket bounds must be finite; +Inf comes by itself" "write finite numbers";
    rising Rising "bucket bounds must rise" "write each above the one in front of it";
}
