#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a list of explorations, JOBS at a time, and prints a line for each:  run.sh LIST
# Every line says what was exhausted. A run that finds a bug prints its report and fails the whole.
set -eu
list=$1
out=$MODEL/runs
start_of_all=$(date +%s)

one() { # THE RUN, as one word: FAMILY ARGUMENTS
    name=$(printf '%s' "$1" | tr -c 'a-z0-9\n' '_')
    # shellcheck disable=SC2086 # a run is a list of arguments
    if "$MODEL"/$1 >"$out/$name.out" 2>"$out/$name.report"; then
        alphabet=$(printf '%s' "$1" | cut -d ' ' -f 6-)
        # shellcheck disable=SC2046 # so is a row of results
        set -- $(cat "$out/$name.out") "${1%% *}"
        echo "model: ${10}: $2 threads x $3 ops, start $1, capacity $4: $5 programs, $8 executions ($6 states, $7 steps), $9s: ${alphabet:-cow_seed}"
    else
        echo "model: FAILED: $1"
        cat "$out/$name.report"
        touch "$out/failed"
    fi
}

if [ $# -eq 2 ]; then one "$2"; exit 0; fi
rm -rf "$out"
mkdir -p "$out"
grep -v '^#' "$list" | xargs -P "${JOBS:-2}" -I RUN sh "$0" "$list" RUN
if [ -e "$out/failed" ]; then echo "model: BUGS FOUND"; exit 1; fi
runs=$(grep -vc '^#' "$list")
cat "$out"/*.out | awk -v runs="$runs" -v seconds=$(($(date +%s) - start_of_all)) '
    { programs += $5; states += $6; executions += $8 }
    END { printf "model: %d runs exhausted, %.4g programs, %.4g executions (%.4g states), 0 bugs, %ds\n", runs, programs, executions, states, seconds }'
