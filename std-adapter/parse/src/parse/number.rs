//! Numbers and moments of a page. Needs `core` only.

use picometer::Timestamp;

use super::error::ErrorKind;
use crate::model::{Number, Time};

/// Powers of ten that a double holds exactly.
static POWERS: [f64; 23] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

/// The value of a token.
///
/// Up to 19 digits that make an integer below 2^53 and a power of ten up to 22 are exact in one multiplication or division; what
/// is longer goes to `core`.
#[inline]
pub(super) fn value(token: &str) -> Result<f64, ErrorKind> {
    let bytes = token.as_bytes();
    let (negative, mut at) = match bytes.first() {
        Some(b'-') => (true, 1),
        Some(b'+') => (false, 1),
        _ => (false, 0),
    };
    let start = at;
    let mut mantissa = 0_u64;
    while let Some(digit) = digit(bytes, at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let mut digits = at - start;
    let mut exponent = 0_i32;
    if bytes.get(at) == Some(&b'.') {
        let point = at + 1;
        at = point;
        while let Some(digit) = digit(bytes, at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        digits += at - point;
        exponent = -i32::try_from(at - point).unwrap_or(i32::MAX);
    }
    if digits == 0 {
        return word(token, start);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        let down = bytes.get(at) == Some(&b'-');
        at += usize::from(down || bytes.get(at) == Some(&b'+'));
        let first = at;
        let mut power = 0_i32;
        while let Some(digit) = digit(bytes, at) {
            power = power.saturating_mul(10).saturating_add(digit as i32);
            at += 1;
        }
        if at == first {
            return Err(ErrorKind::InvalidValue);
        }
        exponent = exponent.saturating_add(if down { -power } else { power });
    }
    if at != bytes.len() {
        return Err(ErrorKind::InvalidValue);
    }
    if digits <= 19 && mantissa <= 1 << 53 {
        let value = mantissa as f64;
        let power = POWERS.get(exponent.unsigned_abs() as usize);
        if let Some(power) = power {
            let value = if exponent < 0 { value / power } else { value * power };
            return Ok(if negative { -value } else { value });
        }
    }
    slow(token)
}

#[inline(always)]
fn digit(bytes: &[u8], at: usize) -> Option<u64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

#[cold]
#[inline(never)]
fn slow(token: &str) -> Result<f64, ErrorKind> {
    match token.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        // The syntax was checked: there are digits, so it is no infinity that was meant (F12).
        Ok(_) => Err(ErrorKind::Overflow),
        Err(_) => Err(ErrorKind::InvalidValue),
    }
}

#[cold]
#[inline(never)]
fn word(token: &str, start: usize) -> Result<f64, ErrorKind> {
    let (sign, word) = token.split_at_checked(start).unwrap_or(("", token));
    if word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("infinity") {
        Ok(if sign == "-" { f64::NEG_INFINITY } else { f64::INFINITY })
    } else if sign.is_empty() && word.eq_ignore_ascii_case("nan") {
        // One NaN for all, so that no page can fake a stale marker (F13).
        Ok(f64::NAN)
    } else {
        Err(ErrorKind::InvalidValue)
    }
}

/// The value of a token that [`value`] took, as exact as it was given.
pub(super) fn exact(token: &str, value: f64) -> Number {
    let digits = token.strip_prefix(['+', '-']).unwrap_or(token);
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // A double holds fifteen digits exactly.
    if whole && digits.len() <= 15 && (value != 0.0 || value.is_sign_positive()) {
        return Number::Integer((value as i64).into());
    }
    match token.parse() {
        // Minus zero is no integer.
        Ok(integer) if whole && (integer != 0 || value.is_sign_positive()) => Number::Integer(integer),
        _ => Number::Float(value),
    }
}

/// A timestamp of text 0.0.4 and 1.0.0: milliseconds, perhaps with a sign.
pub(super) fn millis(token: &str, signed: bool) -> Result<Time, ErrorKind> {
    let digits = if signed { token.strip_prefix(['-', '+']).unwrap_or(token) } else { token };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ErrorKind::InvalidTimestamp);
    }
    token.parse().map(|millis| Time::Exact(Timestamp::from_millis(millis))).map_err(|_| ErrorKind::InvalidTimestamp)
}

/// A timestamp of OpenMetrics: seconds, finite.
pub(super) fn seconds(token: &str) -> Result<Time, ErrorKind> {
    if let Some(moment) = decimal(token) {
        return Ok(Time::Exact(moment));
    }
    match value(token) {
        Ok(seconds) if seconds.is_finite() => Ok(Time::Float(seconds)),
        Ok(_) | Err(_) => Err(ErrorKind::InvalidTimestamp),
    }
}

