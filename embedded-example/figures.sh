#!/usr/bin/env bash
# Measures the firmware and the core on an emulated Cortex-M3 and prints a table in Markdown: flash, RAM, stack, instructions, and
# how fast a page of 20 KiB leaves. With --plain, lines of a name and a figure, for `cargo bench -p picometer-benches --bench firmware`.
# Needs what qemu.sh needs, curl, and arm-none-eabi-size and -nm (binutils-arm-none-eabi).
set -euo pipefail

case ${1:-} in
    '' | --plain) format=${1:-} ;;
    *)
        echo "figures.sh: unknown argument '$1'; there is --plain" >&2
        exit 2
        ;;
esac

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
qemu=
trap '[ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true' EXIT

fail() {
    echo "figures.sh: $1" >&2
    exit 1
}
for tool in curl qemu-system-arm arm-none-eabi-size arm-none-eabi-nm; do
    command -v $tool >/dev/null || fail "$tool is not installed; on Debian: apt-get install curl qemu-system-arm binutils-arm-none-eabi"
done

# The sum of some sections of a program.
sections() {
    arm-none-eabi-size -A "$1" | awk -v names=" $2 " 'index(names, " " $1 " ") { sum += $2 } END { print sum + 0 }'
}
ram_of() { sections "$1" ".data .bss .uninit"; }
flash_of() { sections "$1" ".vector_table .text .rodata .data"; }

# Boots a board; sets `url`, and `qemu` to its process.
boot() {
    local log tries=0
    log=$(mktemp)
    # Any free port: the next one if this one is taken.
    port=${port:-19100}
    while :; do
        "$here/qemu.sh" --no-log --port "$port" "$@" >"$log" 2>"$log.err" &
        qemu=$!
        while kill -0 "$qemu" 2>/dev/null && ! grep -q '^http' "$log"; do sleep 0.05; done
        if kill -0 "$qemu" 2>/dev/null; then break; fi
        port=$((port + 1)) tries=$((tries + 1))
        [ "$tries" -lt 20 ] || fail "$(cat "$log.err")"
    done
    url=$(grep '^http' "$log")
    rm -f "$log" "$log.err"
}
halt() {
    kill "$qemu" && wait "$qemu" 2>/dev/null || true
    qemu=
}
value() { awk -v series="$1" 'index($0, series " ") == 1 { print $NF }'; }

# The firmware.
elf=$("$here/qemu.sh" --no-log --build-only)
flash=$(flash_of "$elf")
boot
# In a crowd a client that is stopped before it asks may be reset; it comes again.
for _ in $(seq 20); do curl -sS --retry 5 --retry-all-errors -o /dev/null "$url" & done
wait $(jobs -p | grep -vx "$qemu") || fail "a page was not served"
sleep 1.5
page=$(curl -sS -H 'Accept: application/openmetrics-text;version=1.0.0' "$url")
halt
series=$(grep -cv '^#' <<<"$page")
ram=$(value device_static_ram_bytes <<<"$page")
stack=$(value device_stack_used_bytes <<<"$page")
# By names of functions: what is inlined counts for whom it is inlined into.
named=$(arm-none-eabi-nm -CS --radix=d "$elf" | awk '$3 ~ /[tTrR]/ && $4 ~ /^<?picometer::/ { sum += $2 } END { print sum }')

# The same device on embassy, after as many pages.
embassy_flash=$(flash_of "$("$here/qemu.sh" --embassy --build-only)")
boot --embassy
for _ in $(seq 20); do curl -sS --retry 5 --retry-all-errors -o /dev/null "$url" & done
wait $(jobs -p | grep -vx "$qemu") || fail "a page was not served"
sleep 1.5
page=$(curl -sS "$url")
halt
embassy_ram=$(value device_static_ram_bytes <<<"$page")
embassy_stack=$(value device_stack_used_bytes <<<"$page")

