//! Where declarations are found: a section of the program's file that the linker fills, or a list that constructors fill.
//!
//! Each declaration puts an [`Entry`] into a section of a name of its own. The linker puts all of them one behind the other, and
//! defines symbols for the beginning and the end. WebAssembly and miri have no such symbols: there declarations enter themselves
//! in a list before `main`. The section's name has the version of its entries: two versions of this crate in one program have
//! two lists.
#![allow(unsafe_code, reason = "the linker makes the list")]

use core::any::TypeId;
use core::panic::Location;

use crate::collector::Collector;

/// A declaration of [`metrics!`](crate::metrics): the collector, and where it was declared.
///
/// ```standalone_crate
/// use picometer::{Counter, Declared, metrics};
///
/// metrics! {
///     /// Times the device started.
///     static BOOTS: Counter<u32> = "boots_total";
/// }
///
/// let entry = Declared::all().next().unwrap();
/// assert!(entry.place().is_some_and(|place| place.file().ends_with(".rs")));
/// ```
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Entry {
    collector: &'static dyn Collector,
    /// Firmware keeps no places, which are 16 bytes and the name of a file each.
    #[cfg(not(target_os = "none"))]
    place: &'static Location<'static>,
    /// The type of the collector, for registries that trust their own types.
    #[cfg(not(target_os = "none"))]
    kind: fn() -> TypeId,
}

impl Entry {
    /// An entry for the caller's place; for the expansion of [`declare!`](crate::declare) only.
    #[doc(hidden)]
    #[track_caller]
    pub const fn new<T: Collector + 'static>(collector: &'static T) -> Self {
        Self {
            collector,
            #[cfg(not(target_os = "none"))]
            place: Location::caller(),
            #[cfg(not(target_os = "none"))]
            kind: TypeId::of::<T>,
        }
    }

    /// What was declared.
    pub const fn collector(&self) -> &'static dyn Collector {
        self.collector
    }

    /// The type of the collector; `None` on bare metal.
    #[doc(hidden)]
    pub fn kind(&self) -> Option<TypeId> {
        #[cfg(not(target_os = "none"))]
        return Some((self.kind)());
        #[cfg(target_os = "none")]
        return None;
    }

    /// Where it was declared; `None` on bare metal, where places are not kept.
    pub const fn place(&self) -> Option<&'static Location<'static>> {
        #[cfg(not(target_os = "none"))]
        return Some(self.place);
        #[cfg(target_os = "none")]
        return None;
    }
}

impl core::fmt::Debug for Entry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Entry").field("place", &self.place()).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Entry {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Entry");
    }
}

/// The section between two symbols.
#[cfg(not(any(miri, target_family = "wasm")))]
mod linked {
    use super::Entry;

    #[cfg(not(windows))]
    #[allow(improper_ctypes, reason = "their addresses alone are used")]
    unsafe extern "C" {
        #[cfg_attr(target_vendor = "apple", link_name = "\u{1}section$start$__DATA$__picometer0")]
        #[cfg_attr(not(target_vendor = "apple"), link_name = "__start_picometer_0_1")]
        safe static START: [Entry; 0];
        #[cfg_attr(target_vendor = "apple", link_name = "\u{1}section$end$__DATA$__picometer0")]
        #[cfg_attr(not(target_vendor = "apple"), link_name = "__stop_picometer_0_1")]
        safe static STOP: [Entry; 0];
    }

    /// Makes the section, and so the symbols, in a program without declarations.
    #[cfg(not(windows))]
    #[used]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__picometer0,regular,no_dead_strip"))]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = "picometer_0_1"))]
    static NONE: [Entry; 0] = [];

    // The linker sorts what follows `$`, and drops it from the name.
    #[cfg(windows)]
    #[unsafe(link_section = ".pico01$a")]
    static START: [Entry; 0] = [];
    #[cfg(windows)]
    #[unsafe(link_section = ".pico01$z")]
    static STOP: [Entry; 0] = [];

    pub(in crate::declared) fn all() -> impl Iterator<Item = &'static Entry> {
        let (start, stop) = (START.as_ptr(), STOP.as_ptr());
        let len = (stop.addr() - start.addr()) / size_of::<Entry>();
        // SAFETY: between the two symbols the linker puts what has this section's name, which is `NONE` and the entries of
        // `declare!`, all of them `Entry`, whose size is a multiple of its alignment; so they stand without gaps. They are statics
        // that are never written. The name has the version of the entries, so that no other layout is among them.
        unsafe { core::slice::from_raw_parts(start, len) }.iter()
    }
}

/// The list of those that entered it.
#[cfg(any(miri, target_family = "wasm", test))]
mod entered {
    use core::ptr::{from_ref, null_mut};
    use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

    use super::Entry;

    /// A declaration where the linker makes no list; for the expansion of [`declare!`](crate::declare) only.
    #[allow(missing_debug_implementations, reason = "not for the public")]
    pub struct Node {
        entry: Entry,
        next: AtomicPtr<Node>,
        /// WebAssembly may run constructors again with every call from outside.
        entered: AtomicBool,
    }

    static HEAD: AtomicPtr<Node> = AtomicPtr::new(null_mut());

    impl Node {
        /// A node that is in no list.
        pub const fn new(entry: Entry) -> Self {
            Self { entry, next: AtomicPtr::new(null_mut()), entered: AtomicBool::new(false) }
        }

        /// Puts the node in front of the list, unless it is there.
        pub fn enter(&'static self) {
            // Relaxed: constructors run one after the other.
            if self.entered.load(Ordering::Relaxed) {
                return;
            }
            self.entered.store(true, Ordering::Relaxed);
            self.next.store(HEAD.load(Ordering::Relaxed), Ordering::Relaxed);
            // Release: pairs with the acquire of `all`, which follows `next`.
            HEAD.store(from_ref(self).cast_mut(), Ordering::Release);
        }
    }

    pub(in crate::declared) fn all() -> impl Iterator<Item = &'static Entry> {
        // SAFETY: only references to statics enter, and none leaves. Acquire: pairs with the release of `enter`.
        let see = |node: &AtomicPtr<Node>| unsafe { node.load(Ordering::Acquire).as_ref() };
        core::iter::successors(see(&HEAD), move |node: &&'static Node| see(&node.next)).map(|node| &node.entry)
    }
}

#[cfg(any(miri, target_family = "wasm", test))]
pub use entered::Node;
#[cfg(any(miri, target_family = "wasm"))]
pub(super) use entered::all;
#[cfg(not(any(miri, target_family = "wasm")))]
pub(super) use linked::all;

#[cfg(all(test, not(miri)))]
mod tests {
    use core::ptr::from_ref;

    use super::*;
    use crate::{Counter, Desc, Metric};

    static ONE: Metric<Counter<u32>> = Metric::new(&Desc::counter("one_total", "One."));
    static TWO: Metric<Counter<u32>> = Metric::new(&Desc::counter("two_total", "Two."));

    #[test]
    fn a_node_that_enters_again_is_listed_once() {
        static NODES: [Node; 2] = [Node::new(Entry::new(&ONE)), Node::new(Entry::new(&TWO))];
        assert_eq!(entered::all().count(), 0);
        for _ in 0..3 {
            NODES.iter().for_each(Node::enter);
        }
        let addresses: [_; 2] = [&TWO, &ONE].map(|metric| from_ref(metric).addr());
        assert!(entered::all().map(|entry| from_ref(entry.collector()).addr()).eq(addresses));
    }

    #[test]
    fn a_program_without_declarations_has_an_empty_list() {
        assert_eq!(all().count(), 0);
    }
}