/// The value of a token, if it is one.
pub(crate) fn number_value(token: &str) -> Option<f64> {
    value(token).ok()
}

/// The moment that a token of OpenMetrics says, if it is one.
pub(crate) fn moment(token: &str) -> Option<Time> {
    seconds(token).ok()
}

/// `[sign] digits [. digits]` of 64 bits, cut behind the ninth decimal place.
fn decimal(token: &str) -> Option<Timestamp> {
    let (negative, digits) = match token.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, token.strip_prefix('+').unwrap_or(token)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let mut nanos = 0;
    for place in 0..9 {
        nanos = nanos * 10 + fraction.as_bytes().get(place).map_or(0, |&digit| u32::from(digit - b'0'));
    }
    Some(match (negative, nanos) {
        (false, nanos) => Timestamp::new(whole, nanos),
        (true, 0) => Timestamp::from_seconds(-whole),
        (true, nanos) => Timestamp::new((-whole).checked_sub(1)?, 1_000_000_000 - nanos),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_core() {
        let table = [
            "0",
            "1",
            "+1",
            "-1",
            "007",
            "1.5",
            ".5",
            "5.",
            "1e5",
            "1E+5",
            "1e-5",
            "9007199254740993",
            "18446744073709551616",
            "0.1",
            "123456789.123456789",
            "1.7976931348623157e308",
            "5e-324",
            "1e-400",
            "0.000000000000000000000000000001",
            "1e22",
            "1e23",
            "99999999999999999999999999999",
            "2.2250738585072011e-308",
            "0e999999999999",
        ];
        for token in table {
            let expected: f64 = token.parse().unwrap();
            assert_eq!(value(token).unwrap().to_bits(), expected.to_bits(), "{token}");
        }
        assert_eq!(value("-0").unwrap().to_bits(), (-0.0_f64).to_bits());
    }

    #[test]
    fn words_and_what_is_no_number() {
        for token in ["inf", "+INF", "Infinity", "+inFinity"] {
            assert_eq!(value(token), Ok(f64::INFINITY));
        }
        assert_eq!(value("-inf"), Ok(f64::NEG_INFINITY));
        assert!(value("NaN").unwrap().is_nan() && value("nan").unwrap().is_nan());
        for token in
            ["", "+", "-", ".", "e5", "1e", "1e+", "0x10", "0b1", "1_000", "0x1p4", "1.1.1", "+NaN", "-nan", "infi", "１", "1\r", "--1"]
        {
            assert_eq!(value(token), Err(ErrorKind::InvalidValue), "{token}");
        }
        assert_eq!(value("1e400"), Err(ErrorKind::Overflow));
        assert_eq!(value("-1e309"), Err(ErrorKind::Overflow));
    }

    #[test]
    fn integers_stay_exact() {
        for token in ["9007199254740993", "18446744073709551616", "-9223372036854775809", "0"] {
            assert_eq!(exact(token, value(token).unwrap()), Number::Integer(token.parse().unwrap()));
        }
        assert!(matches!(exact("-0", -0.0), Number::Float(zero) if zero.is_sign_negative()));
        assert!(matches!(exact("1.0", 1.0), Number::Float(_)));
    }

    #[test]
    fn moments() {
        let exact = |seconds, nanos| Ok(Time::Exact(Timestamp::new(seconds, nanos)));
        assert_eq!(seconds("-0.5"), exact(-1, 500_000_000));
        assert_eq!(seconds("-1"), exact(-1, 0));
        assert_eq!(seconds("1604676851.123456789"), exact(1_604_676_851, 123_456_789));
        assert_eq!(seconds("000"), exact(0, 0));
        assert_eq!(seconds("5."), exact(5, 0));
        assert_eq!(seconds("0.1234567891"), exact(0, 123_456_789));
        assert_eq!(seconds("1.5e3"), Ok(Time::Float(1_500.0)));
        assert_eq!(seconds(".5"), Ok(Time::Float(0.5)));
        for token in ["NaN", "Inf", "-Inf", "1_2", "1z", "0x1p-3", "1e400", "", "-"] {
            assert_eq!(seconds(token), Err(ErrorKind::InvalidTimestamp), "{token}");
        }
        assert_eq!(millis("1395066363000", false), Ok(Time::Exact(Timestamp::from_millis(1_395_066_363_000))));
        assert_eq!(millis("-1", true), Ok(Time::Exact(Timestamp::from_millis(-1))));
        for token in ["-1", "+1", "1.5", "", "9223372036854775808"] {
            assert_eq!(millis(token, false), Err(ErrorKind::InvalidTimestamp), "{token}");
        }
    }
}
