#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the steps of `make test` one after the other: mk/test.sh "make -j2" step ...
# Stops at the first step that fails. The whole output is shown as it comes and kept in build/test/STEP.log;
# at the end each step's time and closing line stand together.
set -u
make=$1
shift
logs=${BUILD:-build}/test
mkdir -p "$logs"
rm -f "$logs"/*.log "$logs"/*.status

seconds() { date +%s; }

# step, seconds, last line of its log
summary=
began=$(seconds)
for step in "$@"; do
    echo "== $step"
    start=$(seconds)
    # The status goes through a file, because a pipe reports only its last command.
    {
        $make --no-print-directory "$step" 2>&1
        echo $? >"$logs/$step.status"
    } | tee "$logs/$step.log"
    status=$(cat "$logs/$step.status" 2>/dev/null)
    took=$(($(seconds) - start))
    if [ "$status" != 0 ]; then
        printf '\nmake test: FAILED in %s after %d s (log: %s)\n' "$step" "$took" "$logs/$step.log"
        exit 1
    fi
    summary="$summary$(printf '%-16s %4d s  %s' "$step" "$took" "$(grep -v '^ *$' "$logs/$step.log" | tail -n 1)")
"
done
printf '\n== all steps\n%s' "$summary"
echo "make test: $# steps passed in $(($(seconds) - began)) s"
