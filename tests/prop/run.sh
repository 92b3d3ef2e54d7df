#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs programs of properties and adds up:  run.sh <folder for logs> program...
# RapidCheck's closing lines are shown for each; the whole report of a program that fails.
# RC_PARAMS is RapidCheck's: RC_PARAMS='max_success=100000' draws more, and other inputs each time. Without it the inputs are
# the same every time, and fewer under ASan, where it takes ten times as long to fork a case.
set -u
logs=$1
shift
chosen=${RC_PARAMS:-}
mkdir -p "$logs"
passed=0
failed=0
for program in "$@"; do
    name=$(basename "$(dirname "$program")")_$(basename "$program")
    case $program in
    */asan/*) default='seed=1 max_success=100' ;;
    *) default='seed=1 max_success=400' ;;
    esac
    if RC_PARAMS=${chosen:-$default} "$program" >"$logs/$name.log" 2>&1; then
        awk -v name="$name" '/^- / { what = substr($0, 3) } /^OK/ { print name ": " what ": " $0 }' "$logs/$name.log"
        passed=$((passed + $(grep -c '^OK' "$logs/$name.log")))
    else
        cat "$logs/$name.log" >&2
        failed=$((failed + 1))
    fi
done
[ $failed -eq 0 ] || { echo "prop: $failed of $# programs FAILED (logs: $logs)" >&2; exit 1; }
echo "prop: $passed properties passed in $# programs (${chosen:-seed=1})"
