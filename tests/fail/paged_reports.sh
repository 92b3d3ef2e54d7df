#!/bin/sh
# SPDX-License-Identifier: MIT
# paged_reports.sh OUT GCC CLANG: AddressSanitizer and libFuzzer report a crash as ever when a paged region has its handler
# of SIGSEGV installed, and libFuzzer writes the input down.
set -u
out=$1
gcc=$2
clang=$3
flags="-std=c11 -g -O0 -fno-omit-frame-pointer -I."
source=tests/fail/paged_reports.c
reports=0
rm -rf "$out"
mkdir -p "$out"

fail() {
    echo "paged reports: $1" >&2
    tail -n 12 "$out/log" >&2
    exit 1
}

# expect WHAT TEXT: the log has it
expect() {
    grep -qF -- "$2" "$out/log" || fail "$1 does not say '$2'"
}

# crash WHAT TEXT COMMAND...: it fails, and says so in the words of whoever reports it
crash() {
    what=$1
    text=$2
    shift 2
    timeout -s KILL 60 "$@" >"$out/log" 2>&1 && fail "$what does not crash"
    expect "$what" "$text"
    reports=$((reports + 1))
}

for compiler in "$gcc" "$clang"; do
    name="$out/asan-$(basename "${compiler%% *}")"
    # shellcheck disable=SC2086 # a list of flags
    $compiler $flags -fsanitize=address $source -o "$name" -lpthread 2>"$out/log" || fail "it does not build by $compiler"
    timeout -s KILL 60 "$name" >"$out/log" 2>&1 || fail "a region fails"
    expect "a region" served
    crash "a NULL pointer, $compiler" "AddressSanitizer: SEGV on unknown address 0x000000000000" "$name" null
    expect "the trace of a NULL pointer, $compiler" "in null_is_written"
    crash "an overrun block, $compiler" "AddressSanitizer: heap-buffer-overflow" "$name" heap
    expect "the trace of an overrun block, $compiler" "in heap_is_overrun"
done

# fuzz NAME TEXT COMMAND...: it crashes on the input in out/seeds, which is written down
mkdir "$out/seeds"
printf 'BOOM!' >"$out/seeds/boom"
printf 'quiet' >"$out/seeds/quiet"
fuzz() {
    folder=$out/$1
    mkdir "$folder"
    name=$1
    text=$2
    shift 2
    crash "$name" "$text" "$@" -artifact_prefix="$folder/" -seed=1 "$out/seeds"
    cmp -s "$out/seeds/boom" "$folder"/crash-* || fail "$name: the input is not written down"
}

# shellcheck disable=SC2086
$clang $flags -DFUZZER -fsanitize=fuzzer $source -o "$out/fuzzer" -lpthread 2>"$out/log" || fail "no fuzzer"
# shellcheck disable=SC2086
$clang $flags -DFUZZER -fsanitize=fuzzer,address $source -o "$out/fuzzer_asan" -lpthread 2>"$out/log" || fail "no fuzzer with ASan"
fuzz fuzzed "in null_is_written" "$out/fuzzer"
fuzz fuzzed_region_first "in null_is_written" env REGION_FIRST=1 "$out/fuzzer"
fuzz fuzzed_asan "AddressSanitizer: SEGV" "$out/fuzzer_asan"
fuzz fuzzed_asan_region_first "AddressSanitizer: SEGV" env REGION_FIRST=1 "$out/fuzzer_asan"
echo "paged reports: $reports crashes beside a region, each reported as ever; libFuzzer wrote its inputs down"
