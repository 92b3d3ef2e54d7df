#!/bin/sh
# SPDX-License-Identifier: MIT
# Lines, branches and functions of cow/cow.h that the given programs reached:  coverage.sh <folder> program ...
# The folder holds the programs and one .profraw a program. Uncovered lines go to <folder>/uncovered.txt.
set -eu
folder=$1
shift
major=$(clang -dumpversion | cut -d. -f1)
tool() { command -v "$1" || command -v "$1-$major" || { echo "coverage: no $1; install llvm" >&2; exit 1; }; }
profdata=$(tool llvm-profdata)
cov=$(tool llvm-cov)

for name in "$@"; do echo "$folder/$name.profraw"; done | xargs "$profdata" merge -sparse -o "$folder/all.profdata"
first=$1
shift
objects="$folder/$first"
for name in "$@"; do objects="$objects -object $folder/$name"; done

# Words on purpose: a list of arguments.
# shellcheck disable=SC2086
"$cov" export -summary-only -instr-profile="$folder/all.profdata" $objects "$PWD/cow/cow.h" >"$folder/summary.json" 2>/dev/null
# shellcheck disable=SC2086
"$cov" show -instr-profile="$folder/all.profdata" -show-instantiations=false $objects "$PWD/cow/cow.h" 2>/dev/null |
    awk -F'|' '$2 ~ /^ *0 *$/ { print }' >"$folder/uncovered.txt"

# "totals":{"branches":{"count":N,"covered":N,...},...,"lines":{...}}
figure() {
    sed 's/.*"totals"://' "$folder/summary.json" | grep -o "\"$1\":{[^}]*}" |
        sed 's/.*"count":\([0-9]*\),"covered":\([0-9]*\).*/\2 of \1/' |
        awk -v what="$1" '{ printf "%s %s (%.1f%%)", what, $0, 100 * $1 / $3 }'
}
echo "coverage of cow/cow.h: $(figure lines), $(figure branches), $(figure functions)"
echo "coverage: $(wc -l <"$folder/uncovered.txt" | tr -d ' ') lines not reached: $folder/uncovered.txt"