# The core alone: programs that use it, less the empty one.
# shellcheck source=toolchain.sh
source "$here/toolchain.sh"
toolchain thumbv7m-none-eabi || fail "$missing"
cd "$here/../tests/bare_metal"
build() { "${cargo[@]}" build --quiet --release --target thumbv7m-none-eabi ${build_std[@]+"${build_std[@]}"} "$@" >&2; }
# First those with features: the others are measured without.
build --features protobuf
build --features openmetrics-2 --bin openmetrics2
build
folder=$("${cargo[@]}" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
bare() { sections "$folder/thumbv7m-none-eabi/release/$1" ".text .rodata .data"; }
empty=$(bare empty)
integers=$(($(bare integers) - empty))
everything=$(($(bare everything) - empty))
protobuf=$(($(bare protobuf) - $(bare integers)))
native=$(($(bare native) - $(bare protobuf)))
openmetrics2=$(($(bare openmetrics2) - $(bare integers)))
with_protobuf=$(flash_of "$("$here/qemu.sh" --no-log --build-only --protobuf)")

# The other applications, on the same board.
rtic=$("$here/rtic/run.sh" --build-only)

# Instructions.
counts=$("$here/../benches/firmware/run.sh" instructions 2>/dev/null)
count() { awk -v name="$1" '$1 == name { print $2 }' <<<"$counts"; }

# A page of 20 KiB through 512 bytes, and the usual one in between.
boot --bench-page
times=$(for _ in $(seq 20); do
    curl -sS -o /dev/null -w '%{size_download} %{time_total}\n' "$url"
    curl -sS -o /dev/null "$url?name[]=device_uptime_seconds"
done)
page=$(curl -sS "$url")
halt
bytes=$(awk 'END { print $1 }' <<<"$times")
median=$(awk '{ print $2 * 1000 }' <<<"$times" | sort -n | awk '{ t[NR] = $1 } END { printf "%.1f", (t[10] + t[11]) / 2 }')
turns=$(value device_loop_seconds_count <<<"$page")
blocked=$(awk -v turns="$turns" 'index($0, "device_loop_seconds_bucket") == 1 && $NF == turns {
    split($0, part, "\""); print part[2]; exit }' <<<"$page")

if [ -n "$format" ]; then
    cat <<END
flash $flash
ram $ram
stack $stack
library $named
embassy_flash $embassy_flash
embassy_ram $embassy_ram
embassy_stack $embassy_stack
everything $everything
integers $integers
$counts
page $median
END
    exit
fi
cat <<END
Compiler: $compiler.

| what | goal | measured |
|---|---|---|
| firmware, thumbv7m, ours at opt-level "z", LTO: flash | ≤ 48,500 B | $flash B |
| its static RAM | ≤ 14,336 B | $ram B |
| its stack, most that was used | ≤ 2,560 B | $stack B |
| its series | ≥ 60 | $series |
| picometer in it, by names of functions | ≤ 18,432 B | $named B |
| everything that the core has, less an empty program | | $everything B |
| integers in text 0.0.4 only, less an empty program | ≤ 9,216 B | $integers B |
| feature \`protobuf\`, added to that | | $protobuf B |
| a native histogram and a summary with quantiles, added to that | | $native B |
| feature \`openmetrics-2\`, added to integers in text 0.0.4 | | $openmetrics2 B |
| firmware with feature \`protobuf\` and a native histogram: flash | | $with_protobuf B |
| RTIC application, pages over a UART: flash and static RAM | | $(flash_of "$rtic") B, $(ram_of "$rtic") B |
| the firmware on embassy, with metrics of the executor: flash | ≤ 65,536 B | $embassy_flash B |
| its static RAM | ≤ 14,336 B | $embassy_ram B |
| its stack, most that was used | ≤ 2,560 B | $embassy_stack B |
| \`Counter<u32>::inc\` | as an atomic: $(count atomic_inc) | $(count counter_inc) instructions |
| \`Family::with(enum)\` and \`inc\` | array of atomics: $(count array_inc) | $(count family_inc) instructions |
| \`Histogram::observe\`, 6 buckets, first and last | by hand: $(count by_hand_first), $(count by_hand_last) | $(count observe_first), $(count observe_last) instructions |
| encoding of 400 series of integers, 2 labels, whole | ≤ 14 instructions a byte | $(count encode_text_large_24000) |
| the same in pieces of 1460, 512, 256 bytes | | $(count encode_text_large_1460), $(count encode_text_large_512), $(count encode_text_large_256) |
| page of $bytes B through 512 B of send buffer, median of 20 | ≤ 20 ms | $median ms |
| longest turn of the main loop meanwhile | | ≤ $blocked s |
END
