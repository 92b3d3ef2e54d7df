#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs AFL++ on one target:  afl.sh <build folder> <target> <seconds>
# It starts from the same corpus as libFuzzer and changes inputs by whole operations too, through <target>_mutator.so. Plain
# text has no operations; there AFL++ uses its own mutators and the dictionary.
set -u
build=$1
target=$2
seconds=$3
out=$build/afl_$target
rm -rf "$out"
mkdir -p "$out"

# AFL++ wants a first input that is not empty.
[ -n "$(find "fuzz/corpus/$target" -type f -size +0 2>/dev/null | head -n 1)" ] || {
    echo "fuzz-afl: fuzz/corpus/$target is empty" >&2
    exit 1
}
set --
[ ! -f "fuzz/$target.dict" ] || set -- -x "fuzz/$target.dict"
if [ "$("$build/${target}_replay" --kind)" = operations ]; then
    AFL_CUSTOM_MUTATOR_LIBRARY=$(cd "$build" && pwd)/${target}_mutator.so
    export AFL_CUSTOM_MUTATOR_LIBRARY
fi

# No tuning of the machine: it costs speed, and needs no root.
AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 \
    afl-fuzz -i "fuzz/corpus/$target" -o "$out" -V "$seconds" -t 1000 "$@" -- "$build/${target}_afl" >"$out/log" 2>&1 || {
    tail -n 15 "$out/log" >&2
    echo "fuzz-afl: $target: AFL++ could not run; its log: $out/log" >&2
    exit 1
}

stat() { sed -n "s/^$1 *: *//p" "$out/default/fuzzer_stats"; }
echo "fuzz-afl: $target: $(stat execs_done) runs, $(stat execs_per_sec) a second, $(stat corpus_found) inputs found," \
    "$(stat saved_crashes) crashes, $(stat saved_hangs) hangs"
status=0
for input in "$out"/default/crashes/id* "$out"/default/hangs/id*; do
    [ -f "$input" ] || continue
    timeout 60 "$build/${target}_replay" --print "$input" >"$input.c" 2>/dev/null
    echo "fuzz-afl: $target: $input fails; as a C program: $input.c"
    status=1
done
exit $status
