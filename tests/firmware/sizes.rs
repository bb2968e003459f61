//! Flash that the firmware takes, by each compiler.

use std::path::Path;

use crate::peers::{build_board_with, toolchains};

/// A program for a board: an ELF file of 32 bits.
struct Program(Vec<u8>);

impl Program {
    fn read(elf: &Path) -> Self {
        let bytes = std::fs::read(elf).expect("built");
        assert_eq!(&bytes[..5], b"\x7fELF\x01", "no ELF file of 32 bits");
        Self(bytes)
    }

    fn half(&self, at: usize) -> usize {
        usize::from(u16::from_le_bytes([self.0[at], self.0[at + 1]]))
    }

    fn word(&self, at: usize) -> usize {
        self.half(at) | self.half(at + 2) << 16
    }

    /// What is loaded into flash: the bytes that the segments have in the file.
    fn flash(&self) -> usize {
        let (first, size, count) = (self.word(28), self.half(42), self.half(44));
        let segments = (0..count).map(|nth| first + nth * size).filter(|&at| self.word(at) == 1);
        segments.map(|at| self.word(at + 16)).sum()
    }

    /// Addresses of sections that hold something and that the program may write.
    fn writable(&self) -> impl Iterator<Item = usize> {
        let (first, size, count) = (self.word(32), self.half(46), self.half(48));
        let sections = (0..count).map(move |nth| first + nth * size);
        // SHF_WRITE and SHF_ALLOC.
        sections.filter(|&at| self.word(at + 8) & 3 == 3 && self.word(at + 20) > 0).map(|at| self.word(at + 12))
    }

    /// Where the stack begins: the first word of the table of vectors, which is the first segment.
    fn stack_start(&self) -> usize {
        self.word(self.word(self.word(28) + 4))
    }
}

/// Where RAM begins on both boards.
const RAM: usize = 0x2000_0000;

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
            let program = Program::read(&elf);
            let flash = program.flash();
            assert!((30_000..=goal).contains(&flash), "{toolchain} {arguments:?}: {flash} bytes of {goal}");
            // Nothing is below the stack, so an overflow writes over nothing.
            let stack = program.stack_start() - RAM;
            assert!((3_584..=4_352).contains(&stack), "{toolchain} {arguments:?}: {stack} bytes of stack");
            assert!(program.writable().count() > 1 && program.writable().all(|section| section >= RAM + stack));
        }
    }
}
