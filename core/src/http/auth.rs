//! Credentials of a request, compared in constant time and without memory of their own.

use core::hint::black_box;

use super::bytes::{is, split_at_byte, trim};

/// Compares the value of `Authorization` with a user's name and password, or with a token.
type Check = fn(Option<(&str, &str)>, Option<&str>, &[u8]) -> bool;

/// What a request has to know. The comparisons are functions, so that only a program that asks for credentials links them.
#[derive(Clone, Copy)]
pub(super) struct Auth<'a> {
    basic: Option<(&'a str, &'a str)>,
    bearer: Option<&'a str>,
    check: Check,
    /// The value of `WWW-Authenticate`.
    pub(super) challenge: &'static str,
}

impl<'a> Auth<'a> {
    pub(super) const NONE: Self = Self { basic: None, bearer: None, check: |_, _, _| false, challenge: "" };

    pub(super) const fn basic(self, user: &'a str, password: &'a str) -> Self {
        Self { basic: Some((user, password)), ..self }.completed()
    }

    pub(super) const fn bearer(self, token: &'a str) -> Self {
        Self { bearer: Some(token), ..self }.completed()
    }

    const fn completed(self) -> Self {
        let challenge = match (self.basic, self.bearer) {
            (Some(_), Some(_)) => "Basic realm=\"metrics\", Bearer",
            (Some(_), None) => "Basic realm=\"metrics\"",
            _ => "Bearer",
        };
        Self { check: knows, challenge, ..self }
    }

    /// Whether the value of `Authorization` is right (RFC 9110 section 11.6.2).
    pub(super) fn admits(&self, value: &[u8]) -> bool {
        (self.check)(self.basic, self.bearer, value)
    }
}

fn knows(basic: Option<(&str, &str)>, bearer: Option<&str>, value: &[u8]) -> bool {
    let (scheme, given) = split_at_byte(value, b' ');
    let given = trim(given);
    match (basic, bearer) {
        (Some((user, password)), _) if is(scheme, "Basic") => {
            let expected = user.bytes().chain([b':']).chain(password.bytes());
            same(Base64 { text: given, bits: 0, count: 0 }, expected, user.len() + 1 + password.len())
        }
        (_, Some(token)) if is(scheme, "Bearer") => {
            !token.is_empty() && same(given.iter().map(|&byte| Some(byte)), token.bytes(), token.len())
        }
        _ => false,
    }
}

/// Whether both are the same, in a time that depends on the length of what was given alone. `None` is what was no text.
fn same(given: impl Iterator<Item = Option<u8>>, mut expected: impl Iterator<Item = u8>, length: usize) -> bool {
    let (mut differs, mut count) = (0, 0);
    for byte in given {
        // Behind its end the expected text is as good as zeroes; the lengths differ then.
        let right = expected.next().unwrap_or(0);
        differs = black_box(differs | byte.map_or(1, |byte| byte ^ right));
        count += 1;
    }
    black_box(differs) == 0 && count == length
}

/// Decodes base64 (RFC 4648 section 4), padded or not; what is none is `None` in its place.
struct Base64<'t> {
    text: &'t [u8],
    bits: u16,
    count: u8,
}

impl Iterator for Base64<'_> {
    type Item = Option<u8>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((&symbol, rest)) = self.text.split_first() else {
                // Six bits that are no byte, or bits that are lost: not what an encoder writes.
                let whole = self.count < 6 && self.bits & ((1 << self.count) - 1) == 0;
                self.count = 0;
                self.bits = 0;
                return if whole { None } else { Some(None) };
            };
            self.text = rest;
            let value = match symbol {
                b'A'..=b'Z' => symbol - b'A',
                b'a'..=b'z' => symbol - b'a' + 26,
                b'0'..=b'9' => symbol - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' if rest.iter().all(|&byte| byte == b'=') && rest.len() < 2 => {
                    self.text = &[];
                    continue;
                }
                _ => return Some(None),
            };
            self.bits = self.bits << 6 | u16::from(value);
            self.count += 6;
            if self.count >= 8 {
                self.count -= 8;
                return Some(Some((self.bits >> self.count) as u8));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<std::vec::Vec<u8>> {
        Base64 { text: text.as_bytes(), bits: 0, count: 0 }.collect()
    }

    /// The examples of RFC 4648 section 10, with their padding and without.
    #[test]
    fn base64_of_the_rfc() {
        for (text, expected) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(decoded(text).as_deref(), Some(expected.as_bytes()), "{text}");
            assert_eq!(decoded(text.trim_end_matches('=')).as_deref(), Some(expected.as_bytes()), "{text}");
        }
        assert_eq!(decoded("/+/+"), Some([0xff, 0xef, 0xfe].into()));
        for bad in ["Z", "Zm9vY", "Zh", "Zm9=v", "Zm9v===", "Z===", "Zm 9v", "Zm9v\u{e9}", "=Zm9v", "-_-_"] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
    }

    #[test]
    fn credentials_are_compared_whole() {
        let auth = Auth::NONE.basic("scraper", "s3cr:t").bearer("t0ken");
        for right in ["Basic c2NyYXBlcjpzM2NyOnQ=", "basic  c2NyYXBlcjpzM2NyOnQ", "Bearer t0ken", "BEARER t0ken"] {
            assert!(auth.admits(right.as_bytes()), "{right}");
        }
        for wrong in [
            "",
            "Basic",
            "Basic ",
            "Basic c2NyYXBlcjpzM2NyOg==",
            "Basic c2NyYXBlcjpzM2NyOnR0",
            "Basic c2NyYXBlcjo=",
            "Basic t0ken",
            "Bearer",
            "Bearer t0ke",
            "Bearer t0kenn",
            "Bearer T0ken",
            "Bearer c2NyYXBlcjpzM2NyOnQ=",
            "t0ken",
            "Digest t0ken",
            "Basicc2NyYXBlcjpzM2NyOnQ=",
            "Bearer t0ken\0",
            "Bearer t0ken, Bearer x",
        ] {
            assert!(!auth.admits(wrong.as_bytes()), "{wrong}");
        }
        assert!(!Auth::NONE.admits(b"Bearer "));
        assert!(!Auth::NONE.bearer("").admits(b"Bearer "), "no token is none");
        assert!(!Auth::NONE.basic("a", "b").admits(b"Bearer b") && !Auth::NONE.bearer("b").admits(b"Basic YTpi"));
    }
}
