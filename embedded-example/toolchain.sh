# Sourced: picks the compiler for a bare-metal target.
#
# rustup's toolchain has a target ready made. Debian's has not, but its source package can build `core`, which is an unstable
# feature: RUSTC_BOOTSTRAP lets a stable compiler use it. PICOMETER_TOOLCHAIN=rustup or =debian asks for one of them; without it
# rustup's is taken where it has the target.

# Sets `cargo` to the command for a target, `build_std` to what goes behind its `build` or `check`, and `compiler` to the compiler's
# name and version; without a compiler returns 1 and leaves in `missing` what to install.
toolchain() {
    local wanted=${PICOMETER_TOOLCHAIN:-any}
    case $wanted in
        any | rustup | debian) ;;
        *)
            missing="PICOMETER_TOOLCHAIN is '$wanted'; it may be rustup or debian"
            return 1
            ;;
    esac
    if [ "$wanted" != debian ] && rustup target list --installed 2>/dev/null | grep -qx "$1"; then
        cargo=(cargo) build_std=()
        compiler="rustup's $(rustc --version | cut -d' ' -f1,2)"
    elif [ "$wanted" != rustup ] && [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -x /usr/bin/ld.lld ] &&
        [ -e "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core/Cargo.toml" ]; then
        cargo=(env RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 "CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")_LINKER=/usr/bin/ld.lld" /usr/bin/cargo)
        build_std=(-Zbuild-std=core)
        compiler="Debian's $(/usr/bin/rustc --version | cut -d' ' -f1,2), with core built from source"
    else
        missing="no compiler for $1. "
        [ "$wanted" = debian ] || missing+="With rustup: rustup target add $1"
        [ "$wanted" != any ] || missing+=$'\nOr, '
        [ "$wanted" = rustup ] || missing+="on Debian and its relatives: apt-get install rustc-web cargo-web rust-web-src lld"
        return 1
    fi
}
