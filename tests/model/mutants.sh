#!/bin/sh
# SPDX-License-Identifier: MIT
# The mutation gate: every mutant of mutants.list must be caught by the explorer, except the equivalent ones, which must not be.
#   mutants.sh            all of them, JOBS at a time
#   mutants.sh --quick    all but those marked `full`
#   mutants.sh NAME       one of them, with the report of the run that catches it
set -eu
here=tests/model
list=$here/mutants.list
out=$MODEL/mutants

family_of() { awk -v mutant="$1" '$1 == "family:" { family = $2 } $1 == "mutant:" && $2 == mutant { print family }' "$list"; }
field() { # NAME FIELD
    awk -v mutant="$1" -v field="$2" '$1 == "mutant:" { on = $2 == mutant }
        on && $1 == field { print substr($0, length(field) + 2) }' "$list"
}
is() { awk -v mutant="$1" -v mark="$2" '$1 == "mutant:" { on = $2 == mutant } on && $1 == mark { found = 1 } END { exit !found }' "$list"; }
describe() { awk -v mutant="$1" '$1 == "mutant:" && $2 == mutant { sub(/^mutant: *[^ ]* */, ""); print }' "$list"; }

# What every mutant of a family is tried on, the quickest first.
default_runs() { sed -n "s/^$1 //p" "$here/mutants.runs"; }

# Prints the run that catches the mutant, or nothing.
catch() { # NAME
    runs=$(field "$1" run:)
    if [ -n "$runs" ]; then printf '%s\n' "$runs"; else default_runs "$(family_of "$1")"; fi | while read -r run; do
        status=0
        # shellcheck disable=SC2086 # a run is a list of arguments
        "$out/$1" $run >"$out/$1.out" 2>"$out/$1.report" || status=$?
        if [ "$status" -eq 1 ]; then echo "$run"; break; fi
        if [ "$status" -ne 0 ]; then echo "run failed: $run"; break; fi
    done
}

try() { # NAME: one line to NAME.result
    rm -f "$out/$1" "$out/$1.h" "$out/$1.out" "$out/$1.report"
    awk -v mutant="$1" -f $here/mutate.awk $list cow/cow.h >"$out/$1.h" || return 1
    WARN='' SYMBOLS='' sh $here/build.sh "$(family_of "$1")" "$out/$1.h" "$out/$1" || return 1 # a mutant may look odd
    caught=$(catch "$1")
    bug=$(sed -n 's/^  BUG: //p' "$out/$1.report" | head -n 1)
    case $caught in
    "run failed"*) verdict=broken ;;
    "") verdict=missed; is "$1" equivalent && verdict=equivalent ;;
    *) verdict=caught; is "$1" equivalent && verdict=wrong ;;
    esac
    printf '%s\t%s\t%s\t%s\n' "$verdict" "$1" "${caught%% *} ${caught#* }" "$bug" >"$out/$1.result"
}

if [ $# -eq 2 ] && [ "$1" = try ]; then try "$2" || printf 'broken\t%s\t\tdoes not build\n' "$2" >"$out/$2.result"; exit 0; fi

mkdir -p "$out"
if [ $# -eq 1 ] && [ "$1" != --quick ]; then
    try "$1"
    cat "$out/$1.report" "$out/$1.result"
    exit 0
fi

rm -f "$out"/*.result
# A mutant's marks follow its name; in quick mode a mutant marked `full` is taken back.
names=$(awk -v quick=$# '
    $1 == "mutant:" { name[++n] = $2 }
    $1 == "full" && quick { name[n] = "" }
    END { for (i = 1; i <= n; i++) if (name[i] != "") print name[i] }' $list)
left_out=$(($(grep -c '^mutant:' $list) - $(printf '%s\n' "$names" | wc -l)))
# shellcheck disable=SC2086
printf '%s\n' $names | xargs -P "${JOBS:-2}" -n 1 sh $here/mutants.sh try
total=$(printf '%s\n' "$names" | wc -l)
cat "$out"/*.result >"$out/results.tsv"
count() { grep -c "^$1	" "$out/results.tsv" || true; }
grep -v -e '^caught	' -e '^equivalent	' "$out/results.tsv" | while IFS='	' read -r verdict name run bug; do
    case $verdict in
    missed) echo "mutants: NOT CAUGHT: $name ($(describe "$name"))" ;;
    wrong) echo "mutants: $name is listed as equivalent, but $run finds: $bug" ;;
    *) echo "mutants: $name could not be tried: $run $bug" ;;
    esac
done
caught=$(count caught) equivalent=$(count equivalent)
echo "mutants: $caught of $((total - equivalent)) caught ($equivalent equivalent, proofs in docs/design/model.md; $left_out left to make model)"
[ $((caught + equivalent)) -eq "$total" ]
