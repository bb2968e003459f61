#!/usr/bin/env bash
# Runs the core's unit tests under miri, which finds undefined behaviour: on this machine, and as on a 32-bit big-endian one.
# Without miri there is a line that says SKIP. It is a component of nightly that is missing on some days and in some places, so
# it is not required: loom and the sanitizers run everywhere.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    echo "SKIP: no miri (rustup +nightly component add miri rust-src)" >&2
    exit 0
fi
export MIRIFLAGS=-Zmiri-strict-provenance
if [ "${1:-}" != all ]; then
    # The protocols of several atomics, which is where the core's `unsafe` is. All tests take an hour: tests/miri.sh all.
    exec cargo +nightly miri test -p picometer --lib -- slot:: tally:: sequence::
fi
# Each seed is another interleaving.
export MIRIFLAGS="-Zmiri-strict-provenance -Zmiri-many-seeds=0..4"
cargo +nightly miri test -p picometer --lib
cargo +nightly miri test -p picometer-tests --test stress
MIRIFLAGS=-Zmiri-strict-provenance cargo +nightly miri test -p picometer --lib --features critical-section --target mips-unknown-linux-gnu
