//! What may be the value of a label, and how its text is made without a heap.

use core::fmt::Write;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::num::NonZero;

/// Something that is the value of a label: strings, integers, `bool`, `char`, IP addresses, enums, and an [`Option`] of any of them.
///
/// `None` is the empty text, which means the same to every reader as no such label. Enums derive it. A type of yours implements
/// it in a few lines:
///
/// ```
/// use picometer::LabelValue;
///
/// struct Version { major: u8 }
///
/// impl LabelValue for Version {
///     type Buffer = ();
///     const BUFFER: () = ();
///
///     fn text_in<'t>(&'t self, (): &'t mut ()) -> &'t str {
///         if self.major < 2 { "old" } else { "new" }
///     }
/// }
/// assert_eq!(Version { major: 3 }.text_in(&mut ()), "new");
/// ```
///
/// A float is none: one number would have many texts, and each its own series.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a label",
    note = "strings, integers, `bool`, `char`, IP addresses, enums and structs of one field with `#[derive(LabelValue)]`, and an `Option` of these can"
)]
pub trait LabelValue {
    /// Where the text is made, on the stack; `()` for what is a text already.
    type Buffer;
    /// The buffer before its use.
    const BUFFER: Self::Buffer;

    /// The text, which is in the value or in the buffer.
    fn text_in<'t>(&'t self, buffer: &'t mut Self::Buffer) -> &'t str;
}

impl LabelValue for str {
    type Buffer = ();
    const BUFFER: () = ();

    #[inline]
    fn text_in<'t>(&'t self, (): &'t mut ()) -> &'t str {
        self
    }
}

impl<T: LabelValue + ?Sized> LabelValue for &T {
    type Buffer = T::Buffer;
    const BUFFER: T::Buffer = T::BUFFER;

    #[inline]
    fn text_in<'t>(&'t self, buffer: &'t mut T::Buffer) -> &'t str {
        (**self).text_in(buffer)
    }
}

impl<T: LabelValue> LabelValue for Option<T> {
    type Buffer = T::Buffer;
    const BUFFER: T::Buffer = T::BUFFER;

    #[inline]
    fn text_in<'t>(&'t self, buffer: &'t mut T::Buffer) -> &'t str {
        match self {
            Some(value) => value.text_in(buffer),
            None => "",
        }
    }
}

impl LabelValue for bool {
    type Buffer = ();
    const BUFFER: () = ();

    #[inline]
    fn text_in<'t>(&'t self, (): &'t mut ()) -> &'t str {
        if *self { "true" } else { "false" }
    }
}

impl LabelValue for char {
    type Buffer = [u8; 4];
    const BUFFER: [u8; 4] = [0; 4];

    #[inline]
    fn text_in<'t>(&'t self, buffer: &'t mut [u8; 4]) -> &'t str {
        self.encode_utf8(buffer)
    }
}

/// The longest text of an address: eight groups of digits, or six and an IPv4 address.
const ADDRESS: usize = 45;

macro_rules! addresses {
    ($($kind:ty),*) => {$(
        impl LabelValue for $kind {
            type Buffer = heapless::String<ADDRESS>;
            const BUFFER: Self::Buffer = heapless::String::new();

            #[inline]
            fn text_in<'t>(&'t self, buffer: &'t mut Self::Buffer) -> &'t str {
                buffer.clear();
                // It fits.
                let _ = write!(buffer, "{self}");
                buffer
            }
        }
    )*};
}

addresses!(IpAddr, Ipv4Addr, Ipv6Addr);

impl<const N: usize, L: heapless::LenType> LabelValue for heapless::String<N, L> {
    type Buffer = ();
    const BUFFER: () = ();

    #[inline]
    fn text_in<'t>(&'t self, (): &'t mut ()) -> &'t str {
        self.as_str()
    }
}

#[cfg(feature = "alloc")]
mod on_the_heap {
    use alloc::borrow::{Cow, ToOwned};
    use alloc::boxed::Box;
    use alloc::rc::Rc;
    use alloc::string::String;
    #[cfg(target_has_atomic = "ptr")]
    use alloc::sync::Arc;

    use super::LabelValue;

    macro_rules! holders {
        ($([$($generics:tt)*] $holder:ty, $held:ty;)*) => {$(
            impl<$($generics)*> LabelValue for $holder {
                type Buffer = <$held as LabelValue>::Buffer;
                const BUFFER: Self::Buffer = <$held as LabelValue>::BUFFER;

                #[inline]
                fn text_in<'t>(&'t self, buffer: &'t mut Self::Buffer) -> &'t str {
                    let held: &$held = self;
                    held.text_in(buffer)
                }
            }
        )*};
    }

    holders! {
        [] String, str;
        [T: LabelValue + ?Sized] Box<T>, T;
        [T: LabelValue + ?Sized] Rc<T>, T;
        [T: LabelValue + ToOwned + ?Sized] Cow<'_, T>, T;
    }
    #[cfg(target_has_atomic = "ptr")]
    holders! { [T: LabelValue + ?Sized] Arc<T>, T; }
}

/// The digits of every number below a thousand, three each: most labels that are numbers are status codes, shards and the like.
const SMALL: &str = match core::str::from_utf8(&small()) {
    Ok(text) => text,
    Err(_) => "",
};

