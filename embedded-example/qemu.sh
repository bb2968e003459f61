#!/usr/bin/env bash
# Builds the firmware for an emulated Cortex-M3 board and boots it under QEMU. See --help.
set -euo pipefail

usage() {
    cat <<'END'
Usage: qemu.sh [--board an385|lm3s] [--port PORT] [--dhcp] [--protobuf] [--bench-page] [--push KIND [--push-port PORT]]
               [--no-log] [--build-only]
       qemu.sh --embassy [--port PORT] [--build-only]

Builds the firmware for a Cortex-M3 board, boots it under QEMU and forwards 127.0.0.1:PORT to it.
Ctrl-C ends it.

  --board BOARD   an385: Arm MPS2 with a LAN9118 (default); lm3s: TI LM3S6965
  --embassy       the application on embassy instead, for an385
  --port PORT     where to serve on this machine (default 9100)
  --dhcp          ask QEMU's network for an address instead of taking 10.0.2.15
  --protobuf      serve protobuf too, with a native histogram
  --bench-page    480 more series and a send buffer of 512 bytes, to measure
  --small-stack   a stack that a page overflows, for a test of that
  --push KIND     also push: pushgateway or remote-write, every five seconds, to 127.0.0.1. The board can then reach
                  other networks too, as QEMU's router lets it
  --push-port P   the server's port (default 9091 for pushgateway, 9090 for remote-write)
  --no-log        build without the log, even if defmt-print is there to show it
  --build-only    build, print the path of the ELF file, and stop
END
}

fail() {
    echo "qemu.sh: $1" >&2
    exit "${2:-1}"
}

board=an385 embassy= port=9100 dhcp= protobuf= bench= log=auto build_only= push= push_port= small_stack=
while [ $# -gt 0 ]; do
    case $1 in
        --board | --port)
            [ $# -ge 2 ] || fail "$1 needs a value; see --help" 2
            declare "${1#--}=$2"
            shift
            ;;
        --embassy) embassy=1 log= ;;
        --dhcp) dhcp=1 ;;
        --protobuf) protobuf=1 ;;
        --bench-page) bench=1 ;;
        --small-stack) small_stack=1 ;;
        --push | --push-port)
            [ $# -ge 2 ] || fail "$1 needs a value; see --help" 2
            if [ "$1" = --push ]; then push=$2; else push_port=$2; fi
            shift
            ;;
        --no-log) log= ;;
        --build-only) build_only=1 ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) fail "unknown argument '$1'; see --help" 2 ;;
    esac
    shift
done
case $board in
    an385) machine=mps2-an385 ;;
    lm3s) machine=lm3s6965evb ;;
    *) fail "there is no board '$board'; there are an385 and lm3s" 2 ;;
esac
[[ $port =~ ^[1-9][0-9]{0,4}$ ]] && [ "$port" -le 65535 ] || fail "'$port' is not a port" 2

[ -z "$embassy" ] || [ "$board$dhcp$protobuf$bench$push" = an385 ] || fail "the application on embassy has one board and no variants" 2
case $push in
    '' | pushgateway | remote-write) ;;
    *) fail "cannot push to '$push'; there are pushgateway and remote-write" 2 ;;
esac
[ -z "$push_port" ] || { [[ $push_port =~ ^[1-9][0-9]{0,4}$ ]] && [ "$push_port" -le 65535 ]; } || fail "'$push_port' is not a port" 2

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
target=thumbv7m-none-eabi

# The program's log is decoded on this side; without the decoder it is not compiled in either.
if [ "$log" = auto ] && ! command -v defmt-print >/dev/null; then
    echo "qemu.sh: no log: defmt-print is not installed (cargo install defmt-print)" >&2
    log=
fi

features=$board
name=picometer-firmware-$board
package=picometer-firmware variant=(--no-default-features --features)
[ -z "$dhcp" ] || features+=,dhcp name+=-dhcp
[ -z "$protobuf" ] || features+=,protobuf name+=-protobuf
[ -z "$bench" ] || features+=,bench-page name+=-bench
[ -z "$push" ] || features+=,push-$push name+=-$push$push_port
[ -z "$log" ] || features+=,defmt name+=-log
[ -z "$small_stack" ] || features+=,small-stack name+=-small-stack
variant+=("$features")
[ -z "$embassy" ] || name=picometer-embassy-$board package=picometer-firmware-embassy variant=()

# shellcheck source=toolchain.sh
source "$here/toolchain.sh"
toolchain "$target" || fail "$missing"
if [ -z "$build_only" ] && ! command -v qemu-system-arm >/dev/null; then
    fail "no qemu-system-arm; on Debian and its relatives: apt-get install qemu-system-arm"
fi

# Run from here: cargo reads its configuration from the working directory upwards.
cd "$here${embassy:+/embassy}"
target_dir=$("${cargo[@]}" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
elf=$target_dir/$target/$name.elf

build() {
    # All boards are built to the same path: copied while no other build runs.
    if command -v flock >/dev/null; then
        mkdir -p "$target_dir"
        exec 9>"$target_dir/.picometer-firmware.lock"
        flock 9
    fi
    [ -z "$push_port" ] || export PICOMETER_PUSH_PORT=$push_port
    DEFMT_LOG=${DEFMT_LOG:-info} "${cargo[@]}" build --package "$package" --profile firmware --target "$target" \
        ${variant[@]+"${variant[@]}"} ${build_std[@]+"${build_std[@]}"} >&2
    cp "$target_dir/$target/firmware/$package" "$elf"
}
(build)

if [ -n "$build_only" ]; then
    echo "$elf"
    exit 0
fi

answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}
# Asks the kernel where that is possible: to connect is to be counted by the firmware.
listens() {
    if [ -r /proc/net/tcp ]; then
        grep -q " 0100007F:$(printf %04X "$port") 00000000:0000 0A " /proc/net/tcp
    else
        answers
    fi
}
if answers; then
    fail "port $port of 127.0.0.1 is taken; choose another with --port"
fi

# `restrict` keeps the board off every network but this forwarding. QEMU takes the place of this script, so that
# the end of the script, by whatever signal, ends QEMU.
# A board that pushes must reach this machine, as the router's address, which `restrict` forbids too.
restrict=on
[ -z "$push" ] || restrict=off
qemu=(qemu-system-arm -machine "$machine" -display none -monitor none -serial none
    -nic "user,restrict=$restrict,hostfwd=tcp:127.0.0.1:$port-10.0.2.15:80"
    -kernel "$elf")
{
    until listens; do
        kill -0 $$ 2>/dev/null || exit
        sleep 0.05
    done
    echo "http://127.0.0.1:$port/metrics"
} &
if [ -n "$log" ]; then
    exec "${qemu[@]}" -semihosting-config enable=on,target=native > >(exec defmt-print -e "$elf")
fi
exec "${qemu[@]}"
