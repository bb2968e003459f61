#!/usr/bin/env bash
# Builds what no test on this machine can run: the core for microcontrollers of every kind, and the programs of tests/bare_metal,
# which link only if nothing in the core can panic or allocate. Prints how much flash they take, and how much memory its types do.
#
# Without a compiler for a target there is a line that says SKIP; with PICOMETER_REQUIRE_PEERS=1 that is a failure.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=

# shellcheck source=../embedded-example/toolchain.sh
source "$here/../embedded-example/toolchain.sh"

fail() {
    echo "FAIL  $1"
    sed 's/^/      /' "$log"
    failed=1
}

compiler() {
    toolchain "$1" && return
    echo "SKIP: $missing"
    [ "${PICOMETER_REQUIRE_PEERS:-}" != 1 ] || failed=1
    return 1
}

# Runs cargo for a target; `core` is built once for all, because other flags for the program need not be flags for it.
build() {
    local target=$1
    shift
    "${cargo[@]}" "$@" -q --target "$target" ${build_std[@]+"${build_std[@]}"} >"$log" 2>&1
}

# Checks the core, or another package, for a target, with features, and flags that go to the compiler.
check() {
    local package=${4:-picometer}
    compiler "$1" || return 0
    if RUSTFLAGS=${3:-} build "$1" check -p "$package" --lib --features "$2"; then
        echo "ok    $1 [$2] ${3:-}${4:-}"
    else
        fail "$1 [$2] ${3:-}${4:-}"
    fi
}

# Checks that the core does not build, and says why.
refuse() {
    compiler "$1" || return 0
    if build "$1" check -p picometer --lib; then
        fail "$1 builds without a feature, and has no compare-and-swap"
    elif ! grep -q 'due to 1 previous error' "$log"; then
        fail "$1 [] has other errors behind the one that says what to turn on"
    elif grep -q 'this target has no compare-and-swap: turn on feature `critical-section` of picometer' "$log"; then
        echo "ok    $1 [] says what to turn on"
    else
        fail "$1 [] does not say what to turn on"
    fi
}

# Links every program of tests/bare_metal with one profile; with panics, which are linked in where one is possible, nothing links.
link() {
    # First those with features, because the others are what is measured of the programs that all make.
    if ! (cd "$here/bare_metal" && build "$1" build --profile "$2" --features protobuf &&
        build "$1" build --profile "$2" --features openmetrics-2 --bin openmetrics2 && build "$1" build --profile "$2"); then
        fail "$1 at profile $2: something in the core can panic"
        return 1
    fi
    echo "ok    $1 at profile $2: nothing panics, nothing allocates"
}

# The flash that a program takes: code, constants and initial values.
flash() {
    "$size" "$folder/$1/$2/$3" | awk 'NR == 2 { print $1 + $2 }'
}

# How much of a program are functions and constants that the core has names for. The rest is what they call, such as the division
# of 64 bits and the decimals of floats, text, and the program itself.
own() {
    "$nm" --print-size --radix=d --demangle "$folder/$1/$2/$3" |
        awk 'NF > 3 && $3 ~ /[tTrRdD]/ && /picometer::/ && !seen[$1]++ { sum += $2 } END { print sum + 0 }'
}

# Prints what the core adds to a program of nothing.
sizes() {
    local empty program
    empty=$(flash "$1" "$2" empty)
    while read -r program what; do
        echo "      picometer, $what: $(($(flash "$1" "$2" "$program") - empty)) bytes ($(own "$1" "$2" "$program") of its own)"
    done <<'END'
everything everything
integers integers and text 0.0.4 only
protobuf integers and protobuf only
openmetrics2 integers and OpenMetrics 2.0 only
native integers, a native histogram, quantiles and protobuf only
END
    local more=$(($(flash "$1" "$2" declared) - $(flash "$1" "$2" listed)))
    echo "      metrics that are declared, over the same in a list: $more bytes"
    # What finds them may cost so much, once.
    [ "$more" -le 100 ] || fail "declared metrics take $more bytes more than listed ones"
}

# Run from here: cargo reads its configuration from the working directory upwards.
cd "$here"
single=--cfg=portable_atomic_unsafe_assume_single_core
for target in thumbv6m-none-eabi riscv32imc-unknown-none-elf; do
    check $target critical-section
    check $target portable-atomic $single
    check $target critical-section,portable-atomic,embedded-io-async,defmt
    check $target critical-section,portable-atomic $single
    refuse $target
done
targets=(thumbv7m-none-eabi thumbv7em-none-eabihf riscv32imac-unknown-none-elf)
# Building `core` for one more target takes longer than the check. So each compiler checks what it is needed for: rustup's has Armv8-M
# ready made, and its stable one cannot build `core` for targets that it has not ready made.
[ "${PICOMETER_TOOLCHAIN:-}" = debian ] || targets+=(thumbv8m.main-none-eabi thumbv8m.main-none-eabihf)
for target in "${targets[@]}"; do
    check $target ""
    check $target critical-section,embedded-io-async,defmt,protobuf
done
if [ "${PICOMETER_TOOLCHAIN:-}" != rustup ]; then
    for target in armv4t-none-eabi msp430-none-elf; do
        check $target critical-section,portable-atomic,heapless/portable-atomic-critical-section
    done
fi

for target in thumbv6m-none-eabi thumbv7m-none-eabi riscv32imc-unknown-none-elf riscv32imac-unknown-none-elf; do
    check $target "" "" picometer-embassy
done

size= nm=
for tools in arm-none-eabi- llvm- rust-; do
    if command -v "${tools}size" >/dev/null && command -v "${tools}nm" >/dev/null; then
        size=${tools}size nm=${tools}nm
        break
    fi
done
target=thumbv7m-none-eabi
if compiler $target; then
    folder=$(cd "$here/bare_metal" && "${cargo[@]}" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    for profile in release speed smallest; do
        link $target $profile || continue
        if [ -n "$size" ]; then
            sizes $target $profile
        else
            echo "SKIP: nothing that measures a program: binutils-arm-none-eabi, or llvm"
            [ "${PICOMETER_REQUIRE_PEERS:-}" != 1 ] || failed=1
        fi
    done
fi
[ -z "$failed" ]
