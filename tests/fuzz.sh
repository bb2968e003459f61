#!/usr/bin/env bash
# Builds every fuzz target of tests/fuzz and runs each for a while: tests/fuzz.sh [SECONDS], 30 if it is not said. What was found
# is kept in tests/fuzz/artifacts.
#
# Without nightly or cargo-fuzz there is a line that says SKIP; with PICOMETER_REQUIRE_PEERS=1 that is a failure.
set -euo pipefail

seconds=${1:-30}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz.sh: '$seconds' is not a number of seconds" >&2; exit 2; }
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

skip() {
    echo "SKIP: $1" >&2
    if [ "${PICOMETER_REQUIRE_PEERS:-}" = 1 ]; then exit 1; else exit 0; fi
}
cargo +nightly --version >/dev/null 2>&1 || skip "no fuzzing: no nightly toolchain (rustup toolchain install nightly)"
cargo fuzz --version >/dev/null 2>&1 || skip "no fuzzing: no cargo-fuzz (cargo install cargo-fuzz --locked)"

targets=$(cargo +nightly fuzz list --fuzz-dir tests/fuzz)
[ -n "$targets" ]
cargo +nightly fuzz build --fuzz-dir tests/fuzz

# One target by its name, and what became of it.
fuzz() {
    local log
    log=$(cargo +nightly fuzz run --fuzz-dir tests/fuzz "$1" -- -max_total_time="$seconds" -print_final_stats=1 2>&1) || {
        printf 'FAIL  %s\n%s\n' "$1" "$(tail -n 60 <<<"$log" | sed 's/^/      /')"
        return 1
    }
    # An unreadable figure is not what this is for.
    echo "ok    $1: $(sed -n 's/^stat::number_of_executed_units: *//p' <<<"$log") executions"
}
export -f fuzz
export seconds
# As many at a time as there are processors; fails if one of them does.
xargs -n 1 -P "$(nproc)" bash -c 'fuzz "$0"' <<<"$targets"
