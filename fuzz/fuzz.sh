#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs libFuzzer on one target:  fuzz.sh <build folder> <target> <seconds>
# What it finds goes to <build folder>/corpus_<target>. An input that fails is printed as a C program beside the input, from
# another process: so also one that hung, leaked, or died where the target could not print it.
set -u
build=$1
target=$2
seconds=$3
found=$build/corpus_$target
mkdir -p "$found" "fuzz/corpus/$target"
set --
[ ! -f "fuzz/$target.dict" ] || set -- "-dict=fuzz/$target.dict"

rm -f "$build/$target"-crash-* "$build/$target"-leak-* "$build/$target"-timeout-* "$build/$target"-oom-*
"$build/${target}_fuzz" -max_total_time="$seconds" -max_len=1536 -timeout=10 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$build/$target-" "$@" "$found" "fuzz/corpus/$target" && exit 0

for input in "$build/$target"-crash-* "$build/$target"-leak-* "$build/$target"-timeout-* "$build/$target"-oom-*; do
    [ -f "$input" ] || continue
    timeout 60 "$build/${target}_replay" --print "$input" >"$input.c" 2>/dev/null
    echo "fuzz: $target: $input fails; as a C program: $input.c"
done
exit 1
