# Sourced: picks the compiler for a bare-metal target.
#
# rustup's toolchain has a target ready made. Debian's has not, but its source package can build `core`, which is an unstable
# feature: RUSTC_BOOTSTRAP lets a stable compiler use it.

# Sets `cargo` to the command for a target, and `build_std` to what goes behind its `build` or `check`; without a compiler returns 1
# and leaves in `missing` what to install.
toolchain() {
    if command -v rustup >/dev/null && rustup target list --installed 2>/dev/null | grep -qx "$1"; then
        cargo=(cargo) build_std=()
    elif [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -x /usr/bin/ld.lld ] &&
        [ -e "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core/Cargo.toml" ]; then
        cargo=(env RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 "CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")_LINKER=/usr/bin/ld.lld" /usr/bin/cargo)
        build_std=(-Zbuild-std=core)
    else
        missing="no compiler for $1. Either: rustup target add $1
or, on Debian and its relatives: apt-get install rustc-web cargo-web rust-web-src lld"
        return 1
    fi
}
