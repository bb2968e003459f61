//! The moment in a `Date` header: a device without a clock learns the time from the answers that it gets.

use crate::time::Timestamp;

const MONTHS: [&[u8]; 12] = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is still written (RFC 9110 section 5.6.7).
pub(super) fn parse(text: &[u8]) -> Option<Timestamp> {
    let [_, _, _, b',', b' ', d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', time @ ..] = text else { return None };
    let [h1, h2, b':', n1, n2, b':', s1, s2, b' ', b'G', b'M', b'T'] = time else { return None };
    let month = MONTHS.iter().position(|name| **name == [*m1, *m2, *m3])? as i64;
    let (day, year) = (number(&[*d1, *d2])?, number(&[*y1, *y2, *y3, *y4])?);
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?);
    if !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since the epoch of the proleptic Gregorian calendar: years that begin in March put the leap day at their end.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(Timestamp::from_seconds(((days * 24 + hour) * 60 + minute) * 60 + second))
}

pub(super) fn number(digits: &[u8]) -> Option<i64> {
    let value = digits.iter().try_fold(0_i64, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    });
    value.filter(|_| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let table: [(&[u8], i64); 5] = [
            (b"Thu, 01 Jan 1970 00:00:00 GMT", 0),
            (b"Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            (b"Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            (b"Wed, 31 Dec 1969 23:59:59 GMT", -1),
            (b"Tue, 14 Nov 2023 22:13:20 GMT", 1_700_000_000),
        ];
        for (text, seconds) in table {
            assert_eq!(parse(text), Some(Timestamp::from_seconds(seconds)));
        }
        for text in [
            "",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Now 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
