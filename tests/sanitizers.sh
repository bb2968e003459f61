#!/usr/bin/env bash
# Runs tests under the thread and the address sanitizer: tests/sanitizers.sh [all | PACKAGE[:TEST]...]
#
# PACKAGE stands for its unit tests, PACKAGE:TEST for one of its integration tests. Without arguments it is what shares memory
# between contexts: the unit tests of the core, of guards, files of workers and the registry, contexts that count while others write
# pages, and distributions of both. `all` has series that come, go and are reset, and children of `fork`, too: minutes, and the thread
# sanitizer does not understand the fence before a series is freed.
#
# Without nightly there is a line that says SKIP; with PICOMETER_REQUIRE_PEERS=1 that is a failure.
set -euo pipefail

default=1
usual=(picometer picometer-epoch picometer-multiprocess picometer-registry picometer-sanitized:{stress,observing})
case ${1:-} in
    '') set -- "${usual[@]}" ;;
    all) set -- "${usual[@]}" picometer-sanitized:{churn,forks} ;;
    *) default=0 ;;
esac
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "SKIP: no sanitizers: no nightly toolchain (rustup toolchain install nightly)" >&2
    if [ "${PICOMETER_REQUIRE_PEERS:-}" = 1 ]; then exit 1; else exit 0; fi
fi
# With the source of the standard library it is built with the sanitizer too; without, the thread sanitizer does not see what a
# scope of threads or a channel orders, so only those run that wait for nothing of it.
build_std=()
if [ -d "$(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library" ]; then
    build_std=(-Zbuild-std)
elif [ "$default" = 1 ]; then
    echo "SKIP: no source of the standard library (rustup +nightly component add rust-src): less is checked" >&2
    set -- picometer picometer-sanitized:{stress,observing}
fi
# The target is named, so that build scripts and macros, which run in the compiler, are built without a sanitizer.
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
folder=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/sanitizers
mkdir -p "$folder"

# Without names of functions and lines the suppressions match nothing; more of it takes time to make.
export CARGO_PROFILE_DEV_DEBUG=line-tables-only CARGO_INCREMENTAL=0
# One test after the other runs on the main thread: libtest, which is compiled without the sanitizer, then hands nothing over.
export RUST_TEST_THREADS=1
export TSAN_OPTIONS="suppressions=$PWD/tests/thread_sanitizer.supp ${TSAN_OPTIONS:-}"

# A sanitizer that finds nothing proves nothing: it must find this first.
planted() {
    case $1 in
        thread)
            echo 'static mut COUNT: u32 = 0;'
            echo '#[test] fn planted() { let add = || unsafe { COUNT += 1 }; std::thread::scope(|s| { s.spawn(add); s.spawn(add); }); }'
            ;;
        address)
            echo '#[test] fn planted() { let gone = { let byte = Box::new(7_u8); &raw const *byte }; unsafe { gone.read_volatile() }; }'
            ;;
    esac
}

for sanitizer in thread address; do
    flags="-Zsanitizer=$sanitizer -Cunsafe-allow-abi-mismatch=sanitizer"
    planted $sanitizer >"$folder/planted.rs"
    # shellcheck disable=SC2086
    rustc +nightly --test $flags --edition 2024 -Awarnings --target "$host" "$folder/planted.rs" -o "$folder/planted"
    if ! grep -q "SUMMARY: .*planted" <<<"$("$folder/planted" 2>&1)"; then
        echo "FAIL  the $sanitizer sanitizer does not find a planted mistake" >&2
        exit 1
    fi
    # In one command, so that what they depend on is built once, with the features of all. `--lib` may be said once.
    what=() lib=()
    for one in "$@"; do
        what+=(-p "${one%%:*}")
        if [[ $one = *:* ]]; then what+=(--test "${one#*:}"); else lib=(--lib); fi
    done
    what+=(${lib[@]+"${lib[@]}"})
    echo "== $sanitizer sanitizer: $*"
    RUSTFLAGS="$flags --cfg picometer_${sanitizer}_sanitizer" CARGO_TARGET_DIR=$folder/$sanitizer cargo +nightly test ${build_std[@]+"${build_std[@]}"} -q --no-fail-fast --target "$host" "${what[@]}"
done
