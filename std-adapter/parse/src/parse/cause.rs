//! What lies behind an error: pages in other encodings and formats. Needs `core` only.

use super::error::ErrorKind;
use super::line::Fail;
use super::rules::Dialect;
use super::scan;

/// The cause of what is wrong with the line that starts at `start`, where it is a known one; otherwise what was found. `is_first`
/// says whether it is the first line of the whole page, of which `page` may be a piece.
#[cold]
pub(super) fn of(page: &[u8], start: usize, is_first: bool, (kind, at): Fail, dialect: Dialect) -> Fail {
    if is_first && page.starts_with("\u{feff}".as_bytes()) {
        return (ErrorKind::ByteOrderMark, 0);
    }
    if is_first && matches!(page.get(..scan::line_end(page, 0)), Some([0, _, ..] | [_, 0, ..])) {
        return (ErrorKind::Utf16, 0);
    }
    // No further than the line: the rest of the page may not have come yet.
    let line = page.get(start..scan::line_end(page, start)).unwrap_or(&[]).trim_ascii();
    if line.starts_with(b"<") {
        return (ErrorKind::Markup, start);
    }
    if is_first && is_json(line) {
        return (ErrorKind::Json, start);
    }
    let rest = page.get(at..).unwrap_or(&[]);
    // A blank, and `#` behind it, where a timestamp may stand.
    if !dialect.is_open_metrics()
        && matches!(kind, ErrorKind::InvalidTimestamp | ErrorKind::ExpectedLineEnd)
        && rest.trim_ascii_start().starts_with(b"# {")
    {
        return (ErrorKind::ExemplarInText, at);
    }
    let end = scan::line_end(page, at);
    let token = page.get(at..end).unwrap_or(&[]);
    let ends_in_return = token.last() == Some(&b'\r') && page.get(end) == Some(&b'\n');
    if ends_in_return && !token.contains(&b' ') {
        return (ErrorKind::CarriageReturn, end - 1);
    }
    (kind, at)
}

/// What a page is that is no UTF-8.
#[cold]
pub(super) fn of_bytes(page: &[u8]) -> ErrorKind {
    match page {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => ErrorKind::Utf16,
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => ErrorKind::Compressed,
        _ => ErrorKind::InvalidUtf8,
    }
}

/// Whether it starts as an object of JSON does, which no sample with its name in quotes does.
fn is_json(line: &[u8]) -> bool {
    let Some(inner) = line.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) else { return line.starts_with(b"[") };
    let Some(name) = inner.strip_prefix(b"\"") else { return inner.is_empty() };
    let end = name.iter().position(|&byte| byte == b'"').map_or(name.len(), |end| end + 1);
    name.get(end..).unwrap_or(&[]).trim_ascii_start().starts_with(b":")
}
