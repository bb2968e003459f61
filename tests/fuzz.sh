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

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=
for target in $targets; do
    if cargo +nightly fuzz run --fuzz-dir tests/fuzz "$target" -- -max_total_time="$seconds" -print_final_stats=1 >"$log" 2>&1; then
        # An unreadable figure is not what this is for.
        echo "ok    $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
    else
        echo "FAIL  $target"
        tail -n 60 "$log" | sed 's/^/      /'
        failed=1
    fi
done
[ -z "$failed" ]
