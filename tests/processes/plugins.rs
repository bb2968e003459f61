//! A program that counts, and loads a library that counts.
#![allow(unsafe_code, reason = "the loader of the C library")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::NonNull;
use std::sync::Barrier;
use std::thread;

use picometer_std::{Counter, Family, default_registry, metrics};

use super::support::page;

metrics! {
    /// Libraries that were loaded.
    static LOADED: Counter = "program_libraries_total";
}

#[link(name = "dl")]
unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlclose(library: *mut c_void) -> c_int;
}

const RTLD_NOW: c_int = 2;

struct Plugin {
    library: NonNull<c_void>,
    count: extern "C" fn(u64),
    counted: extern "C" fn() -> u64,
    page: unsafe extern "C" fn(*mut u8, usize) -> usize,
}

impl Plugin {
    /// The library is an example of this package, which cargo builds before it runs the tests; `None` if it was told to build
    /// this test alone.
    fn load() -> Option<Self> {
        let path = std::env::current_exe().unwrap().parent()?.parent()?.join("examples/libplugin.so");
        if !path.exists() {
            eprintln!("SKIP: no library to load: cargo build -p picometer-tests --example plugin");
            assert!(std::env::var_os("PICOMETER_REQUIRE_PEERS").is_none_or(|value| value != "1"), "required and not there");
            return None;
        }
        let path = CString::new(path.to_str()?).ok()?;
        // SAFETY: the path ends with a zero; what runs when the library is loaded is Rust's, which runs nothing.
        let library = NonNull::new(unsafe { dlopen(path.as_ptr(), RTLD_NOW) }).expect("a library");
        let symbol = |name: &CStr| {
            // SAFETY: the library is open and the name ends with a zero.
            NonNull::new(unsafe { dlsym(library.as_ptr(), name.as_ptr()) }).expect("a function").as_ptr()
        };
        // SAFETY: `plugin.rs` has functions of these types under these names.
        let (count, counted, page) = unsafe {
            (
                std::mem::transmute::<*mut c_void, extern "C" fn(u64)>(symbol(c"picometer_plugin_count")),
                std::mem::transmute::<*mut c_void, extern "C" fn() -> u64>(symbol(c"picometer_plugin_counted")),
                std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut u8, usize) -> usize>(symbol(c"picometer_plugin_page")),
            )
        };
        Some(Self { library, count, counted, page })
    }

    /// The page of the library's default registry.
    fn page(&self) -> String {
        let mut page = vec![0; 64 * 1024];
        // SAFETY: the buffer has so many bytes.
        let length = unsafe { (self.page)(page.as_mut_ptr(), page.len()) };
        page.truncate(length);
        String::from_utf8(page).unwrap()
    }

    fn close(self) {
        // SAFETY: it was opened, and is not used any more: `self` is gone.
        assert_eq!(unsafe { dlclose(self.library.as_ptr()) }, 0);
    }
}

/// The library has a list of declarations of its own, and a default registry of its own.
#[test]
fn declarations_of_a_loaded_library_are_on_its_own_page() {
    let own = || page(default_registry());
    for round in 1..=3 {
        // The page was made before, in between, and after.
        let before = own();
        let Some(plugin) = Plugin::load() else { return };
        LOADED.inc();
        let (program, library) = (own(), plugin.page());
        plugin.close();
        for page in [before, program, own()] {
            assert!(page.contains("\nprogram_libraries_total ") && !page.contains("plugin_"), "{page}");
        }
        assert!(library.contains("\nplugin_pages_total ") && !library.contains("program_"), "{round}: {library}");
    }
    assert!(own().contains("\nprogram_libraries_total 3\n"), "{}", own());
}

#[test]
fn a_library_that_counts_by_itself() {
    const THREADS: u64 = 8;
    const TIMES: u64 = 1_000;
    let family = Family::<Counter, 1>::new("program_total", "", ["x"]);
    for round in 1..=3 {
        let Some(plugin) = Plugin::load() else { return };
        let before = (plugin.counted)();
        let (meet, closed) = (Barrier::new(1 + THREADS as usize), Barrier::new(1 + THREADS as usize));
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    let (count, family, meet, closed) = (plugin.count, &family, &meet, &closed);
                    scope.spawn(move || {
                        for _ in 0..TIMES {
                            count(1);
                            family.with(["a"]).inc();
                        }
                        meet.wait();
                        // It is closed before the threads that counted in it end, and have something of its to destroy.
                        closed.wait();
                    })
                })
                .collect();
            meet.wait();
            assert_eq!((plugin.counted)() - before, THREADS * TIMES);
            plugin.close();
            closed.wait();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
        assert_eq!(family.with(["a"]).get(), round * THREADS * TIMES);
    }
}
