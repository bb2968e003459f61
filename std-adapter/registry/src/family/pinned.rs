//! A series that a thread holds for a moment, or for as long as it likes.
#![allow(unsafe_code, reason = "the series is shared by a pointer that is freed when no thread holds it")]

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use super::node::{Found, Held, Node};
use crate::epoch::{Guard, Hazard, pin};

/// A series that is not freed while this is kept. It keeps that one series from being freed, and nothing else.
pub(crate) struct Pinned<'a, C> {
    found: NonNull<Node<C>>,
    /// None where this has a share of the series instead.
    hazard: Option<Hazard>,
    table: PhantomData<(&'a Node<C>, *const ())>,
}

impl<'a, C> Pinned<'a, C> {
    /// # Safety
    ///
    /// The series was reachable while there was the guard, and is freed by `epoch::retire` or behind the lifetime.
    #[inline(always)]
    pub(crate) unsafe fn new(found: Found<'_, C>, guard: &Guard) -> Self {
        let node = found.as_raw();
        let hazard = guard.hold(node.addr().get());
        if hazard.is_none() {
            share(found);
        }
        Self { found: node, hazard, table: PhantomData }
    }

    /// A series that lives as long as the table.
    pub(crate) fn lasting(held: &'a Held<C>) -> Self {
        // SAFETY: it is freed behind the lifetime.
        unsafe { Self::new(held.found(), &pin()) }
    }

    #[inline]
    pub(crate) fn found(&self) -> Found<'_, C> {
        // SAFETY: the hazard or the share keeps it.
        unsafe { Found::new(self.found) }
    }
}

impl<C> Deref for Pinned<'_, C> {
    type Target = Node<C>;

    #[inline]
    fn deref(&self) -> &Node<C> {
        // SAFETY: as above.
        unsafe { self.found.as_ref() }
    }
}

impl<C> Drop for Pinned<'_, C> {
    #[inline]
    fn drop(&mut self) {
        if self.hazard.is_none() {
            // SAFETY: the share that `new` took.
            unsafe { end_share(self.found) };
        }
    }
}

/// Where a thread holds more series than its record has room for. Not where the lookup is.
#[inline(never)]
fn share<C>(found: Found<'_, C>) {
    let _ = found.keep().into_raw();
}

/// # Safety
///
/// As for [`Held::from_raw`].
#[inline(never)]
unsafe fn end_share<C>(node: NonNull<Node<C>>) {
    // SAFETY: as the caller says.
    drop(unsafe { Held::from_raw(node) });
}
