#!/usr/bin/env bash
# Builds a program of this package and runs it on an emulated Cortex-M3, where each instruction takes a nanosecond.
# Usage: run.sh instructions|interrupts|logs|routines [--build-only]
set -euo pipefail

fail() {
    echo "run.sh: $1" >&2
    exit 1
}

program=${1:?usage: run.sh instructions|interrupts|logs|routines [--build-only]}
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
[ -f "src/bin/$program.rs" ] || fail "there is no program '$program'"
target=thumbv7m-none-eabi

# shellcheck source=../../embedded-example/toolchain.sh
source ../../embedded-example/toolchain.sh
toolchain "$target" || fail "$missing"
features=()
[ "$program" != logs ] || features=(--features logs)
DEFMT_LOG=trace "${cargo[@]}" build --quiet --release --bin "$program" ${features[@]+"${features[@]}"} --target "$target" ${build_std[@]+"${build_std[@]}"} >&2
folder=$("${cargo[@]}" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
if [ "${2:-}" = --build-only ]; then
    echo "$folder/$target/release/$program"
    exit 0
fi
command -v qemu-system-arm >/dev/null || fail "no qemu-system-arm; on Debian and its relatives: apt-get install qemu-system-arm"
exec qemu-system-arm -machine mps2-an385 -display none -monitor none -serial none -nic none -icount shift=0 \
    -semihosting-config enable=on,target=native -kernel "$folder/$target/release/$program"
