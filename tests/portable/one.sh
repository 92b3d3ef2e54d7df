#!/bin/sh
# SPDX-License-Identifier: MIT
# one.sh OUT NAME COMPILER FLAGS...: builds and runs the smoke test once; silent when it passes, leaves OUT/NAME.ok.
out=$1
name=$2
shift 2
if "$@" -I. tests/portable/smoke.c tests/portable/smoke_person.c -o "$out/$name" >"$out/$name.log" 2>&1 &&
    "$out/$name" >>"$out/$name.log" 2>&1; then
    rm -f "$out/$name" "$out/$name.log"
    : >"$out/$name.ok"
else
    echo "portable: FAILED: $name: $*"
    head -n 20 "$out/$name.log"
fi
# A failure is counted by the missing .ok file; xargs must go on to the next build.
exit 0
