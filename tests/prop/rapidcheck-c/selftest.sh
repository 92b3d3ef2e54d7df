#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the planted bugs of selftest.c:  selftest.sh <program> <folder for logs>
#
# Each must be found whatever the seed, and shrink to the minimal case stated here: the counterexample, its lines joined
# by " | ". The report's RC_PARAMS line must then lead straight to the same counterexample.
set -u
program=$1
logs=$2
seeds='1 2 3 4 5 6 7 8'
found=0
failures=0
mkdir -p "$logs"

complain() {
    echo "rapidcheck-c: FAILED: $1" >&2
    failures=$((failures + 1))
}

# The counterexample in a log: what stands between RapidCheck's verdict and the check that failed.
counterexample() {
    awk '/^Falsifiable/ { inside = 1; next } /^(.*selftest\.c:[0-9]+:|The case .*)$/ { exit } inside && NF' "$1" |
        paste -sd '|' - | sed 's/|/ | /g'
}

# says <name> <text>: the log of its last run has the text.
says() {
    grep -qF -- "$2" "$logs/$1.log" || complain "$1 does not say '$2' ($logs/$1.log)"
}

# shrinks <name> <counterexample> [text of the report]: a planted bug.
shrinks() {
    for seed in $seeds; do
        if RC_PARAMS="seed=$seed max_success=1000" "$program" "$1" >"$logs/$1.log" 2>&1; then
            complain "$1 is not found with seed $seed"
            continue
        fi
        minimal=$(counterexample "$logs/$1.log")
        [ "$minimal" = "$2" ] || complain "$1 shrinks to '$minimal', not to '$2', with seed $seed"
        [ $# -lt 3 ] || says "$1" "$3"
    done
    again=$(sed -n 's/^RC_PARAMS="\(.*\)"$/\1/p' "$logs/$1.log")
    RC_PARAMS="$again" "$program" "$1" >"$logs/$1.again.log" 2>&1 && complain "$1 passes when reproduced"
    if [ -z "$again" ] || [ "$(counterexample "$logs/$1.again.log")" != "$2" ]; then
        complain "$1 is not reproduced by '$again'"
    fi
    found=$((found + 1))
}

# passes <name> <text>...: no bug here; the report has the texts.
passes() {
    name=$1
    shift
    RC_PARAMS=seed=1 "$program" "$name" >"$logs/$name.log" 2>&1 || complain "$name fails"
    for text in "$@"; do says "$name" "$text"; done
}

# fails <name> <text>: fails, with nothing to shrink.
fails() {
    RC_PARAMS=seed=1 "$program" "$1" >"$logs/$1.log" 2>&1 && complain "$1 passes"
    says "$1" "$2"
}

shrinks a_bound 'n: | 1000' 'rc_assert(rc_int("n", 0, 1000000) < 1000)'
shrinks a_negative 'n: | -77'
shrinks either_sign 'n: | 5' 'n is 5'
shrinks above_zero 'n: | 50'
shrinks below_zero 'n: | -3'
shrinks all_numbers 'n: | -4000000001'
shrinks a_choice 'which: | 3' '1 == 0'
shrinks a_bool 'even: | 0'
shrinks two_draws 'a: | 20 | b: | 30'
shrinks a_list 'list: | [1, 0]'
shrinks a_long_list 'list: | [7, 7, 7, 7, 7]'
shrinks some_bytes 'bytes: | "\360\""'
shrinks a_text 'text: | "cb"'

passes odd_ones_do_not_count 'OK, passed 100 tests'
fails none_counts 'for no reason'
passes with_labels '% - small' '% - large'
grep -q 'not to be seen' "$logs/with_labels.log" && complain "a log is shown although nothing failed"
shrinks with_a_log 'n: | 21' 'twice that is 42'
shrinks with_cleanups 'n: | 10' 'all is cleaned up'

shrinks an_abort 'n: | 12 | bytes: | "\000\000"' 'these are my last words'
says an_abort 'signal 6'
shrinks a_stray_write 'text: | "\012"' 'signal 11'
fails a_hang 'signal 14'
fails an_exit 'left with status 3'
passes isolated_and_well '% - below' '% - above'
grep -q 'NOT cleaned' "$logs/isolated_and_well.log" && complain "a child's variables reach its parent"
shrinks isolated_and_failing 'list: | [0, 0, 50]' 'seen from inside'
fails an_empty_range 'whose lo is above its hi'

passes a_sound_model 'each run was ended'
shrinks a_model 'commands: | 1. push(stack=0, value=0) | 2. push(stack=0, value=5) | 3. pour 0 into 1' 'each run was ended'
says a_model 'in command 3'
shrinks an_isolated_model 'commands: | 1. push(stack=0, value=0) | 2. push(stack=0, value=5) | 3. pour 0 into 1' 'in command 3'
shrinks a_table 'commands: | 1. take(size=513)' 'a[0] <= 512'
pushes='1. push(stack=0, value=0) | 2. push(stack=0, value=0) | 3. push(stack=0, value=0)'
shrinks a_crashing_model "commands: | $pushes | 4. crash_when_deep(stack=0)" 'signal 6 (Aborted) in command 4'

[ $failures -eq 0 ] || exit 1
echo "rapidcheck-c: $found planted bugs found with each of 8 seeds, shrunk to the stated case, and reproduced"
