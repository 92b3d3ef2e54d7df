#!/bin/sh
# SPDX-License-Identifier: MIT
# examples.sh FOLDER NAME...: runs FOLDER/NAME and compares its output with examples/NAME.out.
set -eu
folder=$1
shift
for name in "$@"; do
    input=examples/$name.in
    [ -f "$input" ] || input=/dev/null
    "$folder/$name" <"$input" >"$folder/$name.printed" || {
        echo "examples-check: FAILED: $name ended with status $?"
        exit 1
    }
    diff -u "examples/$name.out" "$folder/$name.printed" || {
        echo "examples-check: FAILED: $name prints something else"
        exit 1
    }
done
echo "examples-check: $# programs run, output as expected"
