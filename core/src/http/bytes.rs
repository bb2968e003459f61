//! Steps over bytes that all readers and writers of heads share.

/// Without blanks at the ends. One copy of the code for all callers.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

/// What is in front of the first such byte, and what is behind it.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn split_at_byte(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    let index = text.iter().position(|&byte| byte == at).unwrap_or(text.len());
    let (before, rest) = text.split_at_checked(index).unwrap_or((text, &[]));
    (before, rest.get(1..).unwrap_or(&[]))
}

/// Compares without regard to case; byte by byte, because the library's way is made for long texts and has ten times the code.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
#[allow(clippy::manual_ignore_case_cmp)]
pub(super) fn is(text: &[u8], known: &str) -> bool {
    text.len() == known.len() && text.iter().zip(known.as_bytes()).all(|(a, b)| a.to_ascii_lowercase() == b.to_ascii_lowercase())
}

/// Copies what fits behind `at`; how much that is.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn put(buffer: &mut [u8], at: usize, bytes: &[u8]) -> usize {
    let room = buffer.get_mut(at..).unwrap_or(&mut []);
    room.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
    room.len().min(bytes.len())
}
