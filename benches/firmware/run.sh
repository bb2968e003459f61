#!/usr/bin/env bash
# Builds a program of this package and runs it on an emulated Cortex-M3, where each instruction takes a nanosecond.
# Usage: run.sh instructions|interrupts [--build-only]
set -euo pipefail

fail() {
    echo "run.sh: $1" >&2
    exit 1
}

program=${1:?usage: run.sh instructions|interrupts [--build-only]}
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
[ -f "src/bin/$program.rs" ] || fail "there is no program '$program'"
target=thumbv7m-none-eabi

# rustup's toolchain has the target ready made. Debian's has not, but its source package can build `core`, which is an unstable
# feature: RUSTC_BOOTSTRAP lets a stable compiler use it.
cargo=(cargo) std=()
if command -v rustup >/dev/null && rustup target list --installed 2>/dev/null | grep -qx "$target"; then
    :
elif [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -x /usr/bin/ld.lld ] &&
    [ -e "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core/Cargo.toml" ]; then
    cargo=(/usr/bin/cargo) std=(-Zbuild-std=core)
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER=/usr/bin/ld.lld
else
    fail "no compiler for $target. Either: rustup target add $target
or, on Debian and its relatives: apt-get install rustc-web cargo-web rust-web-src lld"
fi
"${cargo[@]}" build --quiet --release --bin "$program" --target "$target" ${std[@]+"${std[@]}"} >&2
[ "${2:-}" != --build-only ] || exit 0
command -v qemu-system-arm >/dev/null || fail "no qemu-system-arm; on Debian and its relatives: apt-get install qemu-system-arm"
folder=$("${cargo[@]}" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
exec qemu-system-arm -machine mps2-an385 -display none -monitor none -serial none -nic none -icount shift=0 \
    -semihosting-config enable=on,target=native -kernel "$folder/$target/release/$program"
