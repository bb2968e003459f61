#!/usr/bin/env bash
# Checks the protocols of the core in every interleaving, with loom: tests/loom.sh [NAME OF A TEST...]
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/loom"
RUSTFLAGS="--cfg loom ${RUSTFLAGS:-}" exec cargo test --release "$@"
