#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that must not compile:  must_not_compile.sh <build folder> <C compiler>:<C++ compiler> ...
#
# Each *.c and *.cpp here is compiled twice per compiler and level: with -DCONTROL it must compile, without it must not, and
# the message must hold every line that its comment marks `expect:` (or `expect-gcc:`, `expect-clang:`). `flags:` adds flags;
# `second:` compiles the file once more with those flags and links the two.
set -u
build=$1
shift
here=$(dirname "$0")
mkdir -p "$build"
cases=0
failures=0

# The value of a `key: value` line in the case's comment.
says() { sed -n "s/^ *\(\/\* *\)*$2: *\(.*[^ ]\) *$/\2/p" "$1" | sed 's/ *\*\/$//'; }

complain() {
    echo "must-not-compile: $1" >&2
    sed 's/^/    /' "$log" | head -n 20 >&2
    failures=$((failures + 1))
}

# Compiles one case with the given extra flags; links when it has a second object.
compile() {
    source=$1
    extra=$2
    second=$3
    object=$build/$(basename "$source").o
    # Words on purpose: flags are lists.
    # shellcheck disable=SC2046,SC2086
    LC_ALL=C $compiler $level $standard -I. -I"$here" $(says "$source" flags) $extra -c "$source" -o "$object" >"$log" 2>&1 || return 1
    [ -n "$second" ] || return 0
    # shellcheck disable=SC2046,SC2086
    LC_ALL=C $compiler $level $standard -I. $extra $second -c "$source" -o "$object.2" >>"$log" 2>&1 &&
        LC_ALL=C $compiler "$object" "$object.2" -o "$object.program" >>"$log" 2>&1
}

check() {
    source=$1
    name="$(basename "$source") with $compiler $level"
    log=$build/$(basename "$source").log
    cases=$((cases + 1))
    compile "$source" "-DCONTROL -Wall -Wextra -Werror -Wno-unused-function" "$(says "$source" control-second)" ||
        complain "the control of $name does not compile"
    if compile "$source" "" "$(says "$source" second)"; then
        complain "$name compiles"
        return
    fi
    expected=$(says "$source" expect; says "$source" "expect-$family")
    [ -n "$expected" ] || complain "$name expects nothing"
    while read -r line; do
        grep -qF -- "$line" "$log" || complain "$name: no '$line' in the message"
    done <<END
$expected
END
}

for pair in "$@"; do
    for level in -O0 -O2; do
        for source in "$here"/*.c "$here"/*.cpp; do
            case $source in
            *.cpp) compiler=${pair#*:} standard=-std=c++17 ;;
            *death_test.c | *paged_reports.c) continue ;;
            *) compiler=${pair%%:*} standard=-std=c11 ;;
            esac
            case $compiler in *clang*) family=clang ;; *) family=gcc ;; esac
            check "$source"
        done
    done
done
[ $cases -ge 60 ] || { echo "must-not-compile: only $cases cases ran" >&2; exit 1; }
[ $failures -eq 0 ] || { echo "must-not-compile: $failures failures in $cases cases" >&2; exit 1; }
echo "must-not-compile: $cases cases: each refused with its message, each control accepted"
