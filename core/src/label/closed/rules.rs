//! What the expansion of [`labels!`](crate::labels) checks, so that a mistake is an error under the token that is wrong.

use crate::charset;
use crate::label::{LabelError, check_name};
use crate::rule::rules;

macro_rules! names {
    ($($check:ident $holds:ident $rule:ident $error:ident $message:literal $label:literal;)*) => {
        rules! { $($check $rule [impl $rule<true> for &str {}] $message $label;)* }

        $(
            /// Whether the rule is kept.
            pub const fn $holds(name: &str, utf8: bool) -> bool {
                !matches!(check_name(name, utf8), Err(LabelError::$error))
            }
        )*
    };
}

names! {
    not_empty is_not_empty NotEmpty Empty "a label name must not be empty" "write what the label says";
    not_reserved is_not_reserved NotReserved Reserved "label names that start with `__` are reserved for the server" "take another name";
    in_charset is_in_charset InCharset BadName "a label name must match [a-zA-Z_][a-zA-Z0-9_]*, or be declared as UTF-8"
        "write letters, digits and `_`, or `utf8` in front of it";
    fact_in_charset is_fact_in_charset FactInCharset BadName "a label name must match [a-zA-Z_][a-zA-Z0-9_]*"
        "write letters, digits and `_`";
}

rules! {
    once Once [impl Once<true> for &str {}] "two values of a label have the same text" "give this value another text";
    distinct Distinct [impl Distinct<true> for &str {}] "a label name is given twice" "give each label another name";
}

/// Whether a name is given once.
pub const fn is_once(names: &[&str], name: &str) -> bool {
    let (mut at, mut times) = (0, 0);
    while at < names.len() {
        times += charset::same(names[at], name) as usize;
        at += 1;
    }
    times < 2
}

/// Whether no text in front of this place is the same.
pub const fn is_new(texts: &[&str], place: usize) -> bool {
    let mut at = 0;
    while at < place && at < texts.len() && place < texts.len() {
        if charset::same(texts[at], texts[place]) {
            return false;
        }
        at += 1;
    }
    true
}

/// The name, or another one where it is reported already.
pub const fn named(name: &'static str, utf8: bool) -> &'static str {
    match check_name(name, utf8) {
        Ok(()) => name,
        Err(_) => "refused",
    }
}
