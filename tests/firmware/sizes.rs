//! Flash that the firmware takes, by each compiler.

use std::path::Path;

use crate::peers::{build_board_with, toolchains};

/// What is loaded into flash: the bytes that the segments of a 32-bit ELF file have in the file.
fn flash(elf: &Path) -> usize {
    let bytes = std::fs::read(elf).expect("built");
    let half = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let word = |at: usize| half(at) | half(at + 2) << 16;
    assert_eq!(&bytes[..5], b"\x7fELF\x01", "no ELF file of 32 bits");
    let (first, size, count) = (word(28), half(42), half(44));
    (0..count).map(|nth| first + nth * size).filter(|&at| word(at) == 1).map(|at| word(at + 16)).sum()
}

/// What the base firmware may take, on the compiler that most users have and on Debian's, and 64 KiB with each feature that adds most.
#[test]
fn firmware_fits_with_each_compiler() {
    for toolchain in toolchains() {
        for (arguments, goal) in [
            (&[][..], if toolchain == "rustup" { 48_500 } else { 49_152 }),
            (&["--protobuf"], 65_536),
            (&["--push", "remote-write"], 65_536),
            (&["--push", "pushgateway"], 65_536),
            (&["--dhcp"], 65_536),
            (&["--embassy"], 65_536),
        ] {
            let Some(elf) = build_board_with(toolchain, "an385", arguments) else { break };
            let flash = flash(&elf);
            assert!((30_000..=goal).contains(&flash), "{toolchain} {arguments:?}: {flash} bytes of {goal}");
        }
    }
}
