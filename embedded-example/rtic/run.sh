#!/usr/bin/env bash
# Builds the RTIC application and boots it under QEMU. On its UART `m` asks for a page, and `s` stops the timers.
# Usage: run.sh [--build-only | --serial CHARDEV]
#   --build-only      build, print the path of the ELF file, and stop
#   --serial CHARDEV  where QEMU connects the UART (default: stdio)
set -euo pipefail

fail() {
    echo "run.sh: $1" >&2
    exit "${2:-1}"
}

serial=stdio build_only=
while [ $# -gt 0 ]; do
    case $1 in
        --build-only) build_only=1 ;;
        --serial)
            [ $# -ge 2 ] || fail "$1 needs a value" 2
            serial=$2
            shift
            ;;
        *) fail "unknown argument '$1'; there are --build-only and --serial" 2 ;;
    esac
    shift
done

# Cargo reads its configuration from the working directory upwards; the socket of a chardev is the caller's.
caller=$PWD
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
target=thumbv7m-none-eabi
# shellcheck source=../toolchain.sh
source ../toolchain.sh
toolchain "$target" || fail "$missing"
"${cargo[@]}" build --quiet --release --target "$target" ${build_std[@]+"${build_std[@]}"} >&2
folder=$("${cargo[@]}" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
elf=$folder/$target/release/picometer-rtic
if [ -n "$build_only" ]; then
    echo "$elf"
    exit 0
fi
command -v qemu-system-arm >/dev/null || fail "no qemu-system-arm; on Debian and its relatives: apt-get install qemu-system-arm"
cd -- "$caller"
exec qemu-system-arm -machine mps2-an385 -display none -monitor none -serial "$serial" -nic none -kernel "$elf"
