#!/usr/bin/env bash
# Builds what no test on this machine can run: the core for microcontrollers of every kind, and the programs of tests/bare_metal,
# which link only if nothing in the core can panic or allocate. Prints how much flash they take.
#
# Without a compiler for a target there is a line that says SKIP; with PICOMETER_REQUIRE_PEERS=1 that is a failure.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=

fail() {
    echo "FAIL  $1"
    sed 's/^/      /' "$log"
    failed=1
}

skip() {
    echo "SKIP  $1"
    [ "${PICOMETER_REQUIRE_PEERS:-}" != 1 ] || failed=1
}

# rustup's toolchain has a target ready made. Debian's has not, but its source package can build `core`, which is an unstable
# feature: RUSTC_BOOTSTRAP lets a stable compiler use it. Sets `cargo` to what builds for a target.
compiler() {
    if command -v rustup >/dev/null && rustup target list --installed 2>/dev/null | grep -qx "$1"; then
        cargo=(cargo) std=()
    elif [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -x /usr/bin/ld.lld ] &&
        [ -e "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core/Cargo.toml" ]; then
        linker=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")_LINKER
        cargo=(env "RUSTC=/usr/bin/rustc" RUSTC_BOOTSTRAP=1 "$linker=/usr/bin/ld.lld" /usr/bin/cargo)
        std=(-Zbuild-std=core)
    else
        skip "$1: no compiler. Either: rustup target add $1; or, on Debian: apt-get install rustc-web cargo-web rust-web-src lld"
        return 1
    fi
}

# Checks the core for a target, with features, and flags that go to the compiler.
check() {
    compiler "$1" || return 0
    if RUSTFLAGS=${3:-} "${cargo[@]}" check -q -p picometer --lib --target "$1" --features "$2" ${std[@]+"${std[@]}"} >"$log" 2>&1; then
        echo "ok    $1 [$2] ${3:-}"
    else
        fail "$1 [$2] ${3:-}"
    fi
}

# Checks that the core does not build, and says why.
refuse() {
    compiler "$1" || return 0
    if "${cargo[@]}" check -q -p picometer --lib --target "$1" ${std[@]+"${std[@]}"} >"$log" 2>&1; then
        fail "$1 builds without a feature, and has no compare-and-swap"
    elif grep -q 'this target has no compare-and-swap: turn on feature `critical-section` of picometer' "$log"; then
        echo "ok    $1 [] says what to turn on"
    else
        fail "$1 [] does not say what to turn on"
    fi
}

# Links every program with one profile, and prints their flash.
link() {
    if ! (cd "$here/bare_metal" && "${cargo[@]}" build -q --target "$1" --profile "$2" ${std[@]+"${std[@]}"}) >"$log" 2>&1; then
        fail "$1 at profile $2: something in the core can panic"
        return 0
    fi
    local folder tool program
    folder=$(cd "$here/bare_metal" && "${cargo[@]}" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    for tool in arm-none-eabi-size llvm-size rust-size; do
        command -v "$tool" >/dev/null && break
    done
    for program in "$here"/bare_metal/src/bin/*.rs; do
        program=$(basename "$program" .rs)
        # Berkeley's columns: code and constants, initial values, zeroed memory.
        "$tool" "$folder/$1/$2/$program" 2>/dev/null | awk -v name="$program" -v profile="$2" \
            'NR == 2 { printf "      %-12s %-9s %6d bytes of flash, %5d of RAM\n", name, profile, $1 + $2, $2 + $3 }' ||
            echo "      $program $2: linked; no tool to measure it"
    done
}

# Run from here: cargo reads its configuration from the working directory upwards.
cd "$here"
single=--cfg=portable_atomic_unsafe_assume_single_core
for target in thumbv6m-none-eabi riscv32imc-unknown-none-elf; do
    check $target critical-section
    check $target portable-atomic $single
    check $target critical-section,portable-atomic,embedded-io-async,defmt $single
    refuse $target
done
for target in thumbv7m-none-eabi thumbv7em-none-eabihf riscv32imac-unknown-none-elf; do
    check $target ""
    check $target critical-section,embedded-io-async,defmt
done
if compiler thumbv7m-none-eabi; then
    for profile in release speed smallest; do
        link thumbv7m-none-eabi $profile
    done
fi
[ -z "$failed" ]
