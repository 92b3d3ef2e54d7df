#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs one test program and shows its closing lines:  run.sh <label> <log> program [arguments]
# The whole output goes to the log, which is cut at 10 MB; when the program fails, its end is shown.
label=$1
log=$2
shift 2
mkdir -p "$(dirname "$log")"
{ timeout 900 "$@" 2>&1; echo $? >"$log.status"; } | head -c 10000000 >"$log"
status=$(cat "$log.status")
if [ "$status" -ne 0 ]; then
    tail -n 60 "$log" >&2
    echo "$label: FAILED with status $status; log: $log" >&2
    exit 1
fi
# cmocka's closing lines, or all that a runner of our own prints.
if grep -q '^\[  PASSED  \]' "$log"; then
    grep '^\[  PASSED  \]' "$log" | sed "s|^|$label: |"
else
    sed "s|^|$label: |" "$log"
fi
