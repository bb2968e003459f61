#!/usr/bin/env bash
# Prints where the time goes that a million series take to be made, counted in and shown, function by function:
# benches/profile.sh >benches/profiles/scale.txt. Needs perf.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
command -v perf >/dev/null || {
    echo "profile.sh: perf is not installed; on Debian: apt-get install linux-perf" >&2
    exit 1
}
program=$(cargo bench -p picometer-benches --bench scale --no-run --message-format json |
    sed -n 's/.*"name":"scale".*"executable":"\([^"]*\)".*/\1/p')
data=$(mktemp)
trap 'rm -f "$data"' EXIT
cases=(scale-build-1000000 scale-update-1000000 scale-scrape-1000000)
figures=$(perf record --quiet --event cpu-clock --freq 999 --output "$data" -- \
    "$program" --bench --rounds 3 --column picometer "${cases[@]}" | grep '^### \|^| \*\*')
echo "# benches/profile.sh: perf record --event cpu-clock, scale --rounds 3 --column picometer ${cases[*]}"
echo "# $(date -u +%Y-%m-%d), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
sed 's/^### /# /; s/^| \*\*picometer\*\* | \([^|]*\) |.*/#   \1ns a series/' <<<"$figures"
echo "# Share of the processor time, function by function; what is inlined counts for whom it is inlined into."
perf report --input "$data" --stdio --no-children --sort symbol --percent-limit 0.3 2>/dev/null |
    sed -n 's/^ *\([0-9.]*%\)  *\[\(.\)\] *\(.*\)/\1 \2 \3/p' | sed 's/[- ]*$//; s/ \. / /; s/ k / kernel: /'
