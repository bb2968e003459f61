#!/usr/bin/env bash
# Builds a program of this package and runs it on an emulated Cortex-M3, where each instruction takes a nanosecond.
# Usage: run.sh instructions|interrupts|routines [--build-only]
set -euo pipefail

fail() {
    echo "run.sh: $1" >&2
    exit 1
}

program=${1:?usage: run.sh instructions|interrupts|routines [--build-only]}
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
[ -f "src/bin/$program.rs" ] || fail "there is no program '$program'"
target=thumbv7m-none-eabi

# shellcheck source=../../embedded-example/toolchain.sh
source ../../embedded-example/toolchain.sh
toolchain "$target" || fail "$missing"
"${cargo[@]}" build --quiet --release --bin "$program" --target "$target" ${build_std[@]+"${build_std[@]}"} >&2
[ "${2:-}" != --build-only ] || exit 0
command -v qemu-system-arm >/dev/null || fail "no qemu-system-arm; on Debian and its relatives: apt-get install qemu-system-arm"
folder=$("${cargo[@]}" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
exec qemu-system-arm -machine mps2-an385 -display none -monitor none -serial none -nic none -icount shift=0 \
    -semihosting-config enable=on,target=native -kernel "$folder/$target/release/$program"
