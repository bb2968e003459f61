#!/usr/bin/env bash
# Builds the programs for real boards and prints how much flash and static RAM each takes, in Markdown. See --help.
set -euo pipefail

usage() {
    cat <<'END'
Usage: build.sh [--check | --quick] [BOARD...]

Builds the programs for these boards, or for all: pico-w stm32h7 esp32c3 nrf52840 pico2-w esp32c6.
Prints flash and static RAM of each. Needs rustup's compiler, 1.95 for the ESP32s.

  --check  only have the compiler check them: the fastest
  --quick  build and link them without optimisation over the whole program; sizes are then no measure

A board whose target is not installed is a line that says SKIP; with PICOMETER_REQUIRE_PEERS=1 that is a failure.
END
}

mode=
while [ $# -gt 0 ]; do
    case $1 in
        --check | --quick) mode=${1#--} ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*)
            echo "build.sh: unknown argument '$1'; see --help" >&2
            exit 2
            ;;
        *) break ;;
    esac
    shift
done
[ $# -gt 0 ] || set -- pico-w stm32h7 esp32c3 nrf52840 pico2-w esp32c6

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
# One folder for all: what runs on this machine, macros and build scripts, is built once.
export CARGO_TARGET_DIR=$PWD/target

target() {
    case $1 in
        pico-w) echo thumbv6m-none-eabi ;;
        pico2-w) echo thumbv8m.main-none-eabihf ;;
        stm32h7 | nrf52840) echo thumbv7em-none-eabihf ;;
        esp32c3) echo riscv32imc-unknown-none-elf ;;
        esp32c6) echo riscv32imac-unknown-none-elf ;;
        *) return 1 ;;
    esac
}

# Bytes that are written to flash, and bytes of memory that can be written, by the segments of an ELF file.
sizes() {
    local flash=0 ram=0 in_file in_memory flags
    while read -r in_file in_memory flags; do
        flash=$((flash + in_file))
        case $flags in *W*) ram=$((ram + in_memory)) ;; esac
    done < <(readelf -lW "$1" | awk '$1 == "LOAD" { print $5, $6, $7 $8 }')
    echo "$flash $ram"
}

[ "$mode" = check ] || printf '| board | target | flash | static RAM |\n|---|---|---|---|\n'
failed=
for board in "$@"; do
    target=$(target "$board") || {
        echo "build.sh: there is no board '$board'; see --help" >&2
        exit 2
    }
    if ! rustup target list --installed 2>/dev/null | grep -qx "$target"; then
        echo "SKIP: no compiler for $board. With rustup: rustup target add $target"
        [ "${PICOMETER_REQUIRE_PEERS:-}" != 1 ] || failed=1
        continue
    fi
    case $mode in
        check) build=(check) folder= ;;
        quick) build=(build) folder=debug ;;
        *) build=(build --release) folder=release ;;
    esac
    if ! (cd "$board" && cargo "${build[@]}" --quiet --target "$target"); then
        failed=1
    elif [ "$mode" = check ]; then
        echo "ok    $board, $target"
    else
        read -r flash ram < <(sizes "target/$target/$folder/$board")
        echo "| $board | $target | $flash B | $ram B |"
    fi
done
[ -z "$failed" ]
