#!/bin/sh
# SPDX-License-Identifier: MIT
# examples.sh FOLDER NAME...: runs FOLDER/NAME and compares its output with examples/NAME.out.
#
# NAME.in, when there is one, is its standard input. NAME.run, when there is one, lists runs instead: on each line the
# status that the program must end with and its arguments. Then NAME.out holds what the runs print, errors included.
set -eu
folder=$1
shift

fail() {
    echo "examples-check: FAILED: $1"
    exit 1
}

# Each line of examples/NAME.run.
run_listed() {
    while read -r expected arguments; do
        status=0
        # shellcheck disable=SC2086 # the arguments are words
        "$folder/$1" $arguments 2>&1 </dev/null || status=$?
        [ "$status" = "$expected" ] || fail "$1 $arguments ended with status $status" >&2
    done <"examples/$1.run"
}

for name in "$@"; do
    input=examples/$name.in
    [ -f "$input" ] || input=/dev/null
    if [ -f "examples/$name.run" ]; then
        run_listed "$name" >"$folder/$name.printed"
    else
        "$folder/$name" <"$input" >"$folder/$name.printed" || fail "$name ended with status $?"
    fi
    diff -u "examples/$name.out" "$folder/$name.printed" || fail "$name prints something else"
done
echo "examples-check: $# programs run, output as expected"
