//! Copying text of a few bytes: most of what a page is put together from.

/// Copies to a place that has room for all of it.
///
/// On a server short pieces go in two moves that may overlap, because a call of `memcpy` takes longer than a label.
#[cfg(target_pointer_width = "64")]
#[inline(always)]
#[allow(unreachable_pub, reason = "handed on to `picometer-std`, which puts labels together the same way")]
pub fn copy(to: &mut [u8], from: &[u8]) {
    let len = from.len();
    // A search by halves.
    if len <= 48 {
        if len >= 32 {
            ends_of::<32, 16>(to, from);
        } else if len >= 16 {
            ends::<16>(to, from);
        } else if len >= 8 {
            ends::<8>(to, from);
        } else if len >= 4 {
            ends::<4>(to, from);
        } else if len >= 2 {
            ends::<2>(to, from);
        } else {
            ends::<1>(to, from);
        }
    } else if len <= 64 {
        ends::<32>(to, from);
    } else if len <= 96 {
        ends_of::<64, 32>(to, from);
    } else if len <= 128 {
        ends::<64>(to, from);
    } else if let Some(to) = to.get_mut(..len) {
        to.copy_from_slice(from);
    }
}

/// Copies to a place that has room for all of it.
#[cfg(not(target_pointer_width = "64"))]
#[allow(unreachable_pub, reason = "handed on to `picometer-std`, which puts labels together the same way")]
pub fn copy(to: &mut [u8], from: &[u8]) {
    let _ = put(to, from);
}

/// Copies to the front of `room` and returns the rest, if there is room.
///
/// On a microcontroller a call of `memcpy` takes longer than most pieces, and so does a loop over bytes.
#[cfg(not(target_pointer_width = "64"))]
#[inline(never)]
pub(crate) fn put<'r>(room: &'r mut [u8], from: &[u8]) -> Option<&'r mut [u8]> {
    let (mut to, rest) = room.split_at_mut_checked(from.len())?;
    let mut from = from;
    while from.len() >= 4 {
        (to, from) = start::<4>(to, from);
    }
    (to, from) = start::<2>(to, from);
    start::<1>(to, from);
    Some(rest)
}

/// The first `N` bytes, if there are as many; what is behind them.
#[cfg(not(target_pointer_width = "64"))]
#[inline(always)]
fn start<'t, 'f, const N: usize>(to: &'t mut [u8], from: &'f [u8]) -> (&'t mut [u8], &'f [u8]) {
    let Some((piece, behind)) = from.split_first_chunk::<N>() else { return (to, from) };
    let Some((place, to)) = to.split_first_chunk_mut::<N>() else { return (&mut [], &[]) };
    *place = *piece;
    (to, behind)
}

/// The first and the last `N` bytes.
#[cfg(target_pointer_width = "64")]
#[inline(always)]
fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    ends_of::<N, N>(to, from);
}

/// The first `A` and the last `B` bytes.
#[cfg(target_pointer_width = "64")]
#[inline(always)]
fn ends_of<const A: usize, const B: usize>(to: &mut [u8], from: &[u8]) {
    let Some(to) = to.get_mut(..from.len()) else { return };
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<A>(), from.first_chunk::<A>()) {
        *to = *from;
    }
    if let (Some(to), Some(from)) = (to.last_chunk_mut::<B>(), from.last_chunk::<B>()) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length() {
        let from: [u8; 200] = core::array::from_fn(|at| at as u8 + 1);
        for len in 0..=from.len() {
            let mut to = [0; 201];
            copy(&mut to[..len], &from[..len]);
            assert_eq!(to[..len], from[..len]);
            assert!(to[len..].iter().all(|&byte| byte == 0));
        }
    }
}
