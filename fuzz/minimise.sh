#!/bin/sh
# SPDX-License-Identifier: MIT
# Replaces the corpus of one target by the few inputs, old and new, that reach everything:  minimise.sh <build folder> <target>
# How often a branch is taken counts as long as the inputs stay few; after that, only that it is taken.
set -eu
build=$1
target=$2
most=300
fewer=$build/minimised_$target
mkdir -p "$build/corpus_$target" "fuzz/corpus/$target"

merge() {
    rm -rf "$fewer"
    mkdir -p "$fewer"
    "$build/${target}_fuzz" -set_cover_merge=1 "$@" -max_len=1536 "$fewer" "fuzz/corpus/$target" "$build/corpus_$target" \
        >"$build/minimise_$target.log" 2>&1 || {
        tail -n 5 "$build/minimise_$target.log" >&2
        exit 1
    }
    [ "$(find "$fewer" -type f | wc -l)" -le $most ]
}

merge || merge -use_counters=0 || true
rm -f "fuzz/corpus/$target"/*
cp "$fewer"/* "fuzz/corpus/$target"
echo "fuzz-minimise: $target: $(find "fuzz/corpus/$target" -type f | wc -l) inputs," \
    "$(cat "fuzz/corpus/$target"/* | wc -c) bytes"
