#!/usr/bin/env bash
# Builds the example for an emulated Cortex-M3 with the compiler that PICOMETER_TOOLCHAIN names, and prints the path of the ELF file.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../toolchain.sh
source "$here/../toolchain.sh"
target=thumbv7m-none-eabi name=picometer-example-declared
toolchain $target || { echo "build.sh: $missing" >&2; exit 1; }
cd "$here"
target_dir=$("${cargo[@]}" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
"${cargo[@]}" build --package $name --profile firmware --target $target ${build_std[@]+"${build_std[@]}"} >&2
elf=$target_dir/$target/$name-${PICOMETER_TOOLCHAIN:-any}.elf
cp "$target_dir/$target/firmware/$name" "$elf"
echo "$elf"
