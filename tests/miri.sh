#!/usr/bin/env bash
# Runs unit tests under miri, which finds undefined behaviour: tests/miri.sh [all | NAME OF A TEST...]
#
# Without arguments it is what has `unsafe`, or protocols of several atomics: of the core the slots, tallies, sequences and lists of
# what is declared; guards, locks and deferred drops; of the registry the cells of threads and the series of families. `all`
# runs every unit test of the core, of the guards and of the registry, and contexts that count while others write pages, in several
# interleavings, and the core as on a 32-bit big-endian machine: hours.
#
# Tests that need files of the system, memory that is mapped or a clock are left out by themselves, and say so.
# Without miri there is a line that says SKIP. It is a component of nightly that is missing on some days and in some places, so
# it is not required: loom and the sanitizers run everywhere.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    echo "SKIP: no miri (rustup +nightly component add miri rust-src)" >&2
    exit 0
fi
# The clock of the system is no mistake.
export MIRIFLAGS="-Zmiri-strict-provenance -Zmiri-disable-isolation"
packages=(-p picometer -p picometer-epoch -p picometer-multiprocess -p picometer-registry)
case ${1:-} in
    '')
        exec cargo +nightly miri test "${packages[@]}" --lib -- slot:: tally:: sequence:: section:: \
            lock:: reclaim:: record:: cell::counter cell::local::{chunks,moment,moves} node:: several_threads tombstones protocol::
        ;;
    all) ;;
    *) exec cargo +nightly miri test "${packages[@]}" --lib -- "$@" ;;
esac
cargo +nightly miri test "${packages[@]}" --lib
# Each seed is another interleaving.
MIRIFLAGS="$MIRIFLAGS -Zmiri-many-seeds=0..4" cargo +nightly miri test "${packages[@]}" --lib -- slot:: tally:: sequence:: reclaim:: family::
cargo +nightly miri test -p picometer-sanitized --test stress
cargo +nightly miri test -p picometer --lib --features critical-section --target mips-unknown-linux-gnu
