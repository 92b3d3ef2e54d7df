#!/bin/sh
# SPDX-License-Identifier: MIT
# Which lines of cow.h the inputs of a target reach:  coverage.sh <build folder> <target> <part of the library> ...
# Counted are the lines of the parts that the target is for. Those not reached go to <build folder>/coverage/<target>.txt,
# function by function.
set -eu
build=$1
target=$2
shift 2
out=$build/coverage
mkdir -p "$out" "$build/corpus_$target"
major=$(clang -dumpversion | cut -d. -f1)
tool() { command -v "$1" || command -v "$1-$major" || { echo "fuzz-coverage: no $1; install llvm" >&2; exit 1; }; }
profdata=$(tool llvm-profdata)
cov=$(tool llvm-cov)

rm -f "$out/$target".*.profraw
find "fuzz/corpus/$target" "$build/corpus_$target" -type f -print0 |
    LLVM_PROFILE_FILE="$out/$target.%p.profraw" xargs -0 -n 5000 "$build/${target}_covered" >/dev/null
"$profdata" merge -sparse -o "$out/$target.profdata" "$out/$target".*.profraw
rm -f "$out/$target".*.profraw
"$cov" show -instr-profile="$out/$target.profdata" -show-instantiations=false "$build/${target}_covered" "$PWD/cow/cow.h" \
    >"$out/$target.lines" 2>/dev/null

# A line of cow.h as llvm-cov shows it: number|count|text. Each part of the library opens with `/* name: what it is for`.
awk -v target="$target" -v wanted=" $* " -v list="$out/$target.txt" '
function name_of(head) {
    if (match(head, /COW__[A-Z]+\([a-z_]+\)\(/)) {
        head = substr(head, RSTART, RLENGTH - 2)
        sub(/.*\(/, "", head)
        return head
    }
    sub(/\(.*/, "", head)
    sub(/.*[ *]/, "", head)
    return head
}
BEGIN { printf "" > list }
{
    second = index(substr($0, index($0, "|") + 1), "|") + index($0, "|")
    code = substr($0, second + 1)
    split($0, field, "|")
    count = field[2]
    gsub(/ /, "", count)
}
code ~ /^\/\* [a-z_0-9]+: / { split(code, word, /[ :]/); part = word[2] }
code ~ /^[A-Za-z].*\(.*[^;]$/ { function_name = name_of(code); shown = 0 }
count == "" || index(wanted, " " part " ") == 0 { next }
{ lines[part]++ }
count != "0" { reached[part]++; next }
{
    if (!shown++) print part ": " function_name >> list
    print "    " $0 >> list
}
END {
    n = split(wanted, names, " ")
    for (i = 1; i <= n; i++) {
        if (!lines[names[i]]) { print "fuzz-coverage: no line of a part called " names[i] > "/dev/stderr"; exit 1 }
        printf "fuzz-coverage: %-8s %-14s %4d of %4d lines\n", target, names[i], reached[names[i]], lines[names[i]]
        all += lines[names[i]]
        hit += reached[names[i]]
    }
    printf "fuzz-coverage: %-8s %-14s %4d of %4d lines (%.1f%%); the others: %s\n", target, "all", hit, all, 100 * hit / all, list
}' "$out/$target.lines"