const fn small() -> [u8; 3_000] {
    let mut digits = [b'0'; 3_000];
    let mut at = 0;
    while at < digits.len() {
        let number = at / 3;
        digits[at] = b'0' + (number / [100, 10, 1][at % 3] % 10) as u8;
        at += 1;
    }
    digits
}

/// The text of a number below a thousand.
#[inline]
fn small_text(number: usize) -> Option<&'static str> {
    let end = 3 * number + 3;
    let len = if number < 10 { 1 } else { 2 + usize::from(number >= 100) };
    SMALL.get(end - len..end)
}

/// Puts the digits of a number at the end of the buffer, and returns where they begin.
macro_rules! digits {
    ($name:ident $number:ty) => {
        fn $name(mut number: $number, buffer: &mut [u8]) -> usize {
            let mut begin = buffer.len();
            for (at, place) in buffer.iter_mut().enumerate().rev() {
                *place = b'0' + (number % 10) as u8;
                number /= 10;
                begin = at;
                if number == 0 {
                    break;
                }
            }
            begin
        }
    };
}

digits!(short_digits u64);
digits!(long_digits u128);

macro_rules! integers {
    ($($kind:ty: $len:literal, $wide:ty, $digits:ident, $text:ident;)*) => {$(
        #[inline]
        fn $text(number: $kind, buffer: &mut [u8; $len]) -> &str {
            // What is negative is no `usize`.
            if let Some(text) = usize::try_from(number).ok().filter(|&number| number < 1_000).and_then(small_text) {
                return text;
            }
            #[allow(unused_comparisons, reason = "half of the types are unsigned")]
            let is_negative = number < 0;
            let size = if is_negative { (number as $wide).wrapping_neg() } else { number as $wide };
            let mut begin = $digits(size, buffer);
            if is_negative {
                begin = begin.saturating_sub(1);
                if let Some(sign) = buffer.get_mut(begin) {
                    *sign = b'-';
                }
            }
            // They are digits, which are a text.
            buffer.get(begin..).and_then(|digits| core::str::from_utf8(digits).ok()).unwrap_or("")
        }

        impl LabelValue for $kind {
            type Buffer = [u8; $len];
            const BUFFER: [u8; $len] = [0; $len];

            #[inline]
            fn text_in<'t>(&'t self, buffer: &'t mut [u8; $len]) -> &'t str {
                $text(*self, buffer)
            }
        }

        impl LabelValue for NonZero<$kind> {
            type Buffer = [u8; $len];
            const BUFFER: [u8; $len] = [0; $len];

            #[inline]
            fn text_in<'t>(&'t self, buffer: &'t mut [u8; $len]) -> &'t str {
                $text(self.get(), buffer)
            }
        }
    )*};
}

integers! {
    u8: 3, u64, short_digits, u8_text;
    u16: 5, u64, short_digits, u16_text;
    u32: 10, u64, short_digits, u32_text;
    u64: 20, u64, short_digits, u64_text;
    usize: 20, u64, short_digits, usize_text;
    i8: 4, u64, short_digits, i8_text;
    i16: 6, u64, short_digits, i16_text;
    i32: 11, u64, short_digits, i32_text;
    i64: 20, u64, short_digits, i64_text;
    isize: 20, u64, short_digits, isize_text;
    u128: 39, u128, long_digits, u128_text;
    i128: 40, u128, long_digits, i128_text;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn agrees<T: LabelValue + ToString>(values: impl IntoIterator<Item = T>) {
        values.into_iter().for_each(|value| assert_eq!(value.text_in(&mut { T::BUFFER }), value.to_string()));
    }

    #[test]
    fn integers_are_written_as_by_display() {
        agrees(0..=u8::MAX);
        agrees(i8::MIN..=i8::MAX);
        agrees(0..=u16::MAX);
        agrees(i16::MIN..=i16::MAX);
        agrees([0, 9, 10, 99, 100, 999, 1_000, 1_001, u32::MAX]);
        agrees([i32::MIN, -1_000, -1, 0, 999, 1_000, i32::MAX]);
        agrees([0, 999, 1_000, u64::MAX - 1, u64::MAX]);
        agrees([i64::MIN, i64::MIN + 1, -10, 12_345, i64::MAX]);
        agrees([usize::MAX]);
        agrees([isize::MIN]);
        agrees([0, u128::from(u64::MAX) + 1, u128::MAX]);
        agrees([i128::MIN, -7, i128::MAX]);
        agrees([NonZero::new(200_u16).unwrap()]);
    }

    #[test]
    fn texts_and_their_holders_are_themselves() {
        agrees(["", "GET", "é"]);
        agrees([&"GET"]);
        agrees(['a', 'é', '\u{1f600}', '"']);
        agrees([true, false]);
        agrees([Ipv4Addr::BROADCAST, Ipv4Addr::UNSPECIFIED]);
        let longest = Ipv6Addr::new(0x1234, 0x1234, 0x1234, 0x1234, 0x1234, 0x1234, 0x1234, 0x1234);
        agrees([longest, Ipv6Addr::LOCALHOST, Ipv4Addr::BROADCAST.to_ipv6_mapped()].map(IpAddr::V6));
        agrees([heapless::String::<8>::try_from("short").unwrap()]);
        assert_eq!(Some("x").text_in(&mut ()), "x");
        assert_eq!(None::<u64>.text_in(&mut [0; 20]), "");
        assert_eq!(Some(Some(12)).text_in(&mut [0_u8; 11]), "12");
    }
}
