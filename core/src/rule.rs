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

/// Panics with what is wrong, at the place of the caller: in a constant a compile error there.
#[inline(always)]
#[track_caller]
pub(crate) const fn expect(fault: Option<&'static str>) {
    if let Some(fault) = fault {
        panic!("{}", fault);
    }
}

/// A sentence that ends in the number that was right, made in a constant.
#[allow(missing_debug_implementations, reason = "not for the public")]
pub struct Sentence {
    bytes: [u8; Self::LONGEST],
    len: usize,
}

impl Sentence {
    const LONGEST: usize = 160;

    /// The text, and behind it the number.
    pub const fn new(text: &str, number: usize) -> Self {
        let text = text.as_bytes();
        let mut bytes = [0; Self::LONGEST];
        let mut len = 0;
        while len < text.len() {
            bytes[len] = text[len];
            len += 1;
        }
        let mut unit = 1;
        while number / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            bytes[len] = b'0' + (number / unit % 10) as u8;
            len += 1;
            unit /= 10;
        }
        Self { bytes, len }
    }

    /// The sentence.
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn sentence_ends_in_the_number() {
        for number in [0, 9, 10, 12_345, usize::MAX] {
            assert_eq!(Sentence::new("write ", number).as_str(), format!("write {number}"));
        }
    }
}
