#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a program of properties, and adds up what several of them did:
#
#     run.sh <log> <program>      its report goes into the log; fails only when nothing can be written
#     run.sh --sum <log>...       RapidCheck's closing lines of each, the whole report of one that failed, and the sum
#
# RC_PARAMS is RapidCheck's: RC_PARAMS='max_success=150000' draws more, and other inputs each time. Without it the inputs are
# the same every time: many lists of operations, fewer cases of each law, and fewer of all under ASan, where it takes five
# times as long to fork a case.
set -u

run() {
    case $2 in
    */asan/*_model_prop*) default='seed=1 max_success=400' ;;
    */asan/*) default='seed=1 max_success=40' ;;
    *_model_prop*) default='seed=1 max_success=1500' ;;
    *) default='seed=1 max_success=150' ;;
    esac
    mkdir -p "$(dirname "$1")"
    chosen=${RC_PARAMS:-}
    { RC_PARAMS=${chosen:-$default} "$2" || echo "run.sh: $2 FAILED with status $?"; } >"$1" 2>&1
}

sum() {
    passed=0
    failed=0
    for log in "$@"; do
        if tail -n 1 "$log" | grep -q '^run.sh: .* FAILED'; then
            cat "$log" >&2
            failed=$((failed + 1))
        else
            awk -v name="$(basename "$(dirname "$log")")/$(basename "$log" .log)" '/^- / { what = substr($0, 3) } /^OK/ { print name ": " what ": " $0 }' "$log"
            passed=$((passed + $(grep -c '^OK' "$log")))
        fi
    done
    [ $failed -eq 0 ] || { echo "prop: $failed of $# programs FAILED (logs: $(dirname "$1"))" >&2; exit 1; }
    echo "prop: $passed properties passed in $# programs (${RC_PARAMS:-seed=1})"
}

if [ "$1" = --sum ]; then
    shift
    sum "$@"
else
    run "$@"
fi
